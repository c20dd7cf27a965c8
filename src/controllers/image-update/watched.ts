import { annotationPrefix, type Mode } from '../../api/annotation.ts'
import type { UpdateRule } from '../../core/image/rule.ts'
import { resolveSettings, type UpdateSettings } from '../../core/image/settings.ts'
import { unknownAnnotation } from '../../core/image/unknown-annotation.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'

const chartPrefix = `${annotationPrefix}chart-`

/** A container that a policy applies to. */
export interface WatchedContainer {
  container: string
  image: string
  settings: UpdateSettings
}

export interface InvalidContainer {
  container: string
  error: FairleadError
}

/** Containers of a workload, or the chart of a release, that a policy applies to; a container whose settings are invalid comes with its error. */
export function watchedContainers(
  workload: UpdateSubject,
  rules: readonly UpdateRule[],
  mode: Mode,
): (WatchedContainer | InvalidContainer)[] {
  if (rules.length === 0 && Object.keys(workload.annotations).length === 0) return []
  // Without a word about charts there is nothing to say; what else is wrong is told about its workloads.
  const isAboutCharts = Object.keys(workload.annotations).some((key) => key.startsWith(chartPrefix))
  if (workload.chart !== undefined && !isAboutCharts) return []
  const unknown = unknownAnnotation(
    workload.annotations,
    workload.containers.map(({ name }) => name),
  )
  if (unknown !== undefined) return [{ container: '', error: unknown }]
  return workload.containers.flatMap(({ name: container, image }): (WatchedContainer | InvalidContainer)[] => {
    try {
      const settings = resolveSettings({ ...workload, container, image }, rules, mode)
      return settings === undefined ? [] : [{ container, image, settings }]
    } catch (thrown) {
      return [{ container, error: asFairleadError(thrown) }]
    }
  })
}

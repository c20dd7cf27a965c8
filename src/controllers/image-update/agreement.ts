import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRule } from '../../core/image/rule.ts'
import { strictestSettings, type UpdateSettings } from '../../core/image/settings.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { FairleadError } from '../../errors.ts'
import { watchedContainers } from './watched.ts'

/** A container whose slot is known, with its own settings. */
interface Asking {
  container: string
  settings: UpdateSettings
  trace: Trace
}

/**
 * One slot may decide several containers; they are updated together, so their policies must agree, and of every other
 * field the strictest wins. `PolicyConflict` names those that differ; no policy at all is the strictest there is.
 */
export function agreedSettings(
  asking: Asking,
  deps: { workload: (key: string) => UpdateSubject | undefined; rules: readonly UpdateRule[]; mode: Mode },
): UpdateSettings {
  let { settings } = asking
  for (const other of asking.trace.containers) {
    const workload = deps.workload(objectKey(other))
    if (workload === undefined) continue
    const watched = watchedContainers(workload, deps.rules, deps.mode).find((one) => one.container === other.container)
    if (watched === undefined) throw conflict(asking, `${objectKey(other)} container ${other.container}: no policy`)
    if ('error' in watched) throw watched.error
    if (watched.settings.policyText !== settings.policyText) {
      throw conflict(asking, `${objectKey(other)} container ${other.container}: ${watched.settings.policyText}`)
    }
    settings = strictestSettings(settings, watched.settings)
  }
  return settings
}

function conflict({ container, settings, trace }: Asking, other: string): FairleadError {
  const evidence = [`container ${container}: ${settings.policyText}`, other]
  const message = `${trace.file} decides several containers, and their policies differ (${evidence.join('; ')})`
  return new FairleadError('PolicyConflict', message, { evidence })
}

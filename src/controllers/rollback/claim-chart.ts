import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import type { EngineObjects } from '../../core/manifest/origin.ts'
import { hasFailedWithChart, isLastGoodChart } from '../../core/rollback/decide-chart.ts'
import { chartHistory } from '../../core/sync/helm-history.ts'
import { FairleadError } from '../../errors.ts'
import { type ClaimDeps, changeNoted } from './claim.ts'

export interface ClaimChartDeps extends Pick<ClaimDeps, 'requests'> {
  engine: Pick<EngineObjects, 'helmRelease'>
}

/**
 * `requireFailure` for the version of a chart: Helm could not make some target with the version that is to go, and made it
 * with what comes back and the same values. `RequestInvalid` otherwise.
 */
export function requireFailedChart(request: UpdateRequest, { engine, requests }: ClaimChartDeps): void {
  const { from, to } = request.spec.change
  const failed = request.spec.targets.flatMap((target) => {
    const release = engine.helmRelease(`${target.namespace}/${target.name}`)
    if (target.kind !== 'HelmRelease' || release?.failure === undefined) return []
    const { failure, object } = release
    const history = chartHistory(object)
    const own = changeNoted(request, objectKey(target), { requests })
    return hasFailedWithChart({ from, failure, history, own }) ? [{ target, history }] : []
  })
  if (failed.length === 0) {
    throw new FairleadError('RequestInvalid', `no release of its targets has failed with ${from} as it stands now`)
  }
  if (failed.some(({ history }) => isLastGoodChart(to, history))) return
  const names = failed.map(({ target }) => objectKey(target)).join(', ')
  const message = `${to} is not what ${names} ran well with last, or its values differ from those`
  throw new FairleadError('RequestInvalid', `${message}; take the change back by hand`)
}

import { FairleadError } from '../../../errors.ts'
import { argoChartAddress } from '../../sync/argo-application.ts'
import type { ApplicationApplier } from '../applier.ts'
import { type ChartTrace, chartVersionSlot } from '../chart/version.ts'
import { leadingField } from '../slot/slot.ts'
import { decidingPlace, enterMerged } from '../yaml/merged.ts'
import { applicationInGit, declaredSources, homeIn } from './application.ts'
import type { Declare } from './declared-application.ts'
import { policyOfApplication } from './policy.ts'
import { refuseSharedField } from './shared-field.ts'

/**
 * Finds what decides the version of the chart that an Application deploys from a Helm repository: the `targetRevision` of
 * that source. `NotTraced` when no source is such a chart, `Ambiguous` when several are; otherwise the refusals of
 * `applicationInGit` and `chartVersionSlot`.
 */
export function traceApplicationChart(applier: ApplicationApplier, declare: Declare): ChartTrace {
  const application = applicationInGit(applier, declare)
  const who = `Application ${applier.namespace}/${applier.name}`
  const charts = declaredSources(application, applier).filter(({ chart }) => chart !== '')
  const [source, second] = charts
  if (second !== undefined) {
    const evidence = charts.map(({ where, field, chart }) => `${where} ${field} is the chart ${chart}`)
    throw new FairleadError('Ambiguous', `${who} deploys ${charts.length} charts.`, { evidence })
  }
  if (source === undefined) {
    throw new FairleadError('NotTraced', `${who} takes no chart from a Helm repository, so that there is no version.`)
  }
  const place = decidingPlace(enterMerged(source.fields, 'targetRevision'))
  const found = chartVersionSlot(place, who)
  const branch = place === undefined ? undefined : homeIn(application, place)
  if (branch === undefined) throw new FairleadError('Internal', `${who} has a version without a place.`)
  refuseSharedField(application, { file: found.slot.file, keyPath: leadingField(found.slot).keyPath, branch })
  const declared = policyOfApplication(application, { annotations: {}, labels: {}, patches: [] })
  return {
    chart: source.chart,
    source: { kind: 'url', url: argoChartAddress(source.repoUrl) },
    branch,
    ...found,
    declared,
    others: [],
  }
}

import { chartContainer } from '../../../api/update-request.ts'
import { FairleadError } from '../../../errors.ts'
import { chartReference, readSlotReference } from '../../image/slot-reference.ts'
import type { Applier } from '../applier.ts'
import { traceApplicationChart } from '../argocd/application-chart.ts'
import { declaredThrough } from '../declared-through.ts'
import { traceChartVersion } from '../helm/release-chart.ts'
import { leadingField, unfit } from '../slot/slot.ts'
import type { FileEdit, Snapshot } from '../snapshot.ts'
import { withEdits } from '../snapshot-memo.ts'
import { type BranchTrace, markerBeside, type TraceQuery } from '../trace.ts'
import { type ChartTrace, planChartVersion } from './version.ts'

/**
 * Finds the place that decides which version of its chart a HelmRelease or Application deploys, told like the place of an
 * image: the chart stands for the only container, `podinfo:6.5.4` for its image. Refusals as in `traceChartVersion`.
 */
export function traceChart(applier: Applier, query: TraceQuery): BranchTrace {
  const { namespace, name } = applier
  const found = chartOf(applier, query)
  const { slot, branch, source, version, declared, others } = found
  const chart = found.chart === '' && source.kind !== 'url' ? source.name : found.chart
  const leading = leadingField(slot)
  const marker = markerBeside(branch.snapshot, slot.file, leading)
  const container = (one: { namespace: string; name: string }) => {
    return { kind: applier.kind, namespace: one.namespace, name: one.name, container: chartContainer }
  }
  return {
    root: '',
    query: { ...query, container: chartContainer, chart: true },
    container: chartContainer,
    image: chartReference(chart, version),
    branch,
    slot,
    file: slot.file,
    line: leading.line,
    keyPath: leading.keyPath,
    value: leading.value,
    via: [`${found.where} version of the chart ${chart}`],
    containers: [{ namespace, name }, ...others].map(container),
    versionLabels: [],
    declared,
    chart: { name: found.chart, source },
    ...(marker === undefined ? {} : { marker }),
  }
}

function chartOf(applier: Applier, { kind, name }: TraceQuery): ChartTrace {
  switch (applier.kind) {
    case 'HelmRelease':
      return traceChartVersion(applier)
    case 'Application':
      return traceApplicationChart(applier, declaredThrough)
    case 'Kustomization':
      throw new FairleadError(
        'NotTraced',
        `${kind} ${name} deploys no chart; only a HelmRelease or an Application does.`,
      )
  }
}

/**
 * The change that deploys another version of the chart; empty when Git says so already. It is traced again and must be
 * that version. Errors as of `planChartVersion`; `NotEditable` when something else acts on the version.
 */
export function planChart(
  traced: BranchTrace,
  to: string,
  traceAgain: (edited: Snapshot) => { image: string },
): FileEdit[] {
  const { tag = '' } = readSlotReference(to, { isChart: true })
  const edits = planChartVersion(traced, tag)
  const again = edits.length === 0 ? to : traceAgain(withEdits(traced.branch.snapshot, edits)).image
  if (again !== to) throw unfit(traced.slot, `the chart would become ${again}`)
  return edits
}

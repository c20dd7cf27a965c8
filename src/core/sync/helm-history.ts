import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, fields, list, text } from '../workload/field.ts'

/** One release of a chart, as helm-controller keeps it. */
export interface ChartSnapshot {
  /** With the digest of an OCI artifact behind a plus, where the chart is one. */
  version: string
  /** Digest of the values it was made with. */
  configDigest: string
}

export interface ChartHistory {
  /** The newest that failed, or whose test did. */
  failed: ChartSnapshot | undefined
  /** The newest that Helm made and whose tests did not fail. */
  good: ChartSnapshot | undefined
}

/**
 * What the history of a HelmRelease (`status.history`, newest first) tells about its charts. It holds what failed back to
 * the last one that was well. Source: fluxcd/helm-controller, api/v2/snapshot_types.go (`Snapshot`, `Truncate`).
 */
export function chartHistory({ status }: KubernetesObject): ChartHistory {
  const good = list(field(status, 'history')).find(
    (one) => wellStates.has(text(one, 'status') ?? '') && !hasFailedTest(one),
  )
  return { failed: readSnapshot(failedSnapshot(status)), good: readSnapshot(good) }
}

/** The newest release that failed, or whose test did, as the status has it. */
export function failedSnapshot(status: unknown): unknown {
  return list(field(status, 'history')).find((one) => failedStates.has(text(one, 'status') ?? '') || hasFailedTest(one))
}

/** 12 digits of it. Source: helm-controller, internal/controller (`mutateChartWithSourceRevision`). */
const artifactDigest = /\+[0-9a-f]{12}$/

/** Whether a version as Git has it is that of a snapshot; build metadata is not compared where a digest stands instead. */
export function isSnapshotOf(inGit: string, { version }: Pick<ChartSnapshot, 'version'>): boolean {
  const [wanted, made] = [inGit.replace(/^v/, ''), version.replace(/^v/, '')]
  if (wanted === made) return true
  return artifactDigest.test(made) && made.replace(artifactDigest, '') === wanted.replace(/\+.*$/, '')
}

/** A failed installation is remediated by its removal. */
const failedStates: ReadonlySet<string> = new Set(['failed', 'uninstalled'])
const wellStates: ReadonlySet<string> = new Set(['deployed', 'superseded'])

function readSnapshot(snapshot: unknown): ChartSnapshot | undefined {
  const [version, configDigest] = [text(snapshot, 'chartVersion'), text(snapshot, 'configDigest')]
  return version === undefined || configDigest === undefined ? undefined : { version, configDigest }
}

function hasFailedTest(snapshot: unknown): boolean {
  return Object.values(fields(field(snapshot, 'testHooks'))).some((hook) => text(hook, 'phase') === 'Failed')
}

import { type ChartWorld, createChartWorld, freely } from '../fakes/chart-world.ts'
import type { Replica } from '../fakes/world.ts'
import { own } from './failed-update.ts'
import { start } from './replica.ts'

export const helmWords = 'Helm upgrade failed for release prod/web with chart podinfo@6.6.0: context deadline exceeded'

const now = (ms = 0) => new Date(Date.now() + ms).toISOString().replace(/\.\d+/, '')

/** A snapshot of helm-controller; `values` stands for the digest of the values it was made with. */
const snapshot = (version: number, chartVersion: string, status: string, values = 'same') => {
  return { version, chartVersion, status, configDigest: `sha256:${values}`, lastDeployed: now() }
}

export const good = snapshot(1, '6.5.4', 'superseded')

type Said = readonly [type: string, status: string, reason: string, message?: string]

/** How Helm ends with a version of the chart: its conditions, and the history, the newest first. */
export interface Ending {
  conditions: readonly Said[]
  history: readonly { chartVersion: string; testHooks?: object }[]
}

const upgradeFailed: readonly Said[] = [
  ['Ready', 'False', 'UpgradeFailed', helmWords],
  ['Released', 'False', 'UpgradeFailed', helmWords],
]
const gaveUp: Said = ['Stalled', 'True', 'RetriesExceeded', 'Failed to upgrade']

export const ending = {
  well: (version: string): Ending => ({
    conditions: [['Ready', 'True', 'UpgradeSucceeded']],
    history: [snapshot(2, version, 'deployed')],
  }),
  triesAgain: (): Ending => ({ conditions: upgradeFailed, history: [snapshot(2, '6.6.0', 'failed'), good] }),
  gaveUp: (values?: string): Ending => ({
    conditions: [...upgradeFailed, gaveUp],
    history: [snapshot(2, '6.6.0', 'failed', values), good],
  }),
  takenBack: (): Ending => ({
    conditions: [...upgradeFailed, gaveUp, ['Remediated', 'True', 'RollbackSucceeded']],
    history: [snapshot(3, '6.5.4', 'deployed'), snapshot(2, '6.6.0', 'failed'), good],
  }),
  testFailed: (): Ending => ({
    conditions: [
      ['Ready', 'False', 'TestFailed'],
      ['Released', 'True', 'UpgradeSucceeded'],
      ['TestSuccess', 'False', 'TestFailed', 'Helm test failed for release prod/web.v2'],
      gaveUp,
    ],
    history: [{ ...snapshot(2, '6.6.0', 'deployed'), testHooks: { web: { phase: 'Failed' } } }, good],
  }),
  installFailed: (): Ending => ({
    conditions: [['Ready', 'False', 'InstallFailed'], ['Released', 'False', 'InstallFailed', helmWords], gaveUp],
    history: [snapshot(1, '6.6.0', 'failed')],
  }),
}

/** What helm-controller says about the newest generation, a little after it began. */
export function says(world: ChartWorld, { conditions, history }: Ending, name = 'web'): void {
  const generation = world.generationOf(name)
  const said = conditions.map(([type, status, reason, message = reason]) => {
    const times = { observedGeneration: generation, lastTransitionTime: now(1_000) }
    return { type, status, reason, message, ...times }
  })
  const counters = { observedGeneration: generation, lastAttemptedGeneration: generation, upgradeFailures: 1 }
  world.change(name, { status: { ...counters, history, conditions: said } })
}

/** Flux has applied what Git holds: the release has another version of its chart, and Helm has not looked at it yet. */
export async function applied(world: ChartWorld, version: string, name = 'web'): Promise<void> {
  const sourceRef = { kind: 'HelmRepository', name: 'charts', namespace: 'flux-system' }
  world.change(name, { spec: { chart: { spec: { chart: 'podinfo', version, sourceRef } } } })
  await world.sync()
}

/** 6.5.4 is released, 6.6.0 was committed and applied, and Helm is about to upgrade. */
export async function anUpgrade(
  config = own,
  annotations: Record<string, string> = freely,
): Promise<{ world: ChartWorld; replica: Replica }> {
  const world = createChartWorld()
  world.publish(['6.5.4', '6.6.0'])
  world.release('web', '6.5.4', annotations)
  says(world, ending.well('6.5.4'))
  await world.sync()
  const replica = await start(world, config)
  await applied(world, '6.6.0')
  await replica.quiet()
  return { world, replica }
}

import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { decideHelmSync } from '../../../src/core/sync/helm.ts'
import type { Sync } from '../../../src/core/sync/sync-state.ts'

const owner: Sync = {
  engine: 'flux',
  object: 'Kustomization/flux-system/apps',
  state: 'applied',
  reason: 'Applied',
  message: 'applied',
  revision: 'main@sha1:x',
}

function release(conditions: [string, string, string][], status: object = {}, spec: object = {}): KubernetesObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'podinfo', namespace: 'podinfo', generation: 4 },
    spec,
    status: {
      observedGeneration: 4,
      ...status,
      conditions: conditions.map(([type, state, reason]) => ({ type, status: state, reason, observedGeneration: 4 })),
    },
  }
}

it.each<[running: string, chart: object, state: string]>([
  ['6.5.4+0123456789ab', { chartRef: {} }, 'seen'],
  ['6.6.0+0123456789ab', { chartRef: {} }, 'applied'],
  ['6.5.4', { chart: {} }, 'applied'],
])('a release that runs chart %s of %j after 6.5.4 was left is %s', (chartVersion, spec, state) => {
  const ready = release([['Ready', 'True', 'UpgradeSucceeded']], { history: [{ chartVersion }] }, spec)
  expect(decideHelmSync(ready, owner, undefined, 'v6.5.4').state).toBe(state)
})

it.each<[string, KubernetesObject, Sync | undefined, string]>([
  [
    'is applied when it was upgraded',
    release([['Ready', 'True', 'UpgradeSucceeded']]),
    owner,
    'applied UpgradeSucceeded',
  ],
  ['is seen during the upgrade', release([['Ready', 'Unknown', 'Progressing']]), owner, 'seen Progressing'],
  ['is seen before its generation is observed', release([], { observedGeneration: 3 }), owner, 'seen Progressing'],
  [
    'is seen while only an older generation is ready',
    release([['Ready', 'True', 'UpgradeSucceeded']], { observedGeneration: 3 }),
    owner,
    'seen UpgradeSucceeded',
  ],
  [
    'failed to upgrade',
    release([
      ['Ready', 'False', 'UpgradeFailed'],
      ['Released', 'False', 'UpgradeFailed'],
    ]),
    owner,
    'failed UpgradeFailed',
  ],
  [
    'failed when it was rolled back',
    release([
      ['Ready', 'False', 'RollbackSucceeded'],
      ['Released', 'False', 'UpgradeFailed'],
      ['Remediated', 'True', 'RollbackSucceeded'],
    ]),
    owner,
    'failed UpgradeFailed',
  ],
  [
    'failed its test',
    release([
      ['Ready', 'False', 'TestFailed'],
      ['TestSuccess', 'False', 'TestFailed'],
    ]),
    owner,
    'failed TestFailed',
  ],
  [
    'failed to install',
    release([
      ['Ready', 'False', 'InstallFailed'],
      ['Released', 'False', 'InstallFailed'],
    ]),
    owner,
    'failed InstallFailed',
  ],
  ['failed for want of its chart', release([['Ready', 'False', 'ArtifactFailed']]), owner, 'failed ArtifactFailed'],
  [
    'is seen while it shows only how an older generation of it was rolled back',
    { ...release([['Remediated', 'True', 'RollbackSucceeded']]), metadata: { name: 'podinfo', generation: 5 } },
    owner,
    'seen Progressing',
  ],
  [
    'is applied although it drifted since',
    release([
      ['Ready', 'True', 'UpgradeSucceeded'],
      ['Drifted', 'True', 'DriftDetected'],
    ]),
    owner,
    'applied UpgradeSucceeded',
  ],
  ['failed when it gave up', release([['Stalled', 'True', 'RetriesExceeded']]), owner, 'failed RetriesExceeded'],
  [
    'is blocked by a dependency',
    release([['Ready', 'False', 'DependencyNotReady']]),
    owner,
    'blocked DependencyNotReady',
  ],
  ['is blocked when suspended', release([], {}, { suspend: true }), owner, 'blocked Suspended'],
  [
    'waits as its Kustomization does',
    release([]),
    { ...owner, state: 'pending', reason: 'NotFetched' },
    'pending NotFetched',
  ],
  ['is unknown without its Kustomization', release([]), undefined, 'unknown OwnerUnknown'],
])('a HelmRelease %s', (_, object, from, expected) => {
  const { state, reason } = decideHelmSync(object, from)
  expect(`${state} ${reason}`).toBe(expected)
})

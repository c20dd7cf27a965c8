import type { KubernetesObject } from '../../../src/api/kubernetes.ts'

/** A condition of generation 4: type, status, reason, and when it was said first (as far as that matters). */
type Said = readonly [type: string, status: string, reason: string, since?: string]

/** Helm began to upgrade, and gave up. */
export const began = '2026-03-01T10:00:00Z'
export const failed = '2026-03-01T10:05:00Z'

export const message = 'Helm upgrade failed for release prod/shop with chart shop@1.0.0: context deadline exceeded'

/** What helm-controller says (its internal/reconcile/release_test.go, `summarize`; messages of upgrade.go). */
export const says = {
  ready: ['Ready', 'True', 'UpgradeSucceeded'],
  upgrading: ['Ready', 'Unknown', 'Progressing'],
  upgradeFailed: ['Released', 'False', 'UpgradeFailed'],
  installFailed: ['Released', 'False', 'InstallFailed'],
  released: ['Released', 'True', 'UpgradeSucceeded'],
  testFailed: ['TestSuccess', 'False', 'TestFailed'],
  rolledBack: ['Remediated', 'True', 'RollbackSucceeded'],
  uninstalled: ['Remediated', 'True', 'UninstallSucceeded'],
  rollbackFailed: ['Remediated', 'False', 'RollbackFailed'],
  gaveUp: ['Stalled', 'True', 'RetriesExceeded'],
} as const satisfies Record<string, Said>

export const notReady = (reason: string): Said => ['Ready', 'False', reason]

/** Snapshots of a release's history as helm-controller keeps them, the newest first. */
export const history = {
  good: { version: 1, status: 'superseded', lastDeployed: '2026-02-01T10:00:00Z' },
  failed: { version: 2, status: 'failed', lastDeployed: began },
  rollback: { version: 3, status: 'deployed', action: 'rollback', lastDeployed: failed },
  tested: {
    version: 2,
    status: 'deployed',
    lastDeployed: began,
    testHooks: { 'shop-test': { phase: 'Failed', lastStarted: began, lastCompleted: failed } },
  },
  uninstalled: { version: 1, status: 'uninstalled', lastDeployed: began },
} as const

/** A HelmRelease of generation 4 that has attempted it. */
export function releaseWith(conditions: readonly Said[], status: object = {}, generation = 4): KubernetesObject {
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name: 'shop', namespace: 'prod', generation },
    spec: {},
    status: {
      observedGeneration: 4,
      lastAttemptedGeneration: 4,
      ...status,
      conditions: conditions.map(([type, state, reason, since = failed]) => ({
        ...{ type, status: state, reason, message, observedGeneration: 4, lastTransitionTime: since },
      })),
    },
  }
}

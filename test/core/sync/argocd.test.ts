import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import type { Ancestry } from '../../../src/core/sync/ancestry.ts'
import { argoRevisions } from '../../../src/core/sync/argo-evidence.ts'
import { decideArgoSync } from '../../../src/core/sync/argocd.ts'

const commit = 'c'.repeat(40)
const before = 'b'.repeat(40)
const after = 'a'.repeat(40)
const missing = 'f'.repeat(40)
const hydrated = 'd'.repeat(40)
const ancestry: Record<string, Ancestry> = { [before]: 'no', [commit]: 'yes', [after]: 'yes', [hydrated]: 'no' }
const ancestryOf = (sha: string): Ancestry => ancestry[sha] ?? 'unknown'
const automated = { syncPolicy: { automated: {} } }

function application(status: unknown, spec: object = automated, annotations: object = {}): KubernetesObject {
  const metadata = { name: 'web', namespace: 'argocd', annotations: annotations as Record<string, string> }
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata, spec, status }
}
const sync = (status: string, revision: string) => ({ sync: { status, revision } })
const operation = (phase: string, revision: string, more: object = {}) => ({
  operationState: { phase, syncResult: { revision }, ...more },
})

// rules and cases: argo-cd controller/appcontroller.go, sync.go and state.go
describe('an Application', () => {
  it.each<[string, KubernetesObject, string]>([
    ['is synced at the commit', application(sync('Synced', commit)), 'applied Applied'],
    [
      'has the empty status of a hydrator that Argo CD 3.2 writes everywhere',
      application({ ...sync('Synced', commit), sourceHydrator: {} }),
      'applied Applied',
    ],
    [
      'is synced at a later commit, without an operation there',
      application({ ...sync('Synced', after), ...operation('Succeeded', before) }),
      'applied Applied',
    ],
    [
      'drifts for ever, but its operation succeeded',
      application({ ...sync('OutOfSync', after), ...operation('Succeeded', commit) }),
      'applied Applied',
    ],
    [
      'only healed a part of itself',
      application({
        ...sync('OutOfSync', commit),
        ...operation('Succeeded', commit, { operation: { sync: { resources: [{ name: 'web' }] } } }),
      }),
      'seen OutOfSync',
    ],
    [
      'only tried it dry',
      application({
        ...sync('OutOfSync', commit),
        ...operation('Succeeded', commit, { operation: { sync: { dryRun: true } } }),
      }),
      'seen OutOfSync',
    ],
    ['applies it', application({ ...sync('OutOfSync', commit), ...operation('Running', commit) }), 'seen Syncing'],
    [
      'waits for a retry',
      application({
        ...sync('OutOfSync', commit),
        ...operation('Running', commit, { finishedAt: '2026-03-01T10:00:00Z' }),
      }),
      'seen RetryingSync',
    ],
    [
      'failed to apply it',
      application({ ...sync('OutOfSync', commit), ...operation('Failed', commit, { message: 'x' }) }),
      'failed SyncFailed',
    ],
    [
      'failed to apply an older one',
      application({ ...sync('OutOfSync', commit), ...operation('Failed', before) }),
      'seen OutOfSync',
    ],
    [
      'still applies an older one',
      application({ ...sync('OutOfSync', commit), ...operation('Running', before) }),
      'blocked PreviousSyncStillRunning',
    ],
    [
      'is outside its sync window',
      application({
        ...sync('OutOfSync', commit),
        operationState: { phase: 'Running', message: 'Sync operation blocked by sync window' },
      }),
      'blocked SyncWindow',
    ],
    ['is synced by hand', application(sync('OutOfSync', commit), {}), 'blocked ManualSyncRequired'],
    [
      'has its automation switched off',
      application(sync('OutOfSync', commit), { syncPolicy: { automated: { enabled: false } } }),
      'blocked ManualSyncRequired',
    ],
    [
      'is told not to reconcile',
      application(sync('OutOfSync', before), automated, { 'argocd.argoproj.io/skip-reconcile': 'true' }),
      'blocked SkipReconcile',
    ],
    ['has not looked yet', application(sync('Synced', before)), 'pending NotFetched'],
    ['has never been compared', application(undefined), 'pending NotFetched'],
    [
      'failed to compare, and names a branch',
      application({ ...sync('Unknown', 'main'), conditions: [{ type: 'ComparisonError', message: 'x' }] }),
      'failed ComparisonError',
    ],
    ['is at a commit that nobody knows', application(sync('Synced', missing)), 'unknown AncestryUnknown'],
    [
      'has several sources, one of them ours',
      application({ sync: { status: 'Synced', revisions: ['3.1.0', commit] } }),
      'applied Applied',
    ],
    [
      'went back to a revision without it',
      application({ ...sync('Synced', before), ...operation('Succeeded', commit) }),
      'superseded Superseded',
    ],
    [
      'hydrated it and applied that',
      application({
        ...sync('Synced', hydrated),
        sourceHydrator: { lastSuccessfulOperation: { drySHA: commit, hydratedSHA: hydrated } },
      }),
      'applied Applied',
    ],
    [
      'cannot hydrate it',
      application({
        ...sync('Synced', before),
        sourceHydrator: { currentOperation: { phase: 'Failed', message: 'x' } },
      }),
      'blocked HydrationFailed',
    ],
  ])('%s', (_, object, expected) => {
    const { state, reason } = decideArgoSync(object, { commit, ancestryOf })
    expect(`${state} ${reason}`).toBe(expected)
  })

  it('is superseded when a later commit changed the value again', () => {
    const question = { commit, ancestryOf, isReplaced: () => true }
    expect(decideArgoSync(application(sync('Synced', after)), question)).toEqual({
      engine: 'argocd',
      object: 'Application/argocd/web',
      state: 'superseded',
      reason: 'Superseded',
      message: `${after} changed the value again`,
      revision: after,
    })
  })

  it.each([null, 'gone', [], { sync: [], operationState: 'x', conditions: {} }])(
    'with a status of %j is read',
    (status) => {
      expect(decideArgoSync(application(status), { commit, ancestryOf }).state).toBe('pending')
    },
  )
})

it('names the commits whose ancestry is needed, each once', () => {
  const hydrator = { sourceHydrator: { lastSuccessfulOperation: { drySHA: after, hydratedSHA: hydrated } } }
  const objects = [
    application({ sync: { status: 'Synced', revisions: ['3.1.0', commit] }, ...operation('Succeeded', before) }),
    application({ ...sync('Synced', hydrated), ...hydrator }),
    application(sync('Unknown', missing)),
  ]
  expect(argoRevisions(objects)).toEqual([commit, before, after])
})

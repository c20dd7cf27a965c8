import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import type { Ancestry } from '../../../src/core/sync/ancestry.ts'
import { argoRevisions } from '../../../src/core/sync/argo-evidence.ts'
import { decideArgoSync } from '../../../src/core/sync/argocd.ts'

/** What an observer of Argo CD must tell apart; the statuses are made after its v1alpha1 types and its controller. */

const [before, commit, after] = ['b', 'c', 'a'].map((letter) => letter.repeat(40)) as [string, string, string]
const [hydratedBefore, hydrated] = ['8', '9'].map((digit) => digit.repeat(40)) as [string, string]
const answers: Record<string, Ancestry> = { [before]: 'no', [commit]: 'yes', [after]: 'yes' }
const ancestryOf = (sha: string): Ancestry => answers[sha] ?? 'unknown'

const repoURL = 'https://github.com/acme/gitops.git'
const source = { repoURL, path: 'apps/web/prod', targetRevision: 'main' }
const automated = { source, syncPolicy: { automated: { prune: true, selfHeal: true } } }

function application(status: object, spec: object = automated, metadata: object = {}): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd', ...metadata },
    spec,
    status,
  }
}

const synced = (revision: string) => ({ sync: { status: 'Synced', revision, comparedTo: { source } } })
const outOfSync = (revision: string) => ({ sync: { status: 'OutOfSync', revision, comparedTo: { source } } })
const operation = (phase: string, revision: string, more: object = {}) => ({
  phase,
  operation: { initiatedBy: { automated: true }, retry: { limit: 5 }, sync: { revision } },
  syncResult: { revision, source },
  ...more,
})
const failedResources = [
  { group: '', kind: 'Service', namespace: 'web', name: 'web', status: 'Synced', message: 'service/web unchanged' },
  {
    group: 'apps',
    kind: 'Deployment',
    namespace: 'web',
    name: 'web',
    status: 'SyncFailed',
    message: 'field is immutable',
  },
  {
    group: 'batch',
    kind: 'Job',
    namespace: 'web',
    name: 'migrate',
    hookPhase: 'Failed',
    message: 'BackoffLimitExceeded',
  },
]
const retrying = {
  phase: 'Running',
  finishedAt: '2026-08-01T10:04:02Z',
  retryCount: 2,
  message: 'one or more synchronization tasks completed unsuccessfully. Retrying attempt #2 at 10:04AM.',
}
const hydrator = {
  sourceHydrator: {
    drySource: source,
    syncSource: { targetBranch: 'env/prod', path: 'apps/web' },
  },
  syncPolicy: { automated: {} },
}
const staged = {
  ...hydrator,
  sourceHydrator: { ...hydrator.sourceHydrator, hydrateTo: { targetBranch: 'env/prod-next' } },
}
const lastHydrated = (drySHA: string, hydratedSHA: string) => ({ lastSuccessfulOperation: { drySHA, hydratedSHA } })

function decide(object: KubernetesObject) {
  return decideArgoSync(object, { commit, ancestryOf })
}

describe('an Application', () => {
  it.each<[string, KubernetesObject, string]>([
    [
      'settled on the commit',
      application({ ...synced(commit), operationState: operation('Succeeded', commit) }),
      'applied Applied',
    ],
    [
      'moved on to an unrelated commit without an operation',
      application({ ...synced(after), operationState: operation('Succeeded', commit) }),
      'applied Applied',
    ],
    [
      'has not polled since the push',
      application({ ...synced(before), operationState: operation('Succeeded', before) }),
      'pending NotFetched',
    ],
    [
      'without automation waits for a person',
      application(outOfSync(commit), { source, syncPolicy: {} }),
      'blocked ManualSyncRequired',
    ],
    [
      'that a person syncs right now',
      application(
        {
          ...outOfSync(commit),
          operationState: operation('Running', commit, { operation: { initiatedBy: { username: 'eve' } } }),
        },
        { source },
      ),
      'seen Syncing',
    ],
    [
      'outside of its window, whose operation names the commit already',
      application({
        ...outOfSync(commit),
        operationState: operation('Running', commit, { message: 'Sync operation blocked by sync window' }),
      }),
      'blocked SyncWindow',
    ],
    [
      'outside of its window with an older operation',
      application({
        ...outOfSync(commit),
        operationState: operation('Running', before, { message: 'Sync operation blocked by sync window: x' }),
      }),
      'blocked SyncWindow',
    ],
    [
      'outside of its window that has not seen the commit',
      application({
        ...synced(before),
        operationState: operation('Running', before, { message: 'Sync operation blocked by sync window' }),
      }),
      'pending NotFetched',
    ],
    [
      'still applying an older revision',
      application({ ...outOfSync(commit), operationState: operation('Running', before) }),
      'blocked PreviousSyncStillRunning',
    ],
    [
      'between two tries of an older revision, with no result in between',
      application({ ...outOfSync(commit), operationState: { ...retrying, operation: { sync: { revision: before } } } }),
      'blocked PreviousSyncStillRunning',
    ],
    [
      'told to stop an older operation',
      application({ ...outOfSync(commit), operationState: operation('Terminating', before) }),
      'blocked PreviousSyncStillRunning',
    ],
    [
      'between two tries of the commit itself',
      application({ ...outOfSync(commit), operationState: { ...retrying, operation: { sync: { revision: commit } } } }),
      'seen RetryingSync',
    ],
    [
      'applying the commit',
      application({ ...outOfSync(commit), operationState: operation('Running', commit) }),
      'seen Syncing',
    ],
    [
      'that healed itself in part after it had applied the commit as a whole',
      application({
        ...outOfSync(after),
        operationState: operation('Succeeded', commit, { operation: { sync: { resources: [{ name: 'web' }] } } }),
        history: [
          { id: 1, revision: before },
          { id: 2, revision: commit },
        ],
      }),
      'applied Applied',
    ],
    [
      'that fails at a later commit after it had applied ours',
      application({
        ...outOfSync(after),
        operationState: operation('Failed', after),
        history: [{ id: 2, revision: commit }],
      }),
      'applied Applied',
    ],
    [
      'that healed itself in part and never applied the commit',
      application({
        ...outOfSync(commit),
        operationState: operation('Succeeded', commit, { operation: { sync: { resources: [{ name: 'web' }] } } }),
        history: [{ id: 1, revision: before }],
      }),
      'seen OutOfSync',
    ],
    [
      'whose sync failed, with what failed in it',
      application({
        ...outOfSync(commit),
        operationState: operation('Failed', commit, {
          message: 'one or more objects failed to apply',
          syncResult: { revision: commit, resources: failedResources },
        }),
      }),
      'failed SyncFailed',
    ],
    [
      'whose sync ended without a result, so that it never tries again',
      application({
        ...outOfSync(commit),
        operationState: { phase: 'Error', message: 'Failed to load application project', operation: { sync: {} } },
      }),
      'blocked ManualSyncRequired',
    ],
    [
      'whose manifests cannot be made',
      application({
        sync: { status: 'Unknown', revision: 'main' },
        conditions: [{ type: 'ComparisonError', message: 'x' }],
      }),
      'failed ComparisonError',
    ],
    [
      'whose spec is wrong',
      application({ ...outOfSync(commit), conditions: [{ type: 'InvalidSpecError', message: 'no project' }] }),
      'failed InvalidSpecError',
    ],
    [
      'that is frozen',
      application(outOfSync(commit), automated, { annotations: { 'argocd.argoproj.io/skip-reconcile': 'true' } }),
      'blocked SkipReconcile',
    ],
    [
      'that is being deleted',
      application(outOfSync(commit), automated, { deletionTimestamp: '2026-08-01T10:00:00Z' }),
      'blocked Deleting',
    ],
    [
      'that was compared before the end of its newest operation',
      application({
        ...synced(before),
        reconciledAt: '2026-08-01T10:02:00Z',
        operationState: operation('Succeeded', commit, { finishedAt: '2026-08-01T10:03:00Z' }),
      }),
      'applied Applied',
    ],
    [
      'that was compared after it with an older commit',
      application({
        ...synced(before),
        reconciledAt: '2026-08-01T10:04:00Z',
        operationState: operation('Succeeded', commit, { finishedAt: '2026-08-01T10:03:00Z' }),
      }),
      'superseded Superseded',
    ],
    [
      'that was compared in the very second in which the operation ended',
      application({
        ...synced(before),
        reconciledAt: '2026-08-01T10:03:00Z',
        operationState: operation('Succeeded', commit, { finishedAt: '2026-08-01T10:03:00Z' }),
      }),
      'superseded Superseded',
    ],
    [
      'whose only sync of the commit failed before the branch went back',
      application({ ...synced(before), operationState: operation('Failed', commit) }),
      'failed SyncFailed',
    ],
    [
      'whose folder was changed since it was compared',
      application(synced(commit), { ...automated, source: { ...source, path: 'apps/web/blue' } }),
      'pending NotFetched',
    ],
    [
      'whose branch was changed since it was compared',
      application(synced(commit), { ...automated, source: { ...source, targetRevision: 'release' } }),
      'pending NotFetched',
    ],
  ])('%s', (_, object, expected) => {
    const { state, reason } = decide(object)
    expect(`${state} ${reason}`).toBe(expected)
  })

  it('that is held up by an older sync says how it is freed, and what that sync waits for', () => {
    const object = application({
      ...outOfSync(commit),
      operationState: { ...retrying, operation: { sync: { revision: before } } },
    })
    expect(decide(object).message).toBe(
      `the sync of ${before} still runs, and newer commits wait for it: end it with argocd app terminate-op web, or wait; ` +
        'with syncPolicy.retry.refresh: true (Argo CD 3.2) a retry takes the newest commit; ' +
        `it says: ${retrying.message}`,
    )
  })

  it('whose sync failed names the objects and hooks that failed', () => {
    const object = application({
      ...outOfSync(commit),
      operationState: operation('Failed', commit, {
        message: 'one or more objects failed to apply',
        syncResult: { revision: commit, resources: failedResources },
      }),
    })
    expect(decide(object).message).toBe(
      'one or more objects failed to apply; Deployment/web/web: field is immutable; Job/web/migrate: BackoffLimitExceeded',
    )
  })

  it('in which everything failed names three, and counts the others', () => {
    const resources = Array.from({ length: 5000 }, (_, index) => ({
      kind: 'A',
      name: `${index}`,
      status: 'SyncFailed',
    }))
    const operationState = operation('Failed', commit, { message: 'x', syncResult: { revision: commit, resources } })
    expect(decide(application({ ...outOfSync(commit), operationState })).message).toBe(
      'x; A//0: ; A//1: ; A//2: ; 4997 more',
    )
  })
})

describe('an Application of several sources', () => {
  const sources = [
    { repoURL: 'https://charts.acme.io', chart: 'web', targetRevision: '3.1.0' },
    { repoURL, targetRevision: 'main', ref: 'values' },
  ]
  const spec = { sources, syncPolicy: { automated: {} } }
  const several = (status: string, revision: string) => ({
    sync: { status, revisions: ['3.1.0', revision], comparedTo: { sources } },
  })
  const operated = (phase: string, revision: string) => ({
    operationState: { phase, syncResult: { revisions: ['3.1.0', revision] }, operation: { sync: {} } },
  })
  it.each<[string, KubernetesObject, string]>([
    ['is synced with a chart and our values', application(several('Synced', commit), spec), 'applied Applied'],
    ['has not seen our values', application(several('Synced', before), spec), 'pending NotFetched'],
    [
      'applies them',
      application({ ...several('OutOfSync', commit), ...operated('Running', commit) }, spec),
      'seen Syncing',
    ],
    [
      'has applied them',
      application({ ...several('OutOfSync', commit), ...operated('Succeeded', commit) }, spec),
      'applied Applied',
    ],
    [
      'still applies older ones',
      application({ ...several('OutOfSync', commit), ...operated('Running', before) }, spec),
      'blocked PreviousSyncStillRunning',
    ],
    [
      'got another source since it was compared',
      application(several('Synced', commit), { ...spec, sources: [...sources, source] }),
      'pending NotFetched',
    ],
    [
      'has them in its history alone',
      application({ ...several('OutOfSync', after), history: [{ revisions: ['3.1.0', commit] }] }, spec),
      'applied Applied',
    ],
    [
      'follows no commit at all',
      application({ sync: { status: 'Synced', revisions: ['3.1.0', '1.2.3'] } }, spec),
      'unknown AncestryUnknown',
    ],
  ])('%s', (_, object, expected) => {
    const { state, reason } = decide(object)
    expect(`${state} ${reason}`).toBe(expected)
  })
})

describe('an Application with a hydrator', () => {
  const hydrating = (phase: string, drySHA: string) => ({
    currentOperation: { phase, drySHA, message: 'no space left' },
  })
  it.each<[string, KubernetesObject, string]>([
    [
      'has applied what it made of the commit',
      application({ ...synced(hydrated), sourceHydrator: lastHydrated(commit, hydrated) }, hydrator),
      'applied Applied',
    ],
    [
      'has made it, and not compared with it yet',
      application({ ...synced(hydratedBefore), sourceHydrator: lastHydrated(commit, hydrated) }, hydrator),
      'seen Hydrated',
    ],
    [
      'has made it for people to merge',
      application({ ...synced(hydratedBefore), sourceHydrator: lastHydrated(commit, hydrated) }, staged),
      'pending HydratedNotMerged',
    ],
    [
      'makes it right now',
      application(
        {
          ...synced(hydratedBefore),
          sourceHydrator: { ...lastHydrated(before, hydratedBefore), ...hydrating('Hydrating', commit) },
        },
        hydrator,
      ),
      'seen Hydrating',
    ],
    [
      'cannot make it',
      application(
        {
          ...synced(hydratedBefore),
          sourceHydrator: { ...lastHydrated(before, hydratedBefore), ...hydrating('Failed', commit) },
        },
        hydrator,
      ),
      'blocked HydrationFailed',
    ],
    [
      'could not make an older one',
      application(
        {
          ...synced(hydratedBefore),
          sourceHydrator: { ...lastHydrated(before, hydratedBefore), ...hydrating('Failed', before) },
        },
        hydrator,
      ),
      'pending NotFetched',
    ],
    [
      'applies what it made of an older one, of which nothing is known any more',
      application({ ...synced(hydratedBefore), sourceHydrator: lastHydrated(before, hydrated) }, hydrator),
      'pending NotFetched',
    ],
  ])('%s', (_, object, expected) => {
    const { state, reason } = decide(object)
    expect(`${state} ${reason}`).toBe(expected)
  })

  it('is asked about dry commits only: its own branch has another history', () => {
    const sourceHydrator = { ...lastHydrated(before, hydratedBefore), ...hydrating('Hydrating', commit) }
    const objects = [application({ ...synced(hydrated), sourceHydrator }, hydrator)]
    expect(argoRevisions(objects)).toEqual([before, commit])
  })
})

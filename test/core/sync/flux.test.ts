import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import type { Ancestry } from '../../../src/core/sync/ancestry.ts'
import { decideSync, fluxRevisions } from '../../../src/core/sync/flux.ts'

const commit = 'c'.repeat(40)
/** Commits by what they know of ours: before it, ours, after it, without it on another line, and one nobody has. */
const before = 'b'.repeat(40)
const after = 'a'.repeat(40)
const elsewhere = 'e'.repeat(40)
const missing = 'f'.repeat(40)
const ancestry: Record<string, Ancestry> = { [before]: 'no', [commit]: 'yes', [after]: 'yes', [elsewhere]: 'no' }
const ancestryOf = (sha: string): Ancestry => ancestry[sha] ?? 'unknown'
const main = (sha: string) => `main@sha1:${sha}`
const digest = `6.1.8@sha256:${'0'.repeat(64)}`

type Condition = [type: string, status: string, reason: string, message?: string, observedGeneration?: number]

function flux(kind: string, status: object, conditions: Condition[] = [], spec: object = {}): KubernetesObject {
  return {
    apiVersion: 'x/v1',
    kind,
    metadata: { name: 'apps', namespace: 'flux-system', generation: 2 },
    spec,
    status: {
      observedGeneration: 2,
      ...status,
      conditions: conditions.map(([type, state, reason, message = reason, observedGeneration = 2]) => ({
        type,
        status: state,
        reason,
        message,
        observedGeneration,
        lastTransitionTime: '2026-03-01T10:00:00Z',
      })),
    },
  }
}

const source = (sha: string, conditions: Condition[] = [], spec: object = {}) =>
  flux('GitRepository', { artifact: { revision: main(sha) } }, conditions, spec)
const kustomization = (attempted: string, applied: string, conditions: Condition[] = [], more: object = {}) =>
  flux(
    'Kustomization',
    { lastAttemptedRevision: main(attempted), lastAppliedRevision: main(applied), ...more },
    conditions,
  )
const entry = (sha: string, lastReconciledStatus: string) => ({
  lastReconciledStatus,
  metadata: { revision: main(sha) },
})

function stateOf(object: KubernetesObject | undefined, from?: KubernetesObject) {
  const { state, reason } = decideSync({ kustomization: object, source: from, commit, ancestryOf })
  return `${state} ${reason}`
}

describe('a Kustomization', () => {
  const healthChecking = `Running health checks for revision ${main(commit)} with a timeout of 9m30s`
  it.each<[string, KubernetesObject, KubernetesObject | undefined, string]>([
    [
      'has applied the commit itself',
      kustomization(commit, commit, [['Ready', 'True', 'ReconciliationSucceeded']]),
      undefined,
      'applied Applied',
    ],
    ['has applied a later commit', kustomization(after, after), undefined, 'applied Applied'],
    [
      'has applied it and is reconciling again',
      kustomization(after, commit, [['Ready', 'Unknown', 'Progressing']]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied it and fails to build a later one',
      kustomization(after, commit, [['Ready', 'False', 'BuildFailed']]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied it before it was suspended',
      { ...kustomization(after, after), spec: { suspend: true } },
      undefined,
      'applied Applied',
    ],
    [
      'has applied the objects while it checks their health',
      kustomization(commit, before, [
        ['Reconciling', 'True', 'Progressing', healthChecking],
        ['Ready', 'Unknown', 'Progressing'],
      ]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied the objects when Healthy says so',
      kustomization(commit, before, [['Healthy', 'Unknown', 'Progressing', healthChecking]]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied the objects although their health check failed',
      kustomization(commit, before, [['Ready', 'False', 'HealthCheckFailed']]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied the objects although pruning failed',
      kustomization(commit, before, [['Ready', 'False', 'PruneFailed']]),
      undefined,
      'applied Applied',
    ],
    [
      'has applied the objects according to its history',
      kustomization(commit, before, [['Ready', 'Unknown', 'Progressing']], {
        history: [entry(commit, 'HealthCheckFailed')],
      }),
      undefined,
      'applied Applied',
    ],
    [
      'has not applied what its history says failed to build',
      kustomization(commit, before, [['Ready', 'False', 'BuildFailed']], { history: [entry(commit, 'BuildFailed')] }),
      undefined,
      'failed BuildFailed',
    ],
    [
      'checks the health of an older revision',
      kustomization(before, before, [
        [
          'Reconciling',
          'True',
          'Progressing',
          `Running health checks for revision ${main(before)} with a timeout of 30s`,
        ],
      ]),
      source(commit),
      'blocked HealthCheckRunning',
    ],
    [
      'checks the health of an older revision while its source has not fetched the commit',
      kustomization(before, before, [
        [
          'Healthy',
          'Unknown',
          'Progressing',
          `Running health checks for revision ${main(before)} with a timeout of 30s`,
        ],
      ]),
      source(before),
      'pending NotFetched',
    ],
    [
      'could not finish the health check of an older revision, and is free for the commit',
      kustomization(before, before, [['Ready', 'False', 'HealthCheckFailed']]),
      source(commit),
      'seen ArtifactStored',
    ],
    [
      'has applied the objects although their health check was cancelled',
      kustomization(commit, before, [['Ready', 'False', 'HealthCheckCanceled']]),
      source(after),
      'applied Applied',
    ],
    [
      'has applied the objects according to the newest entry of its history, whatever the older ones say',
      kustomization(before, before, [], { history: [entry(after, 'HealthCheckFailed'), entry(before, 'BuildFailed')] }),
      undefined,
      'applied Applied',
    ],
    [
      'is being deleted',
      {
        ...kustomization(before, before),
        metadata: { name: 'apps', namespace: 'flux-system', deletionTimestamp: '2026-03-01T10:00:00Z' },
      },
      source(commit),
      'blocked Deleting',
    ],
    [
      'waits for a dependency that its own older revision needs, too',
      kustomization(before, before, [
        ['Ready', 'False', 'DependencyNotReady', "dependency 'flux-system/infra' revision is not up to date"],
      ]),
      source(before),
      'blocked DependencyNotReady',
    ],
    [
      'builds the commit',
      kustomization(commit, before, [
        ['Reconciling', 'True', 'Progressing', 'Building manifests for revision x'],
        ['Ready', 'Unknown', 'Progressing'],
      ]),
      undefined,
      'seen Progressing',
    ],
    ['has attempted it, no more is known', kustomization(commit, before), undefined, 'seen Progressing'],
    [
      'cannot build it',
      kustomization(commit, before, [['Ready', 'False', 'BuildFailed']]),
      undefined,
      'failed BuildFailed',
    ],
    [
      'cannot apply it',
      kustomization(commit, before, [['Ready', 'False', 'ReconciliationFailed']]),
      undefined,
      'failed ReconciliationFailed',
    ],
    [
      'could not build an older one',
      kustomization(before, before, [['Ready', 'False', 'BuildFailed']]),
      source(before),
      'pending NotFetched',
    ],
    [
      'failed at an older generation of itself',
      kustomization(commit, before, [['Ready', 'False', 'BuildFailed', '', 1]]),
      undefined,
      'seen Progressing',
    ],
    [
      'is suspended',
      { ...kustomization(before, before), spec: { suspend: true } },
      source(commit),
      'blocked Suspended',
    ],
    [
      'waits for a dependency',
      kustomization(before, before, [['Ready', 'False', 'DependencyNotReady']]),
      source(commit),
      'blocked DependencyNotReady',
    ],
    [
      'waits for a dependency after a first attempt',
      kustomization(commit, before, [['Ready', 'False', 'DependencyNotReady']]),
      source(commit),
      'blocked DependencyNotReady',
    ],
    [
      'may not read its source',
      kustomization(before, before, [['Ready', 'False', 'AccessDenied']]),
      source(commit),
      'failed AccessDenied',
    ],
    [
      'gave up',
      kustomization(before, before, [['Stalled', 'True', 'InvalidPath']]),
      source(commit),
      'failed InvalidPath',
    ],
    [
      'has not attempted what its source has',
      kustomization(before, before, [['Ready', 'True', 'ReconciliationSucceeded']]),
      source(after),
      'seen ArtifactStored',
    ],
    [
      'waits for its source',
      kustomization(before, before),
      source(before, [['Ready', 'True', 'Succeeded']]),
      'pending NotFetched',
    ],
    [
      'waits for a source that cannot fetch',
      kustomization(before, before),
      source(before, [
        ['FetchFailed', 'True', 'GitOperationFailed'],
        ['Ready', 'False', 'GitOperationFailed'],
      ]),
      'failed GitOperationFailed',
    ],
    [
      'waits for a source that is suspended',
      kustomization(before, before),
      source(before, [], { suspend: true }),
      'blocked Suspended',
    ],
    [
      'has not been reconciled ever',
      flux('Kustomization', { observedGeneration: -1 }),
      undefined,
      'pending NotFetched',
    ],
    [
      'has not been reconciled ever, its source has the commit',
      flux('Kustomization', { observedGeneration: -1 }),
      source(commit),
      'seen ArtifactStored',
    ],
    [
      'has no artifact',
      flux('Kustomization', {}, [['Ready', 'False', 'ArtifactFailed']]),
      undefined,
      'failed ArtifactFailed',
    ],
    ['has attempted a commit that nobody knows', kustomization(missing, missing), undefined, 'unknown AncestryUnknown'],
    [
      'has attempted a commit of another line',
      kustomization(elsewhere, elsewhere),
      source(elsewhere),
      'pending NotFetched',
    ],
    [
      'has applied a commit of another line instead',
      kustomization(elsewhere, commit, [], { history: [entry(elsewhere, 'HealthCheckFailed')] }),
      undefined,
      'superseded Superseded',
    ],
  ])('%s', (_, object, from, expected) => {
    expect(stateOf(object, from)).toBe(expected)
  })

  it('has applied the commit that its OCI artifact was built from', () => {
    const status = { lastAppliedRevision: digest, lastAppliedOriginRevision: main(commit) }
    expect(stateOf(flux('Kustomization', status))).toBe('applied Applied')
  })

  it('has applied the objects of an OCI artifact according to its history', () => {
    const history = [
      { lastReconciledStatus: 'HealthCheckFailed', metadata: { revision: digest, originRevision: main(after) } },
    ]
    const status = { lastAttemptedRevision: digest, lastAppliedRevision: '6.1.7@sha256:0', history }
    expect(stateOf(flux('Kustomization', status))).toBe('applied Applied')
  })

  it('of an OCI artifact that names no commit is unknown', () => {
    const artifact = flux('OCIRepository', { artifact: { revision: digest } })
    expect(stateOf(flux('Kustomization', { lastAppliedRevision: digest }), artifact)).toBe('unknown AncestryUnknown')
  })

  it('that waits for a health check says for which, how long, and what helps', () => {
    const running = `Running health checks for revision ${main(before)} with a timeout of 9m30s`
    const object = kustomization(before, before, [['Reconciling', 'True', 'Progressing', running]])
    const { message } = decideSync({ kustomization: object, source: source(commit), commit, ancestryOf })
    expect(message).toBe(
      `it takes ${main(commit)} only after its health checks of ${main(before)}: wait, or give kustomize-controller the ` +
        `feature gate CancelHealthCheckOnNewRevision; it says: ${running}`,
    )
  })

  it('attempts the commit that its OCI artifact names', () => {
    const metadata = { 'org.opencontainers.image.revision': main(commit) }
    const artifact = flux('OCIRepository', { artifact: { revision: digest, metadata } })
    const attempting = flux('Kustomization', { lastAttemptedRevision: digest, lastAppliedRevision: '6.1.7@sha256:0' })
    expect(stateOf(attempting, artifact)).toBe('seen Progressing')
    expect(stateOf(undefined, artifact)).toBe('seen ArtifactStored')
  })

  it('is superseded when a later commit changed the value again', () => {
    const object = kustomization(after, after)
    const replaced = decideSync({ kustomization: object, commit, ancestryOf, isReplaced: (sha) => sha === after })
    expect(replaced).toMatchObject({ state: 'superseded', revision: main(after) })
  })

  it('says which object, which revision and for how long', () => {
    const object = kustomization(before, before, [
      ['Ready', 'False', 'DependencyNotReady', "dependency 'a/b' is not ready"],
    ])
    const now = new Date('2026-03-01T10:07:30Z')
    expect(decideSync({ kustomization: object, commit, ancestryOf, now })).toEqual({
      engine: 'flux',
      object: 'Kustomization/flux-system/apps',
      state: 'blocked',
      reason: 'DependencyNotReady',
      message: "dependency 'a/b' is not ready (for 7 min)",
      revision: main(before),
    })
  })
})

describe('a source alone', () => {
  it.each<[string, KubernetesObject, string]>([
    ['has fetched the commit', source(commit), 'seen ArtifactStored'],
    [
      'has fetched it although the newest fetch failed',
      source(after, [['FetchFailed', 'True', 'GitOperationFailed']]),
      'seen ArtifactStored',
    ],
    ['has not polled yet', source(before, [['Ready', 'True', 'Succeeded']]), 'pending NotFetched'],
    ['is fetching', source(before, [['Ready', 'Unknown', 'Progressing']]), 'pending NotFetched'],
    ['has no artifact', flux('GitRepository', { observedGeneration: -1 }), 'pending NotFetched'],
    ['is suspended', source(before, [], { suspend: true }), 'blocked Suspended'],
    ['is pinned to another commit', source(before, [], { ref: { commit: before } }), 'blocked PinnedRevision'],
    ['follows a tag', source(before, [], { ref: { tag: 'v1' } }), 'blocked PinnedRevision'],
    [
      'follows a range of tags',
      source(before, [], { ref: { semver: '1.x', branch: 'main' } }),
      'blocked PinnedRevision',
    ],
    ['follows a pull request', source(before, [], { ref: { name: 'refs/pull/4/head' } }), 'blocked PinnedRevision'],
    [
      'follows a branch by its full name',
      source(before, [], { ref: { name: 'refs/heads/main' } }),
      'pending NotFetched',
    ],
    [
      'knows of a newer revision that it has not stored',
      source(before, [
        ['ArtifactOutdated', 'True', 'NewRevision'],
        ['Ready', 'True', 'Succeeded'],
      ]),
      'pending NotFetched',
    ],
    ['cannot log in', source(before, [['FetchFailed', 'True', 'AuthenticationFailed']]), 'failed AuthenticationFailed'],
    [
      'refuses the signature',
      source(before, [['SourceVerified', 'False', 'InvalidCommitSignature']]),
      'failed InvalidCommitSignature',
    ],
    ['has a commit that nobody knows', source(missing), 'unknown AncestryUnknown'],
  ])('%s', (_, object, expected) => {
    expect(stateOf(undefined, object)).toBe(expected)
  })
})

it('names the commits whose ancestry is needed, each once', () => {
  const object = kustomization(after, before, [], { history: [entry(commit, 'x'), entry(missing, 'x')] })
  expect(fluxRevisions([object, source(elsewhere), flux('OCIRepository', { artifact: { revision: digest } })])).toEqual(
    [before, after, commit, elsewhere],
  )
})

it.each([undefined, null, 'gone', [], { artifact: [], history: {}, conditions: 'none' }])(
  'a status of %j is no reason to throw',
  (status) => {
    const object: KubernetesObject = { apiVersion: 'x/v1', kind: 'Kustomization', metadata: { name: 'a' }, status }
    expect(stateOf(object, { ...object, kind: 'GitRepository' })).toBe('pending NotFetched')
  },
)

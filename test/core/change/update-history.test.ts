import { describe, expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import { type HistoryQuestion, historyEntry, historyKey, isAskedFor } from '../../../src/core/change/update-history.ts'

const commit = 'c'.repeat(40)
const digest = `sha256:${'a'.repeat(64)}`
const request: UpdateRequest = {
  apiVersion: 'fairlead.dev/v1alpha1',
  kind: 'UpdateRequest',
  metadata: {
    ...{ name: 'abc-1', namespace: 'prod', creationTimestamp: '2026-03-01T10:00:00Z' },
    annotations: { 'fairlead.dev/sequence': '7' },
  },
  spec: {
    action: 'rollback',
    requestedBy: 'alice',
    targets: ['prod', 'prod', 'pay'].map((namespace, n) => ({
      ...{ kind: 'Deployment', namespace, name: 'web', container: `c${n}` },
    })),
    change: {
      ...{ repository: 'https://git.example.com/gitops', branch: 'main', path: 'a.yaml', keyPath: '0:image' },
      ...{ from: 'ghcr.io/acme/web:1.1.0', to: 'ghcr.io/acme/web:1.0.0', digest },
    },
    ...{ policy: 'rollback', reason: 'breaks the shop', requireApproval: false },
  },
  status: {
    ...{ phase: 'Completed', commit, message: 'pushed' },
    rollouts: [{ workload: 'Deployment/prod/web', phase: 'success' }],
    conditions: [
      { type: 'Pushed', status: 'True', reason: 'Pushed', message: '', lastTransitionTime: '2026-03-01T10:01:00Z' },
    ],
  },
}

describe('the entry of a request', () => {
  test('says what it did, for whom, and what became of it, each workload once', () => {
    expect(historyEntry(request)).toEqual({
      ...{ updateRequest: 'prod/abc-1', at: '2026-03-01T10:00:00Z', pushedAt: '2026-03-01T10:01:00Z' },
      ...{ action: 'rollback', requestedBy: 'alice', policy: 'rollback', reason: 'breaks the shop' },
      ...{ from: 'ghcr.io/acme/web:1.1.0', to: 'ghcr.io/acme/web:1.0.0', digest, commit },
      ...{ phase: 'Completed', message: 'pushed' },
      ...{ repository: 'https://git.example.com/gitops', branch: 'main' },
      workloads: [{ workload: 'Deployment/prod/web', phase: 'success' }, { workload: 'Deployment/pay/web' }],
    })
  })

  const withConditions = (...types: [type: string, status: 'True' | 'False', reason: string][]): UpdateRequest => ({
    ...request,
    status: {
      ...request.status,
      conditions: types.map(([type, status, reason]) => {
        return { type, status, reason, message: 'words', lastTransitionTime: '2026-03-01T10:02:00Z' }
      }),
    },
  })
  test.each<[string, UpdateRequest, object | undefined]>([
    [
      'says why the engine has not applied it',
      withConditions(['Applied', 'False', 'SyncWindow']),
      { reason: 'SyncWindow', message: 'words' },
    ],
    ['says nothing of that when it has', withConditions(['Applied', 'True', 'Applied']), undefined],
    [
      'says nothing of that when it never will',
      withConditions(['Applied', 'False', 'Superseded'], ['RolledOut', 'False', 'Superseded']),
      undefined,
    ],
  ])('%s', (_, one, expected) => expect(historyEntry(one).notApplied).toEqual(expected))

  test('of nothing but a decision is one that waits', () => {
    const { status: _, ...fresh } = request
    const entry = historyEntry(fresh)
    expect(entry).toMatchObject({ phase: 'Pending', message: '' })
    expect(Object.values(entry)).not.toContain(undefined)
  })
})

describe('a request is asked for', () => {
  const rows: [what: string, question: HistoryQuestion, expected: boolean][] = [
    ['by nothing', {}, true],
    ['by the namespace of a target', { namespace: 'pay' }, true],
    ['not by another namespace', { namespace: 'other' }, false],
    ['by a target', { workload: 'Deployment/pay/web' }, true],
    ['not by another kind', { workload: 'StatefulSet/pay/web' }, false],
    ['by its commit', { commit }, true],
    ['not by another commit', { commit: 'd'.repeat(40) }, false],
    ['by its image', { image: 'ghcr.io/acme/web:1.0.0' }, true],
    ['by its image with the digest', { image: `ghcr.io/acme/web:1.0.0@${digest}` }, true],
    ['not by what it left behind', { image: 'ghcr.io/acme/web:1.1.0' }, false],
  ]
  test.each(rows)('%s', (_, question, expected) => expect(isAskedFor(request, question)).toBe(expected))
})

test('of two decisions in one second the later one has the higher key', () => {
  const later = { ...request, metadata: { ...request.metadata, annotations: { 'fairlead.dev/sequence': '10' } } }
  expect(historyKey(later) > historyKey(request)).toBe(true)
})

import { describe, expect, test } from 'vitest'
import type { Condition } from '../../../src/api/condition.ts'
import { sequenceAnnotation, type UpdateRequest, type WorkloadRollout } from '../../../src/api/update-request.ts'
import { outcomesOf, rollbackOf } from '../../../src/core/pull-request/request-outcome.ts'

const workload = 'Deployment/prod/web'
const at = (second: number) => new Date(Date.UTC(2026, 2, 1, 12, 0, second))
const stamp = (second: number) => at(second).toISOString().replace('.000Z', 'Z')
const condition = (type: string, status: Condition['status'], second: number, message = ''): Condition => ({
  ...{ type, status, message, reason: type, lastTransitionTime: stamp(second) },
})
const pushed = condition('Pushed', 'True', 1)
const seen = condition('Seen', 'True', 2)
const applied = condition('Applied', 'True', 3)

function aRequest(conditions: Condition[], rollouts?: WorkloadRollout[], names = ['web']): UpdateRequest {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'abc-1', namespace: 'prod' },
    spec: {
      targets: names.map((container) => ({ kind: 'Deployment', namespace: 'prod', name: 'web', container })),
      change: {
        repository: 'r',
        branch: 'main',
        path: 'a.yaml',
        keyPath: '0:image',
        from: 'web:1.0.0',
        to: 'web:1.1.0',
      },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
    },
    status: { phase: 'Completed', commit: 'c0ffee', conditions, ...(rollouts === undefined ? {} : { rollouts }) },
  }
}

describe('how far a delivered request has come', () => {
  const rows: [what: string, request: UpdateRequest, expected: object][] = [
    [
      'waits for the engine',
      aRequest([pushed]),
      { state: 'waiting', since: at(1), commit: 'c0ffee', version: '1.1.0' },
    ],
    [
      'waits, and nobody knows whether the engine has it',
      aRequest([pushed, condition('Applied', 'Unknown', 2, 'the history is cut off')]),
      { state: 'waiting', message: 'the history is cut off' },
    ],
    ['was seen', aRequest([pushed, seen, condition('Applied', 'False', 2, '1 of 3')]), { state: 'seen', since: at(2) }],
    [
      'is applied, and not live yet',
      aRequest([pushed, seen, applied], [{ workload, phase: 'waiting', message: 'it runs web:1.0.0 as yet' }]),
      { state: 'applied', since: at(3), seenAt: at(2), appliedAt: at(3), message: 'it runs web:1.0.0 as yet' },
    ],
    [
      'rolls out',
      aRequest([pushed, seen, applied], [{ workload, phase: 'rolling_out', startedAt: stamp(4) }]),
      { state: 'rolling_out', since: at(4) },
    ],
    [
      'has rolled out',
      aRequest([pushed, seen, applied], [{ workload, phase: 'success', startedAt: stamp(4), finishedAt: stamp(10) }]),
      { state: 'success', since: at(10), durationMs: 6_000 },
    ],
    [
      'has rolled out before anybody looked',
      aRequest([pushed, seen, applied], [{ workload, phase: 'success' }]),
      { state: 'success', since: at(3) },
    ],
    [
      'has failed',
      aRequest(
        [pushed, seen, applied],
        [{ workload, phase: 'failed', message: 'no pods', startedAt: stamp(4), finishedAt: stamp(10) }],
      ),
      { state: 'failed', message: 'no pods', durationMs: 6_000 },
    ],
  ]
  test.each(rows)('%s', (_, request, expected) => {
    const outcomes = outcomesOf(request)
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]).toMatchObject({ workload, ...expected })
    expect(Object.values(outcomes[0] ?? {})).not.toContain(undefined)
  })

  test('has no duration while it goes on, for a text must not change at every look', () => {
    const [outcome] = outcomesOf(aRequest([applied], [{ workload, phase: 'rolling_out', startedAt: stamp(4) }]))
    expect(outcome).not.toHaveProperty('durationMs')
  })

  test('is told once for a workload with two containers', () => {
    expect(outcomesOf(aRequest([pushed], undefined, ['web', 'side']))).toHaveLength(1)
  })
})

describe('what took a request back', () => {
  const commit = (letter: string) => letter.repeat(40)
  const sequenced = (request: UpdateRequest, sequence: number): UpdateRequest => ({
    ...request,
    metadata: { ...request.metadata, annotations: { [sequenceAnnotation]: `${sequence}` } },
  })
  const update = sequenced(aRequest([pushed]), 3)
  const rollback = (sequence: number, status: UpdateRequest['status'], from = 'web:1.1.0', by?: string) => {
    const request = sequenced(aRequest([pushed]), sequence)
    const change = { ...request.spec.change, from, to: 'web:1.0.0' }
    const spec = { ...request.spec, change, action: 'rollback' as const, ...(by !== undefined && { requestedBy: by }) }
    return { ...request, spec, status: status ?? {} }
  }
  const done = (letter: string) => ({ phase: 'Completed' as const, commit: commit(letter) })

  const rows: [what: string, siblings: UpdateRequest[], taken: string | undefined][] = [
    ['is a delivered rollback of its value', [rollback(4, done('a'))], commit('a')],
    ['is the first of several', [rollback(6, done('b')), rollback(5, done('a'))], commit('a')],
    ['is none that came before it', [rollback(2, done('a'))], undefined],
    ['is none that leads away from something else', [rollback(4, done('a'), 'web:1.0.9')], undefined],
    ['is none that was not delivered', [rollback(4, { phase: 'Approved' })], undefined],
    ['is none without a commit', [rollback(4, { phase: 'Completed', commit: 'HEAD' })], undefined],
    ['is no update that goes down', [{ ...rollback(4, done('a')), spec: update.spec }], undefined],
  ]
  test.each(rows)('%s', (_, siblings, taken) => {
    expect(rollbackOf(update, siblings)?.status?.commit).toBe(taken)
  })

  test('is told of each of its workloads, with who asked for it', () => {
    const applies = aRequest([pushed, seen, applied], [{ workload, phase: 'success' }])
    const told = (by?: string) => outcomesOf(applies, rollback(4, done('a'), 'web:1.1.0', by))[0]?.rollback
    expect(told('alice')).toEqual({ commit: commit('a'), by: 'alice' })
    expect(told()).toEqual({ commit: commit('a') })
  })
})

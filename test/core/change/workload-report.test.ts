import { describe, expect, test } from 'vitest'
import type { UpdateRequest, UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { slotOf } from '../../../src/core/change/claim.ts'
import { updateRequestName } from '../../../src/core/change/identity.ts'
import { reportWorkload, type WorkloadReport } from '../../../src/core/change/workload-report.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, template } from '../workload/sample.ts'

const at = (minutes: number) => `2026-03-01T10:${String(minutes).padStart(2, '0')}:00Z`
const commit = 'c'.repeat(40)
const condition = (type: string, minutes: number, status: 'True' | 'False', reason: string, message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: at(minutes),
})

function aRequest(to: string, status?: UpdateRequestStatus, namespace = 'prod'): UpdateRequest {
  const place = { repository: 'r', branch: 'main', path: `${to}.yaml`, keyPath: '0:image' }
  const targets = [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'app' }]
  if (namespace !== 'prod') targets.unshift({ kind: 'Deployment', namespace, name: 'web', container: 'app' })
  const request: UpdateRequest = {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: '', namespace, creationTimestamp: at(0) },
    spec: {
      targets,
      change: { ...place, from: 'ghcr.io/acme/web:1.0.0', to: `ghcr.io/acme/web:${to}` },
      policy: 'minor',
      reason: 'selected',
      requireApproval: true,
    },
    ...(status === undefined ? {} : { status }),
  }
  const slot = slotOf(request)
  const name = updateRequestName(slot, request.spec.change.to)
  return { ...request, metadata: { ...request.metadata, name, labels: { 'fairlead.dev/target': slot } } }
}

const live = readWorkload(deployment({ spec: { template: template('ghcr.io/acme/web:1.1.0') } }))
const seen = trackRollout(undefined, live, new Date(at(0)))
const state = (facts: Partial<RolloutState> = {}): RolloutState => ({ ...seen, ...facts })
const delivered: UpdateRequestStatus = {
  phase: 'Completed',
  commit,
  conditions: [condition('Pushed', 5, 'True', 'Pushed'), condition('Applied', 6, 'True', 'Applied')],
}
const report = (facts: { state?: RolloutState | undefined; requests?: UpdateRequest[] }): WorkloadReport =>
  reportWorkload({ workload: live, state: 'state' in facts ? facts.state : state(), requests: facts.requests ?? [] })

describe('a workload', () => {
  const rows: [what: string, state: RolloutState | undefined, expected: Partial<WorkloadReport>][] = [
    ['that nobody has looked at is in no known phase', undefined, { phase: 'unknown', reason: 'NotSeenYet' }],
    [
      'that rolls out does so since it began',
      state({ phase: 'rolling_out', reason: 'Progressing', startedAt: at(3), deadlineAt: at(18) }),
      { phase: 'rolling_out', since: at(3), deadlineAt: at(18) },
    ],
    [
      'that failed is in this phase since it ended',
      state({ phase: 'failed', reason: 'DeadlineExceeded', startedAt: at(3), finishedAt: at(18) }),
      { phase: 'failed', since: at(18), startedAt: at(3) },
    ],
    [
      'whose newest template was not looked at says nothing of the one before',
      state({ phase: 'success', liveRevision: 'another', finishedAt: at(9) }),
      { phase: 'rolling_out', reason: 'Unobserved' },
    ],
  ]
  test.each(rows)('%s', (_, state, expected) => {
    const { phase, reason, since, startedAt, deadlineAt } = report({ state })
    const said = Object.entries({ phase, reason, since, startedAt, deadlineAt })
    expect(Object.fromEntries(said.filter(([, one]) => one !== undefined))).toMatchObject(expected)
    expect(since).toBe(expected.since)
  })

  test('names the commit that put what runs, and who asked for it', () => {
    const ours = aRequest('1.1.0', delivered)
    const { commit: found, updateRequest } = report({ requests: [aRequest('1.2.0', delivered), ours] })
    expect([found, updateRequest]).toEqual([commit, `prod/${ours.metadata.name}`])
  })

  test('that nobody of ours changed has no commit', () => {
    expect(report({ requests: [aRequest('1.2.0', delivered)] })).not.toHaveProperty('commit')
  })
})

describe('what waits', () => {
  const progress = condition('Progressing', 1, 'True', 'OutsideWindow', 'opens at 09:00')
  const rows: [what: string, request: UpdateRequest, expected: [string, string, string | undefined][]][] = [
    ['is what was just decided', aRequest('1.2.0'), [['Pending', 'Pending', at(0)]]],
    [
      'says why',
      aRequest('1.2.0', { phase: 'Approved', conditions: [progress] }),
      [['Approved', 'OutsideWindow', at(0)]],
    ],
    [
      'is a commit that the engine has not applied, since the branch has it',
      aRequest('1.2.0', { phase: 'Completed', commit, conditions: [condition('Pushed', 5, 'True', 'Pushed')] }),
      [['Completed', 'Completed', at(5)]],
    ],
    [
      'says what keeps the engine from applying it',
      aRequest('1.2.0', {
        ...{ phase: 'Completed', commit },
        conditions: [
          condition('Pushed', 5, 'True', 'Pushed'),
          condition('Progressing', 5, 'True', 'WaitingForSync'),
          condition('Applied', 6, 'False', 'ManualSyncRequired'),
        ],
      }),
      [['Completed', 'ManualSyncRequired', at(5)]],
    ],
    ['is no commit that was applied', aRequest('1.2.0', delivered), []],
    ['is nothing that was refused', aRequest('1.2.0', { phase: 'Rejected' }), []],
    ['is no claim from another namespace', aRequest('1.2.0', undefined, 'pay'), []],
    [
      'is a commit for several namespaces',
      aRequest('1.2.0', { phase: 'Completed', commit }, 'pay'),
      [['Completed', 'Completed', at(0)]],
    ],
    [
      'is nothing that contradicts itself',
      { ...aRequest('1.2.0'), metadata: { ...aRequest('1.2.0').metadata, name: 'mine' } },
      [],
    ],
  ]
  test.each(rows)('%s', (_, request, expected) => {
    const { waiting } = report({ requests: [request] })
    expect(waiting.map(({ phase, reason, since }) => [phase, reason, since])).toEqual(expected)
  })

  test('comes newest first, and only 20 of it', () => {
    const requests = Array.from({ length: 30 }, (_, minute) => {
      const request = aRequest(`1.2.${minute}`)
      return { ...request, metadata: { ...request.metadata, creationTimestamp: at(minute) } }
    })
    const { waiting } = report({ requests })
    expect(waiting.map(({ since }) => since)).toEqual(Array.from({ length: 20 }, (_, n) => at(29 - n)))
  })
})

describe('a hold', () => {
  const holdOf = (annotations: Record<string, string>) =>
    reportWorkload({ workload: { ...live, annotations }, state: undefined, requests: [] }).hold
  const rows: [what: string, annotations: Record<string, string>, hold: string | undefined][] = [
    ['is told with its reason', { 'fairlead.dev/hold': ' freeze ' }, 'freeze'],
    ['of one container is told with its name', { 'fairlead.dev/hold.app': 'mine' }, 'app: mine'],
    ['of a container that is none is no hold', { 'fairlead.dev/hold.other': 'mine' }, undefined],
    ['of nobody is absent', { 'fairlead.dev/policy': 'minor' }, undefined],
  ]
  test.each(rows)('%s', (_, annotations, hold) => expect(holdOf(annotations)).toBe(hold))
})

import { describe, expect, test } from 'vitest'
import type { UpdateRequest, UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { carrierOf, pushedAtMs } from '../../../src/core/change/carrier.ts'
import { hasArrived, leadTimes } from '../../../src/core/change/lead-time.ts'
import { waitingOf } from '../../../src/core/change/waiting.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment } from '../workload/sample.ts'

const at = (minutes: number) => new Date(Date.parse('2026-03-01T10:00:00Z') + minutes * 60_000).toISOString()
const builtAt = (minutes: number) => Date.parse(at(minutes))

const condition = (
  type: string,
  minutes: number,
  status: 'True' | 'False' | 'Unknown' = 'True',
  reason: string = type,
) => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: at(minutes),
})

function aRequest(status: UpdateRequestStatus, { to = '1.4.2', sequence = 1 } = {}): UpdateRequest {
  const place = { repository: 'r', branch: 'main', path: 'a.yaml', keyPath: '0:image' }
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: {
      name: `abc-${to}`,
      namespace: 'prod',
      creationTimestamp: at(0),
      annotations: { 'fairlead.dev/sequence': `${sequence}` },
    },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'app' }],
      change: { ...place, from: 'ghcr.io/acme/web:1.0.0', to: `ghcr.io/acme/web:${to}` },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
    },
    status,
  }
}

const ran = { workload: 'Deployment/prod/web', phase: 'success' as const, startedAt: at(14), finishedAt: at(20) }
const arrived: UpdateRequestStatus = {
  phase: 'Completed',
  approvedAt: at(5),
  conditions: [condition('Pushed', 8), condition('Applied', 12), condition('RolledOut', 20)],
  rollouts: [ran],
}

describe('the way of a version takes', () => {
  const minutes = (request: UpdateRequest, built?: number) =>
    Object.fromEntries([...leadTimes(request, built)].map(([segment, seconds]) => [segment, seconds / 60]))

  test.each<[string, UpdateRequestStatus, number | undefined, Record<string, number>]>([
    [
      'what each part of it takes',
      arrived,
      builtAt(-30),
      { registry: 30, approval: 5, decision: 3, sync: 4, rollout: 8, total: 20 },
    ],
    [
      'the decision until the commit when nobody has to approve',
      { ...arrived, approvedAt: '' },
      undefined,
      { decision: 8, sync: 4, rollout: 8, total: 20 },
    ],
    [
      'until the last of its workloads runs it',
      { ...arrived, rollouts: [ran, { ...ran, workload: 'Deployment/prod/api', finishedAt: at(32) }] },
      undefined,
      { approval: 5, decision: 3, sync: 4, rollout: 20, total: 32 },
    ],
    [
      'nobody knows how long to the end when a rollout was not seen',
      { ...arrived, rollouts: [ran, { workload: 'Deployment/prod/api', phase: 'success' }] },
      undefined,
      { approval: 5, decision: 3, sync: 4 },
    ],
    [
      'nothing from an image that says it was built in 1970',
      arrived,
      0,
      { approval: 5, decision: 3, sync: 4, rollout: 8, total: 20 },
    ],
    [
      'no negative time when clocks disagree',
      { ...arrived, approvedAt: at(-1), conditions: [condition('Pushed', 8), condition('Applied', 7)] },
      builtAt(3),
      { decision: 9, rollout: 13, total: 20 },
    ],
  ])('%s', (_, status, built, expected) => {
    expect(minutes(aRequest(status), built)).toEqual(expected)
  })

  test('is over once, when it first runs everywhere', () => {
    const before = aRequest({ ...arrived, conditions: [condition('Pushed', 8), condition('Applied', 12)] })
    const after = aRequest(arrived)
    expect([hasArrived(before, after), hasArrived(after, after), hasArrived(before, before)]).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('what a workload carries came from', () => {
  const workload = readWorkload(deployment())
  const pushed = { phase: 'Completed', conditions: [condition('Pushed', 8)] } as const
  test.each<[string, UpdateRequest[], string | undefined]>([
    ['nobody when there is no request', [], undefined],
    [
      'the request whose commit put its image',
      [aRequest({ ...pushed, conditions: [...pushed.conditions] })],
      'abc-1.4.2',
    ],
    [
      'no request for another version',
      [aRequest({ conditions: [condition('Pushed', 8)] }, { to: '1.5.0' })],
      undefined,
    ],
    ['no request that never reached the branch', [aRequest({ phase: 'Pending' })], undefined],
    ['no request whose push was refused', [aRequest({ conditions: [condition('Pushed', 8, 'False')] })], undefined],
  ])('%s', (_, requests, expected) => {
    const carrier = carrierOf(workload, requests)
    expect(carrier?.metadata.name).toBe(expected)
  })

  test('nothing while a rollback to the same image is under way, and its commit is not noted', () => {
    const first = aRequest({ phase: 'Completed', conditions: [condition('Pushed', 8)] }, { sequence: 1 })
    const back = aRequest({ phase: 'Approved' }, { sequence: 2 })
    const rollback = { ...back, spec: { ...back.spec, action: 'rollback' as const } }
    expect(carrierOf(workload, [first, rollback])).toBeUndefined()
    expect(carrierOf(workload, [first, back])).toBe(first)
    const over = { ...rollback, status: { phase: 'Rejected' as const } }
    expect(carrierOf(workload, [first, over])).toBe(first)
    const done = { ...rollback, status: { phase: 'Completed' as const, conditions: [condition('Pushed', 9)] } }
    expect(carrierOf(workload, [first, done])).toBe(done)
  })

  test('the newest of several, at the time of its push', () => {
    const older = aRequest({ conditions: [condition('Pushed', 8)] }, { sequence: 1 })
    const newer = aRequest({ conditions: [condition('Pushed', 30)] }, { sequence: 2 })
    const carrier = carrierOf(workload, [newer, older])
    expect(carrier && pushedAtMs(carrier)).toBe(Date.parse(at(30)))
  })
})

describe('a request waits', () => {
  test.each<[string, UpdateRequestStatus, string | undefined]>([
    [
      'for approval since it was made',
      { phase: 'Pending', conditions: [condition('Progressing', 1, 'True', 'ApprovalRequired')] },
      `approval ${at(0)}`,
    ],
    [
      'for no approval when a window is closed',
      { conditions: [condition('Progressing', 1, 'True', 'WindowClosed')] },
      undefined,
    ],
    ['for the engine since the push', { phase: 'Completed', conditions: [condition('Pushed', 8)] }, `sync ${at(8)}`],
    [
      'for the engine when that says it cannot',
      { phase: 'Completed', conditions: [condition('Pushed', 8), condition('Applied', 9, 'False')] },
      `sync ${at(8)}`,
    ],
    [
      'for nothing when the value was changed again before the engine came',
      {
        phase: 'Completed',
        conditions: [condition('Pushed', 8), condition('Applied', 9, 'False', 'Superseded')],
      },
      undefined,
    ],
    [
      'for nothing when the workload was deleted before the engine came',
      {
        phase: 'Completed',
        conditions: [condition('Pushed', 8), condition('Applied', 9, 'Unknown', 'WorkloadGone')],
      },
      undefined,
    ],
    ['for nothing when the engine has applied it', arrived, undefined],
    ['for nothing when it was rejected', { phase: 'Rejected', conditions: [condition('Pushed', 8)] }, undefined],
  ])('%s', (_, status, expected) => {
    const waiting = waitingOf(aRequest(status))
    expect(waiting && `${waiting.what} ${new Date(waiting.sinceMs).toISOString()}`).toBe(expected)
  })
})

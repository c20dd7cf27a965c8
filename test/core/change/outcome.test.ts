import { describe, expect, test } from 'vitest'
import type { UpdateRequest, UpdateRequestStatus, WorkloadRollout } from '../../../src/api/update-request.ts'
import { carriesImage, isNewerImage } from '../../../src/core/change/carried-image.ts'
import { decideRollouts, type LiveRollout, supersedeRollouts } from '../../../src/core/change/outcome.ts'
import { isRolledOut, isSettled, summariseRollouts } from '../../../src/core/change/rolled-out.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, type Parts } from '../workload/sample.ts'

const now = new Date('2026-03-01T12:00:00Z')
const sha = (letter: string) => `sha256:${letter.repeat(64)}`

describe('a live image', () => {
  const rows: [what: string, live: string, to: string, digest: string | undefined, carried: boolean][] = [
    ['with the same tag', 'ghcr.io/acme/web:1.1.0', 'ghcr.io/acme/web:1.1.0', undefined, true],
    ['with another tag', 'ghcr.io/acme/web:1.0.0', 'ghcr.io/acme/web:1.1.0', undefined, false],
    ['of another name', 'ghcr.io/acme/api:1.1.0', 'ghcr.io/acme/web:1.1.0', undefined, false],
    ['in another spelling', 'docker.io/library/nginx:1.27', 'nginx:1.27', undefined, true],
    ['without a tag, where latest is wanted', 'nginx', 'nginx:latest', undefined, true],
    ['with the wanted digest', `nginx:1.27@${sha('a')}`, `nginx:1.27@${sha('a')}`, undefined, true],
    ['with the wanted digest alone', `nginx@${sha('a')}`, `nginx:1.27@${sha('a')}`, undefined, true],
    ['with another digest', `nginx:1.27@${sha('b')}`, `nginx:1.27@${sha('a')}`, undefined, false],
    ['without a digest, where one is wanted', 'nginx:1.27', `nginx:1.27@${sha('a')}`, undefined, false],
    ['pinned by what applies it', `nginx:1.27@${sha('a')}`, 'nginx:1.27', sha('a'), true],
    ['pinned to what the tag was before', `nginx:1.27@${sha('b')}`, 'nginx:1.27', sha('a'), false],
  ]
  test.each(rows)('%s', (_, live, to, digest, carried) => {
    expect(carriesImage(live, { to, ...(digest === undefined ? {} : { digest }) })).toBe(carried)
  })

  const newer: [live: string, to: string, expected: boolean][] = [
    ['web:1.2.0', 'web:1.1.0', true],
    ['web:1.0.0', 'web:1.1.0', false],
    ['web:v1.2.0', 'web:1.1.0', true],
    ['web:main', 'web:1.1.0', false],
    ['api:1.2.0', 'web:1.1.0', false],
  ]
  test.each(newer)('%s beside the wanted %s: newer is %s', (live, to, expected) => {
    expect(isNewerImage(live, to)).toBe(expected)
  })
})

const image = (tag: string) => `ghcr.io/acme/web:${tag}`

function aRequest(status: UpdateRequestStatus = {}, names = ['app']): UpdateRequest {
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
        from: image('1.0.0'),
        to: image('1.1.0'),
      },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
    },
    status,
  }
}

/** A Deployment that ran 1.0.0 and then got another template, with what was learnt from it. */
function live(tag: string, parts: Parts = {}, track: { later?: Parts } = {}): LiveRollout {
  const before = readWorkload(deployment({ image: image('1.0.0') }))
  const next = readWorkload(
    deployment({
      image: image(tag),
      ...parts,
      metadata: { generation: 2, annotations: { 'deployment.kubernetes.io/revision': '2' }, ...parts.metadata },
      status: { observedGeneration: 2, ...parts.status },
    }),
  )
  let state: RolloutState = trackRollout(undefined, before, now)
  if (tag !== '1.0.0') state = trackRollout(state, next, now, { committed: true })
  return { workload: track.later === undefined ? next : readWorkload(deployment(track.later)), state }
}

const rolling = { status: { updatedReplicas: 1 } }
const exceeded = {
  status: {
    updatedReplicas: 1,
    conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'no progress' }],
  },
}

describe('what became of a change that is applied', () => {
  const rows: [what: string, known: WorkloadRollout['phase'] | undefined, seen: LiveRollout, expected: object][] = [
    ['success when the rollout is done', undefined, live('1.1.0'), { phase: 'success' }],
    [
      'failed with what went wrong',
      'rolling_out',
      live('1.1.0', exceeded),
      { phase: 'failed', message: 'no progress', startedAt: '2026-03-01T12:00:00Z' },
    ],
    ['under way while pods are missing', 'waiting', live('1.1.0', rolling), { phase: 'rolling_out' }],
    [
      'under way while paused, and that is said',
      'waiting',
      live('1.1.0', { ...rolling, spec: { paused: true } }),
      { phase: 'rolling_out', message: 'the workload is paused' },
    ],
    [
      'under way while nobody has looked at the new template yet',
      undefined,
      { ...live('1.1.0'), state: live('1.0.0').state },
      { phase: 'rolling_out' },
    ],
    [
      'under way after a start, before anything was tracked',
      undefined,
      { ...live('1.1.0'), state: undefined },
      { phase: 'rolling_out' },
    ],
    [
      'waiting while the old image is live',
      undefined,
      live('1.0.0'),
      { phase: 'waiting', message: `it runs ${image('1.0.0')} as yet` },
    ],
    ['waiting while a still older image is live', undefined, live('0.9.0'), { phase: 'waiting' }],
    [
      'waiting while there is no such workload',
      undefined,
      { workload: undefined, state: undefined },
      { phase: 'waiting' },
    ],
    [
      'superseded when a newer version is live',
      undefined,
      live('1.2.0'),
      { phase: 'superseded', message: `it runs ${image('1.2.0')}`, finishedAt: '2026-03-01T12:00:00Z' },
    ],
    [
      'superseded when it was under way and the old image came back',
      'rolling_out',
      live('1.0.0'),
      { phase: 'superseded' },
    ],
    ['still success, whatever is live', 'success', live('1.0.0'), { phase: 'success' }],
    ['still failed, though it was done in the end', 'failed', live('1.1.0'), { phase: 'failed' }],
    ['still superseded, though it is live again', 'superseded', live('1.1.0'), { phase: 'superseded' }],
  ]
  test.each(rows)('is %s', (_, phase, seen, expected) => {
    const workload = 'Deployment/prod/web'
    const request = aRequest(phase === undefined ? {} : { rollouts: [{ workload, phase }] })
    const rollouts = decideRollouts({ request, isReplaced: false, now, live: () => seen })
    expect(rollouts).toHaveLength(1)
    expect(rollouts[0]).toMatchObject({ workload, ...expected })
  })

  test('is superseded when a younger change has been applied, where versions cannot tell', () => {
    const facts = { request: aRequest(), now, live: () => live('main-2') }
    expect(decideRollouts({ ...facts, isReplaced: false })[0]?.phase).toBe('waiting')
    expect(decideRollouts({ ...facts, isReplaced: true })[0]?.phase).toBe('superseded')
  })

  test('ends when another commit took its place, but for what was at its end', () => {
    const workloads = ['Deployment/prod/web', 'Deployment/prod/worker']
    const request = aRequest({ rollouts: [{ workload: workloads[0] ?? '', phase: 'success' }] })
    request.spec.targets = ['web', 'worker'].map((name) => ({ ...request.spec.targets[0], name })) as never
    expect(supersedeRollouts(request, 'main@sha1:1 changed the value again', now)).toEqual([
      { workload: workloads[0], phase: 'success' },
      {
        workload: workloads[1],
        phase: 'superseded',
        message: 'main@sha1:1 changed the value again',
        finishedAt: '2026-03-01T12:00:00Z',
      },
    ])
  })

  test('counts once for a workload with two containers, and both must carry the image', () => {
    const seen = live('1.1.0', {
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'app', image: image('1.1.0') },
              { name: 'side', image: image('1.0.0') },
            ],
          },
        },
      },
    })
    const rollouts = decideRollouts({
      request: aRequest({}, ['app', 'side']),
      isReplaced: false,
      now,
      live: () => seen,
    })
    expect(rollouts).toMatchObject([{ phase: 'waiting' }])
  })

  test('of a chart is success: the engine waits for the release before it says that it has applied it', () => {
    const request = aRequest()
    request.spec.targets = [{ kind: 'HelmRelease', namespace: 'prod', name: 'web', container: 'chart' }]
    const rollouts = decideRollouts({
      request,
      isReplaced: false,
      now,
      live: () => ({ workload: undefined, state: undefined }),
    })
    expect(rollouts).toEqual([{ workload: 'HelmRelease/prod/web', phase: 'success' }])
  })
})

describe('the condition RolledOut', () => {
  const one = (phase: WorkloadRollout['phase'], name = 'web', message?: string): WorkloadRollout => ({
    workload: `Deployment/prod/${name}`,
    phase,
    ...(message === undefined ? {} : { message }),
  })
  const rows: [what: string, rollouts: WorkloadRollout[], status: string, reason: string, final: boolean][] = [
    ['all done', [one('success'), one('success', 'api')], 'True', 'Success', true],
    ['one failed', [one('success'), one('failed', 'api')], 'False', 'Failed', true],
    ['one failed, one superseded', [one('superseded'), one('failed', 'api')], 'False', 'Failed', true],
    ['one superseded', [one('superseded'), one('success', 'api')], 'Unknown', 'Superseded', true],
    ['one under way, one failed', [one('rolling_out'), one('failed', 'api')], 'Unknown', 'RollingOut', false],
    ['one done, one not begun', [one('success'), one('waiting', 'api')], 'Unknown', 'RollingOut', false],
    ['none begun', [one('waiting')], 'Unknown', 'WaitingForSync', false],
  ]
  test.each(rows)('with %s', (_, rollouts, status, reason, final) => {
    const condition = summariseRollouts(rollouts)
    expect(condition).toMatchObject({ type: 'RolledOut', status, reason })
    const request = aRequest({ conditions: [{ ...condition, lastTransitionTime: '' }] })
    expect(isRolledOut(request)).toBe(final)
  })

  test('names what failed, and what is still under way', () => {
    expect(summariseRollouts([one('failed', 'web', 'no progress'), one('success', 'api')]).message).toBe(
      'Deployment/prod/web: no progress',
    )
    expect(summariseRollouts([one('rolling_out')]).message).toBe('Deployment/prod/web: rolls out')
  })

  const applied = {
    type: 'Applied',
    status: 'True',
    reason: 'Applied',
    message: '',
    lastTransitionTime: '2026-02-25T12:00:00Z',
  } as const
  const settled: [what: string, at: string, conditions: object[], expected: boolean][] = [
    ['before it is applied', '2026-03-01T12:00:00Z', [], false],
    ['while the rollout goes on', '2026-03-01T12:00:00Z', [summariseRollouts([one('rolling_out')])], false],
    ['when its outcome is known', '2026-03-01T12:00:00Z', [summariseRollouts([one('failed')])], true],
    ['a week after it was applied', '2026-03-04T12:00:01Z', [summariseRollouts([one('rolling_out')])], true],
  ]
  test.each(settled)('%s the request is settled or not', (_, at, conditions, expected) => {
    const given = (conditions as never[]).map((condition) => ({ ...(condition as object), lastTransitionTime: '' }))
    const list = conditions.length === 0 ? [] : [applied, ...given]
    expect(isSettled(aRequest({ conditions: list as never }), new Date(at))).toBe(expected)
  })
})

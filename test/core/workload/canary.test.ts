import { describe, expect, it, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { readCanary } from '../../../src/core/workload/canary.ts'
import { decidePhase } from '../../../src/core/workload/phase.ts'
import { templateRevision } from '../../../src/core/workload/revision.ts'
import { withCanary } from '../../../src/core/workload/target-canary.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { canaryObject } from './flagger.ts'
import { deployment } from './sample.ts'

const controller = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'web', uid: 'c', controller: true }

/** The target of the Canary at rest: scaled to zero, and its primary has the same images. */
function target(canary: KubernetesObject, primaryImage = 'web:2') {
  const zero = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 }
  const workload = readWorkload(deployment({ image: 'web:2', spec: { replicas: 0 }, status: zero }))
  return withCanary(workload, readCanary(canary), readWorkload(deployment({ image: primaryImage })))
}

// The objects of argoproj/argo-cd, resource_customizations/flagger.app/Canary/testdata, by their status, with the health
// that its health_test.yaml demands. What Argo CD calls degraded counts here when it is about this very rollout.
describe('the health that Argo CD tells of a Canary is the phase of its target:', () => {
  const [first, second, third] = ['2020-07-03T13:36:22Z', '2020-07-03T18:55:12Z', '2020-07-03T19:13:47Z']
  it.each<[file: string, status: Parameters<typeof canaryObject>[0], phase: string]>([
    [
      'progressing',
      { phase: 'Progressing', since: '2020-07-03T18:46:52Z', applied: '5c75b466fb', promoted: '658bbf784f' },
      'rolling_out CanaryRuns',
    ],
    [
      'promoting',
      { phase: 'Promoting', since: '2020-07-03T18:55:02Z', applied: 'fc74df5fc', promoted: '744b467645' },
      'rolling_out CanaryRuns',
    ],
    [
      'finalising',
      { phase: 'Finalising', since: second, applied: 'fc74df5fc', promoted: '744b467645' },
      'rolling_out CanaryRuns',
    ],
    [
      'degraded',
      {
        phase: 'Failed',
        since: third,
        applied: '765c47b8f7',
        promoted: 'fc74df5fc',
        message: 'Canary analysis failed, Deployment scaled to zero.',
      },
      'failed CanaryFailed',
    ],
    [
      'succeeded',
      { phase: 'Succeeded', since: first, applied: '658bbf784f', promoted: '658bbf784f' },
      'success Complete',
    ],
    [
      'initialized',
      { phase: 'Initialized', since: first, applied: '658bbf784f', promoted: '658bbf784f' },
      'success Complete',
    ],
  ])('%s', (_, status, expected) => {
    const { phase, reason } = decidePhase(target(canaryObject(status)), { beganMs: Date.parse('2020-07-03T13:30:00Z') })
    expect(`${phase} ${reason}`).toBe(expected)
  })
})

describe('a Canary is read', () => {
  const canary = canaryObject({ phase: 'Succeeded' })

  it('with its target, its words and their times', () => {
    expect(readCanary(canaryObject({ phase: 'Failed', written: '2026-03-01T09:30:00Z', promoted: 'h0' }))).toEqual({
      namespace: 'prod',
      name: 'web',
      target: 'Deployment/prod/web',
      phase: 'Failed',
      message: 'Failed.',
      sinceMs: Date.parse('2026-03-01T09:00:00Z'),
      writtenMs: Date.parse('2026-03-01T09:30:00Z'),
      isPromoted: false,
      isSuspended: false,
    })
  })

  it.each<[what: string, object: KubernetesObject]>([
    ['of a Service, which has no template', canaryObject({ phase: 'Succeeded', kind: 'Service' })],
    ['of nothing', { ...canary, spec: {} }],
    [
      'that is being deleted',
      { ...canary, metadata: { ...canary.metadata, deletionTimestamp: '2026-03-01T09:00:00Z' } },
    ],
  ])('as none when it is one %s', (_, object) => expect(readCanary(object)).toBeUndefined())

  it.each<[what: string, status: unknown]>([
    ['nothing', undefined],
    ['a word', 'Succeeded'],
    ['numbers for words', { phase: 7, conditions: 3, lastAppliedSpec: 1, lastPromotedSpec: 1 }],
    ['a condition about another phase', { phase: 'Failed', conditions: [{ type: 'Promoted', reason: 'Succeeded' }] }],
    ['times that are none', { phase: 'Failed', lastTransitionTime: 'soon', conditions: [null] }],
  ])('when its status is %s, and says nothing about an end', (_, status) => {
    const read = readCanary({ ...canary, status })
    expect(read).toMatchObject({ isPromoted: false, sinceMs: undefined, writtenMs: undefined })
    expect(decidePhase(target({ ...canary, status }), { beganMs: 0 }).phase).toBe('rolling_out')
  })
})

describe('what Flagger promoted', () => {
  const canary = canaryObject({ phase: 'Succeeded' })

  it.each<[what: string, workload: ReturnType<typeof target>, isCarried: boolean]>([
    ['is what the primary runs', target(canary), true],
    ['is something else while the primary has another image', target(canary, 'web:1'), false],
    ['is not known without a primary', withCanary(target(canary), readCanary(canary), undefined), false],
  ])('%s', (_, workload, isCarried) => expect(workload.canary?.isCarried).toBe(isCarried))

  test('is made by Flagger, and what marks its target is not said of it', () => {
    const marks = {
      labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' },
      annotations: {
        'fairlead.dev/policy': 'minor',
        'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:prod/web',
      },
    }
    const primary = readWorkload(deployment({ metadata: { ...marks, ownerReferences: [controller] } }))
    expect(primary).toMatchObject({ isPrimary: true, labels: {}, annotations: {} })
    const own = readWorkload(deployment({ metadata: { ...marks, ownerReferences: [{ ...controller, kind: 'Shop' }] } }))
    expect(own.isPrimary).toBeUndefined()
    expect(own.annotations).toEqual(marks.annotations)
  })
})

describe('the node selector by which Flagger scales a DaemonSet to zero', () => {
  const withSelector = (nodeSelector?: object) => ({ spec: { containers: [], ...(nodeSelector && { nodeSelector }) } })
  const zero = { 'flagger.app/scale-to-zero': 'true' }

  it.each<[what: string, scaled: object, before: object]>([
    ['is no new template', withSelector(zero), withSelector()],
    ['beside others is none, either', withSelector({ disk: 'ssd', ...zero }), withSelector({ disk: 'ssd' })],
  ])('%s', (_, scaled, before) => expect(templateRevision(scaled)).toBe(templateRevision(before)))

  it('does not hide that another one has changed', () => {
    expect(templateRevision(withSelector({ disk: 'ssd', ...zero }))).not.toBe(
      templateRevision(withSelector({ disk: 'hdd', ...zero })),
    )
  })
})

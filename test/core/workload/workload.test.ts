import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { withInherited } from '../../../src/core/workload/inherited.ts'
import { decidePhase } from '../../../src/core/workload/phase.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { daemonSet, deployment, statefulSet, template } from './sample.ts'

describe('a workload is read', () => {
  it('with what identifies it', () => {
    expect(readWorkload(deployment())).toMatchObject({
      kind: 'Deployment',
      namespace: 'prod',
      name: 'web',
      uid: 'uid-web',
      generation: 1,
      observedGeneration: 1,
      wanted: 3,
      version: '1.4.2',
    })
  })

  it.each([
    ['a Deployment', deployment(), '1'],
    ['a StatefulSet', statefulSet(), 'web-a'],
    ['a DaemonSet', daemonSet({ metadata: { generation: 4 } }), '4'],
  ])("with the controller's own revision of %s", (_, object, expected) => {
    expect(readWorkload(object).controllerRevision).toBe(expected)
  })

  it('with the number of nodes wanted by a DaemonSet', () => {
    expect(readWorkload(daemonSet({ spec: { replicas: 9 } })).wanted).toBe(3)
  })

  it('with the labels and annotations that are needed, and no others', () => {
    const workload = readWorkload(
      deployment({
        metadata: {
          labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps', team: 'a', cost: 'b' },
          annotations: { 'fairlead.dev/policy': 'minor', 'headwind.sh/policy': 'all', other: 'x' },
        },
      }),
      new Set(['team']),
    )
    expect(workload.labels).toEqual({ 'kustomize.toolkit.fluxcd.io/name': 'apps', team: 'a' })
    expect(workload.annotations).toEqual({ 'fairlead.dev/policy': 'minor', 'headwind.sh/policy': 'all' })
  })

  it('with running containers before init containers', () => {
    const spec = { containers: [{ name: 'app', image: 'web:1' }], initContainers: [{ name: 'wait', image: 'busybox' }] }
    expect(readWorkload(deployment({ spec: { template: { spec } } })).containers).toEqual([
      { name: 'app', image: 'web:1', init: false },
      { name: 'wait', image: 'busybox', init: true },
    ])
  })
})

describe('the version comes from', () => {
  const containers = [
    { name: 'proxy', image: 'envoy:1.30.1' },
    { name: 'web', image: 'web:2.0.0' },
  ]
  const label = { 'app.kubernetes.io/version': '2.0' }

  it.each([
    ['the container named like the workload', { template: { spec: { containers } } }, {}, '2.0.0'],
    ['the first container otherwise', { template: { spec: { containers } } }, { name: 'api' }, '1.30.1'],
    ['never an init container', { template: { spec: { initContainers: containers } } }, {}, ''],
    ['the label of the workload', { template: { spec: { containers } } }, { labels: label }, '2.0'],
    ['the label of the template', { template: { metadata: { labels: label }, spec: { containers } } }, {}, '2.0'],
  ])('%s', (_, spec, metadata, expected) => {
    expect(readWorkload(deployment({ spec, metadata })).version).toBe(expected)
  })
})

describe('the revision', () => {
  it('stays through scaling, labels of the workload and status', () => {
    const changed = deployment({ spec: { replicas: 9 }, metadata: { labels: { a: 'b' } }, status: { replicas: 1 } })
    expect(readWorkload(changed).revision).toBe(readWorkload(deployment()).revision)
  })

  it('moves with an annotation that kubectl rollout restart writes', () => {
    const restarted = { ...template('ghcr.io/acme/web:1.4.2'), metadata: { annotations: { restartedAt: 'now' } } }
    const workload = readWorkload(deployment({ spec: { template: restarted } }))
    expect(workload.revision).not.toBe(readWorkload(deployment()).revision)
    expect(workload.version).toBe('1.4.2')
  })
})

describe('policy annotations of what a workload belongs to', () => {
  const own = readWorkload(deployment({ metadata: { name: 'web', annotations: { 'fairlead.dev/policy': 'minor' } } }))
  const [container] = own.containers.map(({ name }) => name)

  it.each([
    ['are taken where it has none itself', { 'fairlead.dev/hold': 'audit' }, { 'fairlead.dev/hold': 'audit' }],
    ['lose to its own', { 'fairlead.dev/policy': 'all' }, {}],
    [
      'for one of its containers are taken',
      { [`fairlead.dev/hold.${container}`]: 'x' },
      { [`fairlead.dev/hold.${container}`]: 'x' },
    ],
    ['for a container that it does not have are about another', { 'fairlead.dev/policy.other': 'all' }, {}],
    ['of other tools are none', { 'example.com/policy': 'all', 'kubectl.kubernetes.io/x': 'y' }, {}],
  ])('%s', (_, annotations, added) => {
    expect(withInherited(own, annotations).annotations).toEqual({ ...added, 'fairlead.dev/policy': 'minor' })
  })
})

describe('absurd input', () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":"x"}')
  it.each<[string, unknown]>([
    ['no status', { ...deployment(), status: undefined }],
    ['no spec', { ...deployment(), spec: null }],
    ['a list as spec', { ...deployment(), spec: [], status: 'gone' }],
    ['negative replicas', deployment({ spec: { replicas: -3 } })],
    ['containers that are no list', deployment({ spec: { template: { spec: { containers: { name: 'x' } } } } })],
    ['containers that are null', deployment({ spec: { template: { spec: { containers: [null, 7] } } } })],
    ['conditions that are null', deployment({ status: { conditions: [null] } })],
    ['prototype keys', deployment({ metadata: { labels: hostile, annotations: hostile } })],
    ['no metadata', { apiVersion: 'apps/v1', kind: 'Deployment' }],
  ])('with %s is read', (_, object) => {
    expect(() => decidePhase(readWorkload(object as KubernetesObject))).not.toThrow()
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })

  it('reads quoted numbers as numbers and negative ones as zero', () => {
    const workload = readWorkload(deployment({ spec: { replicas: '5' }, status: { updatedReplicas: -1 } }))
    expect([workload.wanted, workload.counters.updated]).toEqual([5, 0])
  })

  it('of any shape never throws', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet', 'Job'),
        fc.jsonValue(),
        fc.jsonValue(),
        (kind, spec, status) => {
          const metadata = { name: 'x', namespace: 'y', generation: 1 }
          const phase = decidePhase(readWorkload({ apiVersion: 'apps/v1', kind, metadata, spec, status }))
          return ['rolling_out', 'success', 'failed'].includes(phase.phase)
        },
      ),
    )
  })
})

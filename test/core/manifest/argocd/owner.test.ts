import { describe, expect, test } from 'vitest'
import { nominatedApplication, proveManaged, type TrackedObject } from '../../../../src/core/manifest/argocd/owner.ts'
import { readApplication } from '../../../../src/core/sync/argo-application.ts'
import { refusalOf } from '../folder.ts'

const web: TrackedObject = {
  group: 'apps',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'web',
  labels: {},
  annotations: {},
}
const tracked = (id: string) => ({ ...web, annotations: { 'argocd.argoproj.io/tracking-id': id } })
const instance = { 'app.kubernetes.io/instance': 'label' }

describe('a workload names its Application', () => {
  const rows: [says: string, object: TrackedObject, expected: object | undefined][] = [
    ['by its annotation', tracked('web:apps/Deployment:shop/web'), { namespace: '', name: 'web' }],
    ['in another namespace', tracked('team-a_web:apps/Deployment:shop/web'), { namespace: 'team-a', name: 'web' }],
    ['by its label', { ...web, labels: instance }, { namespace: '', name: 'label' }],
    [
      'by its annotation first',
      { ...tracked('web:apps/Deployment:shop/web'), labels: instance },
      { namespace: '', name: 'web' },
    ],
    ['not by an annotation of another object', tracked('web:apps/Deployment:shop/api'), undefined],
    ['nor of another namespace', { ...tracked('web:apps/Deployment:dev/web'), labels: instance }, undefined],
    ['nor of another kind', tracked('web:apps/ReplicaSet:shop/web'), undefined],
    ['nor by a broken one', tracked('web'), undefined],
    ['nor by nothing', web, undefined],
  ]
  test.each(rows)('%s', (_, object, expected) => {
    expect(nominatedApplication(object)).toEqual(expected)
  })
})

describe('an Application is proved to manage a workload', () => {
  const application = (spec: object, status: object) =>
    readApplication({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web', namespace: 'argocd' },
      spec: { destination: { name: 'in-cluster' }, ...spec },
      status,
    })
  const listed = {
    sync: { status: 'Synced' },
    resources: [{ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }],
  }
  const nominated = { namespace: '', name: 'web' }

  test('by its list of resources', () => {
    const found = application({}, listed)
    expect(proveManaged(web, nominated, found)).toBe(found)
  })

  const refusals: [says: string, code: string, found: ReturnType<typeof application> | undefined][] = [
    ['it cannot be read', 'OwnerElsewhere', undefined],
    ['it applies to another cluster', 'OwnerElsewhere', application({ destination: { name: 'prod' } }, listed)],
    [
      'it lists other objects',
      'NotOwned',
      application({}, { ...listed, resources: [{ ...listed.resources[0], name: 'api' }] }),
    ],
    ['it was never compared', 'OwnerNotReady', application({}, { sync: { status: 'Unknown' } })],
  ]
  test.each(refusals)('not when %s: %s', (_, code, found) => {
    expect(refusalOf(() => proveManaged(web, nominated, found))?.code).toBe(code)
  })
})

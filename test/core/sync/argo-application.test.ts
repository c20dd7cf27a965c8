import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { argoResourceId, readApplication } from '../../../src/core/sync/argo-application.ts'

function application(spec: unknown, status: unknown = {}, more: object = {}): KubernetesObject {
  const metadata = { name: 'web', namespace: 'argocd' }
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata,
    spec,
    status,
    ...more,
  } as KubernetesObject
}

const source = { repoURL: 'https://git.example/acme/gitops', path: './apps/web/', targetRevision: 'main' }
const read = { repoUrl: source.repoURL, path: 'apps/web', targetRevision: 'main', chart: '', ref: '' }

describe('an Application is read', () => {
  test('with its project, owner and resources', () => {
    const resources = [{ group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'shop', name: 'web' }]
    const owned = application({ source }, { resources, sync: { status: 'OutOfSync' } })
    owned.metadata.ownerReferences = [{ apiVersion: 'x', kind: 'ApplicationSet', name: 'apps', uid: '1' }]
    const found = readApplication(owned)
    expect(found).toMatchObject({ namespace: 'argocd', name: 'web', project: 'default', applicationSet: 'apps' })
    const id = argoResourceId({ group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' })
    expect([...found.resources]).toEqual([id])
    expect(found.isCompared).toBe(true)
  })

  const sources: [says: string, spec: object, expected: object[]][] = [
    ['one source', { source }, [read]],
    ['several, which win', { source, sources: [{ ...source, ref: 'x' }] }, [{ ...read, ref: 'x' }]],
    ['no list is as good as none', { source, sources: [] }, [read]],
    [
      'a chart',
      { source: { repoURL: 'r', chart: 'web' } },
      [{ repoUrl: 'r', path: '', targetRevision: '', chart: 'web', ref: '' }],
    ],
    [
      'only the dry source of a hydrator',
      { source: {}, sourceHydrator: { drySource: source, syncSource: {} } },
      [read],
    ],
  ]
  test.each(sources)('%s', (_, spec, expected) => {
    expect(readApplication(application(spec)).sources).toEqual(expected)
  })

  const destinations: [destination: object, isInCluster: boolean][] = [
    [{ server: 'https://kubernetes.default.svc' }, true],
    [{ server: 'https://kubernetes.default.svc/' }, true],
    [{ name: 'in-cluster' }, true],
    [{ name: 'prod-eu' }, false],
    [{ server: 'https://10.0.0.1:6443' }, false],
    [{ server: 'https://kubernetes.default.svc.evil.example' }, false],
    [{}, false],
  ]
  test.each(destinations)('destination %j is in the cluster: %s', (destination, isInCluster) => {
    expect(readApplication(application({ destination })).destination.isInCluster).toBe(isInCluster)
  })

  const settled: [says: string, status: object, more: object, isSettled: boolean][] = [
    ['synced', { sync: { status: 'Synced' } }, {}, true],
    ['out of sync', { sync: { status: 'OutOfSync' } }, {}, false],
    ['never compared', {}, {}, false],
    ['an operation is asked for', { sync: { status: 'Synced' } }, { operation: {} }, false],
    ['an operation runs', { sync: { status: 'Synced' }, operationState: { phase: 'Running' } }, {}, false],
    [
      'it waits for a retry',
      { sync: { status: 'Synced' }, operationState: { phase: 'Running', finishedAt: 'x' } },
      {},
      false,
    ],
    ['the last operation failed', { sync: { status: 'Synced' }, operationState: { phase: 'Failed' } }, {}, true],
  ]
  test.each(settled)('settled when %s', (_, status, more, isSettled) => {
    expect(readApplication(application({ source }, status, more)).isSettled).toBe(isSettled)
  })

  test('whatever its fields hold', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (spec, status) => {
        const found = readApplication(application({ destination: spec, sources: spec, source: spec }, status))
        expect(typeof found.project).toBe('string')
      }),
    )
  })
})

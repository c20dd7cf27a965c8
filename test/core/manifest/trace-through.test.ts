import { describe, expect, test } from 'vitest'
import type { GitBranch, KustomizationApplier } from '../../../src/core/manifest/applier.ts'
import { planThrough, traceThrough, withBranchSnapshot } from '../../../src/core/manifest/trace-through.ts'
import { deployment, folder, refusalOf } from './folder.ts'

const query = { kind: 'Deployment', namespace: 'prod', name: 'web' }
const branch: GitBranch = {
  repository: 'https://git.example/acme/gitops',
  name: 'main',
  snapshot: folder({ 'apps/web.yaml': deployment('web', 'app:1', 'prod') }),
}
const applier: KustomizationApplier = {
  kind: 'Kustomization',
  namespace: 'flux-system',
  name: 'apps',
  folder: { branch, path: 'apps' },
  alters: [],
}

describe('traceThrough', () => {
  test('finds the slot, its branch and the change', () => {
    const traced = traceThrough(applier, query)
    expect([traced.file, traced.keyPath, traced.branch.name]).toEqual([
      'apps/web.yaml',
      '0:spec.template.spec.containers[0].image',
      'main',
    ])
    expect(planThrough(traced, 'app:2').map(({ after }) => after)).toEqual([deployment('web', 'app:2', 'prod')])
    expect(planThrough(traced, 'app:1')).toEqual([])
  })

  test('the namespace may come from the Kustomization', () => {
    const elsewhere = { ...query, namespace: 'other' }
    expect(refusalOf(() => traceThrough(applier, elsewhere))?.code).toBe('NotTraced')
    expect(traceThrough({ ...applier, targetNamespace: 'other' }, elsewhere).image).toBe('app:1')
  })
})

describe('withBranchSnapshot', () => {
  const edited = folder({})
  const other = { ...branch, name: 'other' }

  test('takes the place of the branch wherever it occurs, and of no other', () => {
    const chain: KustomizationApplier = {
      ...applier,
      declaredBy: {
        kind: 'Application',
        namespace: 'argocd',
        name: 'all',
        sources: [branch, undefined, other],
        isSettled: true,
        declaredBy: {
          kind: 'HelmRelease',
          namespace: 'x',
          name: 'y',
          chart: { branch, path: 'chart' },
          isSettled: true,
        },
      },
    }
    const after = withBranchSnapshot(chain, { ...branch, snapshot: folder({}) }, edited)
    const json = JSON.stringify(after, (key, value) => (key === 'snapshot' ? value === edited : value))
    expect(json.match(/"snapshot":true/g)).toHaveLength(3)
    expect(json.match(/"snapshot":false/g)).toHaveLength(1)
  })
})

import { expect, test } from 'vitest'
import type {
  ApplicationApplier,
  HelmReleaseApplier,
  KustomizationApplier,
} from '../../../../src/core/manifest/applier.ts'
import { planThrough, traceThrough } from '../../../../src/core/manifest/trace-through.ts'
import { folder, refusalOf } from '../folder.ts'

const query = { kind: 'HelmRelease', namespace: 'shop', name: 'web', chart: true as const }

function kustomization(files: Record<string, string>): KustomizationApplier {
  const branch = { repository: 'https://git.example/gitops', name: 'main', snapshot: folder(files) }
  return { kind: 'Kustomization', namespace: 'flux-system', name: 'apps', folder: { branch, path: 'prod' }, alters: [] }
}

const applier = (files: Record<string, string>): HelmReleaseApplier => ({
  kind: 'HelmRelease',
  namespace: 'shop',
  name: 'web',
  declaredBy: kustomization(files),
  isSettled: true,
})

const release = (name: string, chart: string, namespace = 'shop') => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: ${name}, namespace: ${namespace}, annotations: {fairlead.dev/chart-policy: minor}}
spec:
  ${chart}
`
const versioned = (version: string) =>
  release('web', `chart: {spec: {chart: web, version: ${version}, sourceRef: {kind: HelmRepository, name: acme}}}`)
const named = (name: string, namespace?: string, of = '') =>
  release(name, `chartRef: {kind: OCIRepository, name: acme${of}}`, namespace)
const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: acme, namespace: shop}
spec: {url: "oci://ghcr.io/acme/web", ref: {tag: 1.4.1}}
`

test('the version of a chart is told like an image, and changed alone', () => {
  const found = traceThrough(applier({ 'prod/web.yaml': versioned('1.4.1') }), query)
  expect(found).toMatchObject({
    image: 'web:1.4.1',
    file: 'prod/web.yaml',
    keyPath: '0:spec.chart.spec.version',
    containers: [{ kind: 'HelmRelease', namespace: 'shop', name: 'web', container: 'chart' }],
    declared: { annotations: { 'fairlead.dev/chart-policy': 'minor' } },
    chart: { name: 'web', source: { kind: 'HelmRepository', namespace: 'shop', name: 'acme' } },
  })
  expect(planThrough(found, 'web:1.5.0+a').map(({ after }) => after)).toEqual([versioned('1.5.0+a')])
  expect(planThrough(found, 'web:1.4.1')).toEqual([])
})

test('a change that would name another chart, or no version, is refused', () => {
  const found = traceThrough(applier({ 'prod/web.yaml': versioned('1.4.1') }), query)
  expect(refusalOf(() => planThrough(found, 'api:1.5.0'))?.code).toBe('NotEditable')
  expect(refusalOf(() => planThrough(found, 'web:latest'))?.code).toBe('UsageInvalid')
})

test('an OCIRepository decides for all releases of the root that name it', () => {
  const files = {
    'prod/source.yaml': source,
    'prod/web.yaml': named('web'),
    'prod/api.yaml': named('api'),
    'prod/far.yaml': named('far', 'elsewhere'),
    'prod/other.yaml': named('other', 'shop', '-two'),
    'staging/web.yaml': named('stage'),
  }
  const found = traceThrough(applier(files), query)
  expect(found.image).toBe('acme:1.4.1')
  expect(found.containers.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['shop/web', 'shop/api'])
})

test('the targetRevision of an Application is one, too', () => {
  const text = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd, annotations: {fairlead.dev/chart-policy: patch}}
spec: {source: {repoURL: ghcr.io/acme/charts, chart: web, targetRevision: 3.1.0}}
`
  const by: ApplicationApplier = {
    kind: 'Application',
    namespace: 'argocd',
    name: 'web',
    sources: [undefined],
    declaredBy: kustomization({ 'prod/web.yaml': text }),
    isSettled: true,
  }
  const found = traceThrough(by, { ...query, kind: 'Application', namespace: 'argocd' })
  expect(found).toMatchObject({
    image: 'web:3.1.0',
    chart: { name: 'web', source: { kind: 'url', url: 'oci://ghcr.io/acme/charts' } },
    containers: [{ kind: 'Application', container: 'chart' }],
    declared: { annotations: { 'fairlead.dev/chart-policy': 'patch' } },
  })
  expect(planThrough(found, 'web:3.2.0')[0]?.after).toBe(text.replace('3.1.0', '3.2.0'))
})

test('a folder deploys no chart', () => {
  expect(refusalOf(() => traceThrough(kustomization({ 'prod/web.yaml': versioned('1.4.1') }), query))?.code).toBe(
    'NotTraced',
  )
})

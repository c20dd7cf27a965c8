import { describe, expect, test } from 'vitest'
import type { HelmReleaseApplier } from '../../../../src/core/manifest/applier.ts'
import { planChartVersion } from '../../../../src/core/manifest/chart/version.ts'
import { traceChartVersion } from '../../../../src/core/manifest/helm/release-chart.ts'
import { folder, refusalOf } from '../folder.ts'

function release(chart: string): string {
  return `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: shop}
spec:
${chart}`
}

function versioned(version: string, kind = 'HelmRepository'): string {
  const source = `sourceRef: {kind: ${kind}, name: acme, namespace: flux-system}`
  return release(`  chart: {spec: {chart: web, version: ${version}, ${source}}}\n`)
}

function oci(ref: string): string {
  const chart = release('  chartRef: {kind: OCIRepository, name: acme}\n')
  return `${chart}---
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: acme, namespace: shop}
spec:
  url: oci://ghcr.io/acme/charts/web
  ref: ${ref}
`
}

function applier(files: Record<string, string>, path = 'prod'): HelmReleaseApplier {
  const branch = { repository: '', name: 'main', snapshot: folder(files) }
  const common = { namespace: 'flux-system', name: 'apps', alters: [] }
  const declaredBy = { kind: 'Kustomization' as const, ...common, folder: { branch, path } }
  return { kind: 'HelmRelease', namespace: 'shop', name: 'web', declaredBy, isSettled: true }
}

describe('what decides the version of a chart', () => {
  test('is the version of the HelmRelease, in the chart repository that it names', () => {
    const found = traceChartVersion(applier({ 'prod/web.yaml': versioned('1.4.1') }))
    expect(found).toMatchObject({
      chart: 'web',
      version: '1.4.1',
      source: { kind: 'HelmRepository', namespace: 'flux-system', name: 'acme' },
      slot: { file: 'prod/web.yaml', fields: [{ role: 'version', keyPath: '0:spec.chart.spec.version', line: 5 }] },
    })
    expect(planChartVersion(found, '1.4.1')).toEqual([])
    expect(planChartVersion(found, '1.5.0').map(({ after }) => after)).toEqual([versioned('1.5.0')])
    expect(refusalOf(() => planChartVersion(found, '1.5'))?.code).toBe('UsageInvalid')
  })

  test('is the patch of an overlay where that has one', () => {
    const patch =
      'kind: HelmRelease\nmetadata: {name: web, namespace: shop}\nspec: {chart: {spec: {version: "2.0.0"}}}\n'
    const found = traceChartVersion(
      applier({
        'base/kustomization.yaml': 'resources: [web.yaml]\n',
        'base/web.yaml': versioned('1.4.1'),
        'prod/kustomization.yaml': 'resources: [../base]\npatches: [{path: patch.yaml}]\n',
        'prod/patch.yaml': patch,
      }),
    )
    expect([found.version, found.where]).toEqual(['2.0.0', 'prod/patch.yaml:3'])
  })

  test('is the tag of the OCIRepository that the HelmRelease names', () => {
    const found = traceChartVersion(applier({ 'prod/web.yaml': oci('{tag: 1.4.1}') }))
    expect(found).toMatchObject({
      version: '1.4.1',
      source: { kind: 'OCIRepository', namespace: 'shop', name: 'acme' },
      slot: { fields: [{ role: 'version', keyPath: '1:spec.ref.tag' }] },
    })
  })

  const base = { 'base/kustomization.yaml': 'resources: [web.yaml]\n', 'base/web.yaml': versioned('1.4.1') }
  const root = 'resources: [../base]\n'
  test.each<[why: string, files: Record<string, string>, code: string, words: string]>([
    ['a range', { 'prod/web.yaml': versioned('1.x') }, 'PinnedRevision', 'prod/web.yaml:5'],
    ['a comparison', { 'prod/web.yaml': versioned('">=1.0.0"') }, 'PinnedRevision', 'chooses by itself'],
    ['a version of two numbers, which is a range', { 'prod/web.yaml': versioned('1.4') }, 'PinnedRevision', '"1.4"'],
    ['no version', { 'prod/web.yaml': versioned('""') }, 'PinnedRevision', 'no chart version'],
    ['a placeholder', { 'prod/web.yaml': versioned('"$(v)"') }, 'Templated', 'prod/web.yaml:5'],
    ['a chart in Git', { 'prod/web.yaml': versioned('1.4.1', 'GitRepository') }, 'NotTraced', 'GitRepository'],
    [
      'a range of an OCIRepository',
      { 'prod/web.yaml': oci('{semver: 1.x, tag: 1.4.1}') },
      'PinnedRevision',
      'semver 1.x',
    ],
    [
      'an alias',
      { 'prod/web.yaml': versioned('*v').replace('spec:', 'spec:\n  interval: &v 1.4.1') },
      'NotEditable',
      'alias *v',
    ],
    [
      'a release that another root deploys too',
      { ...base, 'prod/kustomization.yaml': root, 'staging/kustomization.yaml': root },
      'SharedBase',
      'staging/kustomization.yaml',
    ],
  ])('%s is refused', (_, files, code, words) => {
    const refusal = refusalOf(() => traceChartVersion(applier(files)))
    expect(refusal?.code).toBe(code)
    expect(`${refusal?.message} ${refusal?.evidence.join()}`).toContain(words)
  })
})

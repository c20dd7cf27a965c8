import { expect, test } from 'vitest'
import { chartSubject } from '../../../src/core/manifest/update-subject.ts'
import { readApplication } from '../../../src/core/sync/argo-application.ts'
import { readHelmRepository } from '../../../src/core/sync/flux-chart.ts'
import { readHelmRelease } from '../../../src/core/sync/flux-object.ts'

const repository = readHelmRepository({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'HelmRepository',
  metadata: { name: 'charts', namespace: 'flux-system' },
  spec: { url: 'https://charts.example.com' },
})
const sources = {
  address: (kind: string, key: string) =>
    kind === 'HelmRepository' && key === `${repository.namespace}/${repository.name}`
      ? repository.url
      : kind === 'OCIRepository' && key === 'prod/podinfo'
        ? 'oci://ghcr.io/acme/podinfo'
        : undefined,
}

const subjectOf = (spec: object, annotations: Record<string, string> = {}) =>
  chartSubject(
    readHelmRelease({
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'web', namespace: 'prod', uid: 'u', labels: { team: 'a' }, annotations },
      spec,
    }),
    sources,
  )

const from = (sourceRef: object) => ({ chart: { spec: { chart: 'podinfo', version: '6.5.4', sourceRef } } })

test('a release of a chart repository has its chart for a container', () => {
  const subject = subjectOf(from({ kind: 'HelmRepository', name: 'charts', namespace: 'flux-system' }))
  expect(subject).toMatchObject({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    labels: { team: 'a' },
    containers: [{ name: 'chart', image: 'podinfo:6.5.4' }],
    chart: { place: { registry: 'https://charts.example.com', repository: 'podinfo' } },
  })
})

test('a release of an OCIRepository is named after that, and its version is not its own', () => {
  expect(subjectOf({ chartRef: { kind: 'OCIRepository', name: 'podinfo' } })).toMatchObject({
    containers: [{ name: 'chart', image: 'podinfo' }],
    chart: { place: { registry: 'oci://ghcr.io', repository: 'acme/podinfo' } },
  })
})

test('a source that is not there lists nothing', () => {
  expect(subjectOf(from({ kind: 'HelmRepository', name: 'charts' }))?.chart).toEqual({ place: undefined })
})

test('an Application has the chart of its source that is one', () => {
  const application = (spec: object) =>
    readApplication({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: { name: 'web', namespace: 'argocd' },
      spec,
    })
  const git = { repoURL: 'https://git.example.com/gitops', ref: 'values' }
  const chart = { repoURL: 'ghcr.io/acme/charts', chart: 'podinfo', targetRevision: '6.5.4' }
  expect(chartSubject(application({ sources: [git, chart] }), sources)).toMatchObject({
    group: 'argoproj.io',
    kind: 'Application',
    containers: [{ name: 'chart', image: 'podinfo:6.5.4' }],
    chart: { place: { registry: 'oci://ghcr.io', repository: 'acme/charts/podinfo' } },
  })
  expect(chartSubject(application({ source: git }), sources)).toBeUndefined()
})

test.each(['GitRepository', 'Bucket'])('a chart from a %s has no versions to choose from', (kind) => {
  expect(subjectOf(from({ kind, name: 'charts' }))).toBeUndefined()
})

test('annotations for containers of its workloads are not about the chart', () => {
  const annotations = {
    'fairlead.dev/chart-policy': 'minor',
    'fairlead.dev/hold.app': 'x',
    'fairlead.dev/hold.chart': 'y',
    'helm.sh/x': 'z',
  }
  const subject = subjectOf(from({ kind: 'HelmRepository', name: 'charts' }), annotations)
  expect(Object.keys(subject?.annotations ?? {})).toEqual(['fairlead.dev/chart-policy', 'fairlead.dev/hold.chart'])
})

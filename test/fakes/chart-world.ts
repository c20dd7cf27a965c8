import { type Resource, resources } from '../../src/api/kubernetes.ts'
import { createFakeWorld, type FakeWorld } from './world.ts'

export const repositoryUrl = 'https://charts.example.com'
export const ociUrl = 'oci://ghcr.io/acme/charts'

const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
export const freely = { 'fairlead.dev/chart-policy': 'minor', 'fairlead.dev/require-approval': 'false' }

/** A world whose Kustomization applies HelmReleases, too. */
export interface ChartWorld extends FakeWorld {
  /** What a HelmRepository with an index lists. */
  publish(versions: readonly string[]): void
  /** Puts a HelmRelease in Git and, as Flux would, into the cluster and the inventory. */
  release(name: string, version: string, annotations?: Record<string, string>, repository?: string): void
  /** A HelmRelease whose chart is the OCIRepository `podinfo`, which stands in a file of its own. */
  releaseOf(name: string, tag: string, annotations?: Record<string, string>): void
  /** The live release changes, as when Flux applies another manifest or has released it. */
  change(name: string, fields: { spec?: object; status?: object }): void
  generationOf(name: string): number
}

export function releaseManifest(
  name: string,
  version: string,
  annotations: Record<string, string>,
  repository = 'charts',
): string {
  return manifest(name, annotations, {
    yaml: `  chart:
    spec:
      chart: podinfo
      version: ${version} # kept by fairlead
      sourceRef: {kind: HelmRepository, name: ${repository}, namespace: flux-system}
`,
  })
}

function manifest(name: string, annotations: Record<string, string>, { yaml }: { yaml: string }): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
  return `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${name}
  namespace: prod
${lines.length === 0 ? '' : `  annotations:\n${lines.join('')}`}spec:
  interval: 10m
${yaml}`
}

export function createChartWorld(): ChartWorld {
  const world = createFakeWorld()
  const { objects } = world.cluster
  const put = (resource: Resource, name: string, namespace: string, spec: object, metadata: object = {}) => {
    objects.create(resource, {
      apiVersion: `${resource.group}/${resource.version}`,
      kind: resource.kind,
      metadata: { name, namespace, ...metadata },
      spec,
    })
  }
  const live = (name: string, annotations: Record<string, string>, spec: object) => {
    put(resources.helmRelease, name, 'prod', spec, { labels: flux, annotations, generation: 1 })
    world.own(`prod_${name}_helm.toolkit.fluxcd.io_HelmRelease`)
  }
  put(resources.helmRepository, 'charts', 'flux-system', { url: repositoryUrl })
  put(resources.helmRepository, 'oci', 'flux-system', { url: ociUrl, type: 'oci' })

  return {
    ...world,
    publish: (versions) => world.charts.publish({ type: 'http', url: repositoryUrl, chart: 'podinfo' }, versions),
    release(name, version, annotations = freely, repository = 'charts') {
      const text = releaseManifest(name, version, annotations, repository)
      world.git.commit('main', { [`apps/${name}.yaml`]: text }, `Add ${name}`)
      const sourceRef = { kind: 'HelmRepository', name: repository, namespace: 'flux-system' }
      live(name, annotations, { chart: { spec: { chart: 'podinfo', version, sourceRef } } })
    },
    releaseOf(name, tag, annotations = freely) {
      const yaml = '  chartRef: {kind: OCIRepository, name: podinfo}\n'
      const source = `apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: {name: podinfo, namespace: prod}
spec:
  url: ${ociUrl}/podinfo
  ref:
    tag: ${tag}
`
      const text = manifest(name, annotations, { yaml })
      world.git.commit('main', { [`apps/${name}.yaml`]: text, 'apps/chart.yaml': source }, `Add ${name}`)
      if (objects.get(resources.ociRepository, 'prod', 'podinfo') === undefined) {
        put(resources.ociRepository, 'podinfo', 'prod', { url: `${ociUrl}/podinfo`, ref: { tag } })
      }
      live(name, annotations, { chartRef: { kind: 'OCIRepository', name: 'podinfo' } })
    },
    generationOf: (name) => objects.get(resources.helmRelease, 'prod', name)?.metadata.generation ?? 0,
    change(name, fields) {
      const release = objects.get(resources.helmRelease, 'prod', name)
      if (release === undefined) throw new Error(`no HelmRelease ${name}`)
      const { spec, status } = fields
      if (spec !== undefined) objects.update(resources.helmRelease, { ...release, spec }, 'object')
      const newest = objects.get(resources.helmRelease, 'prod', name) ?? release
      if (status !== undefined) objects.update(resources.helmRelease, { ...newest, status }, 'status')
    },
  }
}

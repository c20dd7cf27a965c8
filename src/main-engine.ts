import { type KubernetesObject, resources } from './api/kubernetes.ts'
import type { ChartSourceObjects } from './core/manifest/chart/listing.ts'
import type { Applied, EngineObjects, Nomination } from './core/manifest/origin.ts'
import { type ArgoApplication, readApplication } from './core/sync/argo-application.ts'
import { type ArgoImageUpdater, readImageUpdater } from './core/sync/argo-image-updater.ts'
import { type FluxHelmRepository, readHelmRepository } from './core/sync/flux-chart.ts'
import {
  type FluxImageAutomation,
  type FluxImagePolicy,
  readImageAutomation,
  readImagePolicy,
} from './core/sync/flux-image.ts'
import {
  type FluxHelmRelease,
  type FluxKustomization,
  type FluxSource,
  readHelmRelease,
  readKustomization,
  readOciSource,
  readSource,
} from './core/sync/flux-object.ts'
import { field, list, text } from './core/workload/field.ts'
import type { Cluster } from './ports.ts'
import { createStore, type Store, type StoreOptions } from './runtime/store.ts'

/** The objects of Flux and Argo CD, one store per kind; kinds that are not installed have none. */
export interface EngineStores {
  kustomizations: Store<FluxKustomization>
  sources: Store<FluxSource>
  ociSources: Store<FluxSource>
  helmReleases: Store<FluxHelmRelease>
  helmRepositories: Store<FluxHelmRepository>
  applications: Store<ArgoApplication>
  imagePolicies: Store<FluxImagePolicy>
  imageAutomations: Store<FluxImageAutomation>
  imageUpdaters: Store<ArgoImageUpdater>
  objects: EngineObjects
  chartSources: ChartSourceObjects
  /** Annotations of the release or Application that a workload names as its own. */
  annotationsOf(nomination: Nomination | undefined): Readonly<Record<string, string>>
  all(): readonly Store<object>[]
}

export function createEngineStores(engine: Cluster, options: StoreOptions): EngineStores {
  const kustomizations = createStore(engine, resources.kustomization, readKustomization, options)
  const sources = createStore(engine, resources.gitRepository, readSource, options)
  const ociSources = createStore(engine, resources.ociRepository, readOciSource, options)
  const helmReleases = createStore(engine, resources.helmRelease, readHelmRelease, options)
  const helmRepositories = createStore(engine, resources.helmRepository, readHelmRepository, options)
  const imagePolicies = createStore(engine, resources.imagePolicy, readImagePolicy, options)
  const imageAutomations = createStore(engine, resources.imageUpdateAutomation, readImageAutomation, options)
  const applications = createStore(engine, resources.application, readApplication, options)
  const applicationSets = createStore(engine, resources.applicationSet, readApplied, options)
  const projects = createStore(engine, resources.appProject, readProject, options)
  const imageUpdaters = createStore(engine, resources.imageUpdater, readImageUpdater, options)
  applications.addIndex('name', ({ name }) => [name])
  const named = (name: string) => applications.byIndex('name', name)
  const flux = { kustomizations, sources, ociSources, helmReleases, helmRepositories, imagePolicies, imageAutomations }
  return {
    ...flux,
    applications,
    imageUpdaters,
    objects: {
      kustomization: (key) => kustomizations.get(key),
      kustomizations: () => kustomizations.values(),
      helmRelease: (key) => helmReleases.get(key),
      source: (kind, key) => (kind === 'OCIRepository' ? ociSources : sources).get(key),
      applications: named,
      allApplications: () => applications.values(),
      applicationSet: (key) => applicationSets.get(key),
      demandsSignatures: (key) => projects.get(key)?.demandsSignatures === true,
    },
    chartSources: {
      address: (kind, key) =>
        kind === 'HelmRepository' ? helmRepositories.get(key)?.url : text(ociSources.get(key)?.object.spec, 'url'),
    },
    annotationsOf(nomination) {
      if (nomination === undefined) return {}
      const { kind, namespace, name } = nomination
      const found =
        kind === 'HelmRelease'
          ? helmReleases.get(`${namespace}/${name}`)
          : named(name).find((one) => kind === 'Application' && (namespace === '' || one.namespace === namespace))
      return found?.object.metadata.annotations ?? {}
    },
    all: () => [...Object.values(flux), applications, applicationSets, projects, imageUpdaters],
  }
}

function readApplied({ apiVersion, kind, metadata }: KubernetesObject): Applied {
  const { name, namespace = '', labels = {}, annotations = {} } = metadata
  const [group = ''] = apiVersion.split('/')
  return { group, kind, namespace, name, labels, annotations }
}

function readProject({ spec }: KubernetesObject): { demandsSignatures: boolean } {
  return { demandsSignatures: list(field(spec, 'signatureKeys')).length > 0 }
}

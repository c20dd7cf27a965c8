import type { GitBranch, KustomizationApplier } from '../../src/core/manifest/applier.ts'
import { traceThrough } from '../../src/core/manifest/trace-through.ts'
import type { BenchRow } from './row.ts'
import { round } from './row.ts'

const applications = 500
const aimMs = 2_000

/** How long it takes to trace every workload of a large repository of overlays for the first time. */
export async function traceRows(): Promise<BenchRow[]> {
  return [throughKustomizations(), inOneRoot()]
}

/** Each application has a base, two overlays and a Flux Kustomization: ten files. */
function throughKustomizations(): BenchRow {
  const texts = new Map(Array.from({ length: applications }, (_, index) => [...filesOf(index)]).flat())
  const branch = branchOf(texts)
  const cluster = applierOf('flux-system', 'clusters/prod', branch)
  const traced = timed(() => {
    for (let index = 0; index < applications; index += 1) {
      const folder = applierOf(`web-${index}`, `apps/web-${index}/prod`, branch)
      const alters = alteredBy(index)
      check(index, { ...folder, alters, ...(alters.length > 0 ? { declaredBy: cluster } : {}) })
    }
  })
  return {
    row: `trace ${applications} workloads through ${applications} Kustomizations in ${texts.size} files`,
    aim: `at most ${aimMs} ms cold`,
    met: traced <= aimMs,
    result: { totalMs: traced, perWorkloadMs: round(traced / applications, 2) },
  }
}

/** One Kustomization for all of them. */
function inOneRoot(): BenchRow {
  const all = Array.from({ length: applications }, (_, index) => [...filesOf(index)]).flat()
  const texts = new Map(all.filter(([file]) => !file.startsWith('clusters/')))
  const resources = Array.from({ length: applications }, (_, index) => `- ../apps/web-${index}/prod`).join('\n')
  texts.set('all/kustomization.yaml', `resources:\n${resources}\n`)
  const applier = applierOf('all', 'all', branchOf(texts))
  const traced = timed(() => {
    for (let index = 0; index < applications; index += 1) if (alteredBy(index).length === 0) check(index, applier)
  })
  return {
    row: `trace the workloads of one root that includes ${applications} overlays, ${texts.size} files`,
    aim: `at most ${aimMs} ms cold`,
    met: traced <= aimMs,
    result: { totalMs: traced },
  }
}

function check(index: number, applier: KustomizationApplier): void {
  const query = { kind: 'Deployment', namespace: 'prod', name: `web-${index}`, container: 'web' }
  const { image } = traceThrough(applier, query)
  if (image !== 'ghcr.io/acme/web:1.4.1') throw new Error(`web-${index} was traced to ${image}`)
}

function timed(run: () => void): number {
  const started = performance.now()
  run()
  return round(performance.now() - started, 2)
}

/** A fifth each: the Kustomization's images, a variable; the others are decided in their folder. */
function alteredBy(index: number): string[] {
  return [['images'], ['postBuild'], [], [], []][index % 5] ?? []
}

function filesOf(index: number): Map<string, string> {
  const name = `web-${index}`
  const app = `apps/${name}`
  const written = index % 5 === 1 ? `\${${name.replace('-', '_')}_tag}` : '1.0.0'
  const overlays = ['prod', 'dev'].flatMap((stage): [string, string][] => [
    [`${app}/${stage}/kustomization.yaml`, kustomization(index, stage)],
    [`${app}/${stage}/patch.yaml`, patch(name, index)],
  ])
  return new Map([
    [`${app}/base/kustomization.yaml`, 'resources: [deployment.yaml, service.yaml, account.yaml, config.yaml]\n'],
    [`${app}/base/deployment.yaml`, deployment(name, written)],
    [
      `${app}/base/service.yaml`,
      `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {selector: {app: ${name}}}\n`,
    ],
    [`${app}/base/account.yaml`, `apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: ${name}}\n`],
    [`${app}/base/config.yaml`, `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {a: b}\n`],
    ...overlays,
    [`clusters/prod/${name}.yaml`, fluxKustomization(name, index)],
  ])
}

function kustomization(index: number, stage: string): string {
  const images = index % 5 === 2 ? 'images:\n- {name: ghcr.io/acme/web, newTag: 1.4.1}\n' : ''
  return `namespace: ${stage}\nresources: [../base]\npatches: [{path: patch.yaml}]\n${images}`
}

function patch(name: string, index: number): string {
  const image = index % 5 > 2 ? ', image: "ghcr.io/acme/web:1.4.1"' : ', imagePullPolicy: Always'
  const spec = `{template: {spec: {containers: [{name: web${image}}]}}}`
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: ${spec}\n`
}

function fluxKustomization(name: string, index: number): string {
  const images = '  images: [{name: ghcr.io/acme/web, newTag: 1.4.1}]\n'
  const variable = `  postBuild: {substitute: {${name.replace('-', '_')}_tag: 1.4.1}}\n`
  const alters = [images, variable, '', '', ''][index % 5] ?? ''
  const head = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n'
  const spec = `  path: ./apps/${name}/prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n`
  return `${head}metadata: {name: ${name}, namespace: flux-system}\nspec:\n${spec}${alters}`
}

function deployment(name: string, tag: string): string {
  const environment = Array.from({ length: 30 }, (_, index) => `        - {name: SETTING_${index}, value: "${index}"}`)
  const head = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec:\n  template:\n    spec:\n`
  const container = `      containers:\n      - name: web\n        image: ghcr.io/acme/web:${tag}\n        env:\n`
  return `${head}${container}${environment.join('\n')}\n`
}

function applierOf(name: string, path: string, branch: GitBranch): KustomizationApplier {
  return { kind: 'Kustomization', namespace: 'flux-system', name, folder: { branch, path }, alters: [] }
}

function branchOf(texts: ReadonlyMap<string, string>): GitBranch {
  const snapshot = {
    revision: '',
    paths: [...texts.keys()].sort(),
    text: (path: string) => texts.get(path),
    mode: (path: string) => (texts.has(path) ? '100644' : undefined),
  }
  return { repository: 'https://git.example/acme/gitops', name: 'main', snapshot }
}

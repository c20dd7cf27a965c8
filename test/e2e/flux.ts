import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { startComponent } from './component.ts'
import type { ControlPlane, Surroundings } from './control-plane.ts'
import { eventually } from './eventually.ts'
import { conditionOf, type Kubernetes, parseObjects, valueAt } from './kubernetes.ts'
import { freePort } from './port.ts'

const namespace = 'flux-system'
const sourceApi = 'source.toolkit.fluxcd.io/v1'
const kustomizeApi = 'kustomize.toolkit.fluxcd.io/v1'

export function namespaceObject(name: string): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

/** Applies CRDs and waits until they are served: a controller that starts before its kinds dies. */
export async function applyCrds(kubernetes: Kubernetes, folder: string): Promise<void> {
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.yaml'))) {
    const crds = parseObjects(await readFile(join(folder, file), 'utf8'), file)
    const own = crds.filter((crd) => crd.kind === 'CustomResourceDefinition')
    await kubernetes.apply(...own)
    for (const { apiVersion, kind, metadata } of own) {
      await eventually(`CRD ${metadata.name} is established`, async () => {
        const crd = await kubernetes.get(apiVersion, kind, '', metadata.name)
        return conditionOf(crd, 'Established') === 'True' ? true : undefined
      })
    }
  }
}

/** Flux's source-controller, kustomize-controller and helm-controller. */
export async function startFlux({ bin, dir, components }: Surroundings, plane: ControlPlane): Promise<void> {
  await plane.kubernetes.apply(namespaceObject(namespace))
  await applyCrds(plane.kubernetes, join(bin, 'crds'))
  const storage = `127.0.0.1:${await freePort()}`
  const storagePath = join(dir, 'source')
  await mkdir(storagePath)
  const env = {
    KUBECONFIG: plane.kubeconfig,
    RUNTIME_NAMESPACE: namespace,
    // where the others find source-controller outside a cluster
    SOURCE_CONTROLLER_LOCALHOST: storage,
  }
  const quiet = ['--metrics-addr=127.0.0.1:0', '--health-addr=127.0.0.1:0', '--events-addr=']
  const alone = ['--enable-leader-election=false', '--watch-all-namespaces=true']
  const start = (name: string, args: string[]) =>
    components.push(startComponent({ name, file: join(bin, name), args: [...args, ...quiet, ...alone], env, dir }))
  start('source-controller', [
    ...[`--storage-path=${storagePath}`, `--storage-addr=${storage}`, `--storage-adv-addr=${storage}`],
  ])
  start('kustomize-controller', [])
  start('helm-controller', [])
}

/** One folder of a repository that Flux applies. */
export interface Root {
  name: string
  path: string
  /** How long Flux waits for the health of what it applied, `30s` at least; not at all without it. */
  waits?: string
}

export interface Source {
  name: string
  url: string
  username: string
  password: string
}

/** Tells Flux to follow branch `main` of a repository and to apply the roots. */
export async function declareRoots(kubernetes: Kubernetes, source: Source, roots: readonly Root[]): Promise<void> {
  const { name, url, username, password } = source
  await kubernetes.apply(
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      ...{ stringData: { username, password } },
    },
    {
      apiVersion: sourceApi,
      kind: 'GitRepository',
      metadata: { name, namespace },
      spec: { interval: '2s', url, ref: { branch: 'main' }, secretRef: { name } },
    },
    ...roots.map((root) => ({
      apiVersion: kustomizeApi,
      kind: 'Kustomization',
      metadata: { name: root.name, namespace },
      spec: {
        interval: '1m',
        retryInterval: '5s',
        path: root.path,
        prune: true,
        ...(root.waits !== undefined && { wait: true, timeout: root.waits }),
        sourceRef: { kind: 'GitRepository', name },
      },
    })),
  )
}

/** Commit that Flux applied last for a root, as its status says (`main@sha1:<id>`). */
export async function appliedCommit(kubernetes: Kubernetes, root: string): Promise<string | undefined> {
  const kustomization = await kubernetes.get(kustomizeApi, 'Kustomization', namespace, root)
  const revision = valueAt(kustomization, 'status', 'lastAppliedRevision')
  return typeof revision === 'string' ? revision.replace(/^.*@sha1:/, '') : undefined
}

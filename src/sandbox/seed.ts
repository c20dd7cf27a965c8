import type { GitHost } from './git-host/git-host.ts'
import type { FileChanges } from './git-host/repository.ts'
import type { GitHubSandbox } from './github/github.ts'
import { listAt, textAt } from './json.ts'
import type { SandboxRegistry } from './registry/registry.ts'

/** The parts of a world that a seed needs; see `World` for what they do. */
export interface SeedGround {
  registry: SandboxRegistry
  git: GitHost
  github: GitHubSandbox | undefined
  apply(object: unknown): unknown
  get(kind: string, namespace: string, name: string): unknown
  until<T>(what: string, look: () => T | undefined | false): Promise<T>
}

/** What the demo world begins with. */
export interface DemoSeed {
  repository: typeof repository
  /** Clone address. */
  repositoryUrl: string
  /** Image repositories on the registry, e.g. `127.0.0.1:40000/acme/web`. */
  images: DemoImages
}

type DemoImages = Record<'web' | 'worker' | 'checkout', string>

const repository = 'acme/gitops'

/** Fills the world with a small GitOps repository and waits until Flux has applied it and all pods are ready. */
export async function seedDemo(world: SeedGround): Promise<DemoSeed> {
  const imageOf = (name: string) => `${world.registry.host}/acme/${name}`
  const images = { web: imageOf('web'), worker: imageOf('worker'), checkout: imageOf('checkout') }
  world.registry.push('acme/web', '1.0.0')
  world.registry.push('acme/worker', '2.3.0')
  world.registry.push('acme/checkout', '3.1.0')
  const repositoryUrl = createRepository(world, demoFiles(images))
  for (const object of Object.values(fluxObjects(repositoryUrl))) world.apply(object)
  for (const [namespace, name] of [
    ['shop', 'web'],
    ['shop', 'production-worker'],
    ['shop', 'checkout'],
  ] as const) {
    await world.until(`Deployment/${namespace}/${name} is rolled out`, () => isRolledOut(world, namespace, name))
  }
  const revision = `main@sha1:${world.git.head(repository, 'main')}`
  await world.until('the Kustomization has applied the first commit', () => {
    const kustomization = world.get('Kustomization', 'flux-system', 'apps')
    return textAt(kustomization, 'status', 'lastAppliedRevision') === revision
  })
  return { repository, repositoryUrl, images }
}

/** The clone address of the new repository. */
function createRepository({ git, github }: SeedGround, files: FileChanges): string {
  if (github !== undefined) return github.repository(repository, { files, isPrivate: false }).url
  git.createRepository(repository, files)
  return git.urlOf(repository)
}

function isRolledOut(world: SeedGround, namespace: string, name: string): boolean {
  const conditions = listAt(world.get('Deployment', namespace, name), 'status', 'conditions')
  return conditions.some((one) => textAt(one, 'reason') === 'NewReplicaSetAvailable')
}

/** A GitRepository `gitops` of this address and the Kustomization `apps` of its folder `apps`, as a user applies them. */
export function fluxObjects(url: string) {
  const source = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'gitops', namespace: 'flux-system' },
    spec: { interval: '1m', url, ref: { branch: 'main' } },
  }
  const kustomization = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system' },
    spec: { interval: '10m', path: './apps', prune: true, sourceRef: { kind: 'GitRepository', name: 'gitops' } },
  }
  return { source, kustomization }
}

function demoFiles(images: DemoImages): FileChanges {
  return {
    'README.md': '# What runs in the shop\n',
    'apps/namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n',
    'apps/web/deployment.yaml': webDeployment(images.web),
    'apps/web/service.yaml': webService,
    'apps/checkout/deployment.yaml': checkoutDeployment(images.checkout),
    'apps/worker/kustomization.yaml': workerOverlay(images.worker),
    'bases/worker/kustomization.yaml':
      'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- deployment.yaml\n',
    'bases/worker/deployment.yaml': workerBase,
  }
}

const webDeployment = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
  annotations:
    # Patches and minor versions may be rolled out without asking.
    fairlead.dev/policy: minor
    fairlead.dev/require-approval: "false"
spec:
  replicas: 3
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
      - name: web
        image: ${image}:1.0.0
        ports:
        - containerPort: 8080
`

const checkoutDeployment = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: checkout
  namespace: shop
  annotations:
    # Money is at stake, so every change is reviewed where all others are.
    fairlead.dev/policy: minor
    fairlead.dev/mode: pull-request
    fairlead.dev/min-update-interval: 0s
spec:
  replicas: 2
  selector:
    matchLabels:
      app: checkout
  template:
    metadata:
      labels:
        app: checkout
    spec:
      containers:
      - name: checkout
        image: ${image}:3.1.0
`

const webService = `apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
spec:
  selector:
    app: web
  ports:
  - port: 80
    targetPort: 8080
`

const workerOverlay = (image: string) => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: shop
namePrefix: production-
resources:
- ../../bases/worker
images:
- name: acme/worker
  newName: ${image}
  newTag: 2.3.0
`

const workerBase = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: worker
  annotations:
    fairlead.dev/policy: patch
    fairlead.dev/min-update-interval: 0s
spec:
  replicas: 2
  selector:
    matchLabels:
      app: worker
  template:
    metadata:
      labels:
        app: worker
    spec:
      containers:
      - name: worker
        image: acme/worker
`

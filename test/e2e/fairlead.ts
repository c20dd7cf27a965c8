import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import type { Component } from './component.ts'
import { eventually } from './eventually.ts'
import { applyCrds, namespaceObject } from './flux.ts'
import { gitHubReceiver, gitHubRepository, type HostedSettings, type Secret } from './github.ts'
import { kubeconfig, parseObjects } from './kubernetes.ts'
import type { Lab } from './lab.ts'
import { parseMetrics, type Sample } from './metric.ts'
import { freePorts } from './port.ts'

const root = join(import.meta.dirname, '..', '..')

/** Who fairlead is in the cluster: the ServiceAccount of deploy/base/rbac with the rights that are shipped there. */
export interface Account {
  namespace: string
  /** As the audit log names it. */
  user: string
  /** Path of a kubeconfig with a token of that ServiceAccount. */
  kubeconfig: string
}

const rightsKinds = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding']

/** Installs the shipped CRDs and rights, and nothing else, and asks for a token as a kubelet would. */
export async function installFairlead(lab: Lab): Promise<Account> {
  const { kubernetes, admin } = lab.plane
  await applyCrds(kubernetes, join(root, 'deploy', 'crds'))
  const rights = await readRights(join(root, 'deploy', 'base', 'rbac'))
  const account = rights.find(({ kind }) => kind === 'ServiceAccount')
  if (account === undefined || !rights.some(({ kind }) => kind === 'ClusterRole')) {
    throw new Error('deploy/base/rbac holds no ServiceAccount or no ClusterRole')
  }
  const { name, namespace = '' } = account.metadata
  await kubernetes.apply(namespaceObject(namespace), ...rights)
  const token = await kubernetes.serviceAccountToken(namespace, name)
  const path = join(lab.dir, 'fairlead.kubeconfig')
  await writeFile(path, kubeconfig({ ...admin, token }), { mode: 0o600 })
  return { namespace, user: `system:serviceaccount:${namespace}:${name}`, kubeconfig: path }
}

async function readRights(folder: string): Promise<KubernetesObject[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
  return texts.flatMap((text, index) => parseObjects(text, files[index] ?? '')).filter(isRight)
}

function isRight({ kind }: KubernetesObject): boolean {
  return rightsKinds.includes(kind)
}

/** What differs from one fairlead of the tests to the next. */
export type Settings = GeneralSettings & (PlainSettings | { hosted: HostedSettings } | OnlookerSettings)

/** No repository at all: it only looks and tells. */
interface OnlookerSettings {
  namespace: string
}

/** A repository at the lab's Git server. */
interface PlainSettings {
  /** Namespace whose workloads it looks after. */
  namespace: string
  repository: string
  allowPaths: string[]
}

interface GeneralSettings {
  name: string
  mode: 'commit' | 'observe' | 'pull-request'
  backend: 'native' | 'isomorphic'
  /** A second replica: the registry's notifications go to the first. */
  standby?: boolean
  /** What happens to versions that fail, as the configuration says it. */
  rollback?: { onFailure: 'off' | 'own' | 'any'; mode?: 'commit' | 'pull-request'; perHour?: number }
  /** A registry that asks who wants to know, and the docker config.json with the answer; it is polled. */
  privateRegistry?: { host: string; dockerConfig: string }
  /** Who is told of rollouts. */
  publishers?: (secret: Secret) => Promise<object>
}

function namespacesOf(settings: Settings): string[] {
  return 'hosted' in settings ? settings.hosted.repositories.map(({ namespace }) => namespace) : [settings.namespace]
}

/** A running fairlead, seen from outside. */
export interface Fairlead {
  readonly component: Component
  /** URL of its API. */
  readonly api: string
  /** `host:port` that is scraped. */
  readonly metrics: string
  /** Samples of one metric as scraped now. */
  samples(metric: string): Promise<Sample[]>
}

/** Starts the bundle as its image does and waits until it says it is ready. */
export async function startFairlead(lab: Lab, account: Account, settings: Settings): Promise<Fairlead> {
  const [api = 0, metrics = 0, otherWebhook = 0] = await freePorts(3, [lab.webhook.port])
  const webhook = settings.standby === true ? otherWebhook : lab.webhook.port
  const dir = join(lab.dir, settings.name)
  await mkdir(dir, { recursive: true })
  const secret: Secret = async (name, text) => {
    await writeFile(join(dir, name), text, { mode: 0o600 })
    return join(dir, name)
  }
  const privateRegistry = async () => {
    if (settings.privateRegistry === undefined) return []
    const { host, dockerConfig } = settings.privateRegistry
    return [{ host, insecure: true, credentialsFile: await secret('docker-config.json', dockerConfig) }]
  }
  const plainRepository = async ({ repository: url, allowPaths }: PlainSettings) => ({
    url,
    insecure: true,
    credentials: {
      usernameFile: await secret('git-username', lab.git.user),
      passwordFile: await secret('git-password', lab.git.password),
    },
    allowPaths,
  })
  const hosted = 'hosted' in settings ? settings.hosted : undefined
  const repositories =
    'hosted' in settings
      ? await Promise.all(settings.hosted.repositories.map((one) => gitHubRepository(one, settings.hosted, secret)))
      : 'repository' in settings
        ? [await plainRepository(settings)]
        : []
  const isPolled = settings.privateRegistry !== undefined || hosted !== undefined
  const config = {
    mode: settings.mode,
    cluster: { name: 'e2e', namespaces: { include: namespacesOf(settings) } },
    kubernetes: { kubeconfig: account.kubeconfig },
    listen: {
      webhook: `127.0.0.1:${webhook}`,
      api: `127.0.0.1:${api}`,
      metrics: `127.0.0.1:${metrics}`,
    },
    advertiseApi: `127.0.0.1:${api}`,
    log: { level: 'debug' },
    cacheDir: join(dir, 'cache'),
    leaderElection: { namespace: account.namespace },
    git: {
      backend: settings.backend,
      repositories,
    },
    registries: [{ host: lab.registry, insecure: true }, ...(await privateRegistry())],
    ...(settings.rollback !== undefined && { rollback: settings.rollback }),
    // far away: within a test only the registry's own notification can bring news of a push
    polling: { interval: isPolled ? '10s' : '1h' },
    webhooks: {
      receivers: [
        {
          name: 'registry',
          type: 'registry',
          auth: 'header',
          secretFile: await secret('registry-token', lab.webhook.token),
        },
        ...(hosted === undefined ? [] : [await gitHubReceiver(hosted, secret)]),
      ],
    },
    ...(settings.publishers && { publishers: await settings.publishers(secret) }),
  }
  const file = await secret('config.yaml', JSON.stringify(config, undefined, 2))
  const memory = ['--max-semi-space-size=2', '--max-old-space-size=128', '--optimize-for-size']
  const args = [...memory, join(root, 'dist', 'cli.js'), 'controller', '--config', file]
  const component = lab.start({ name: settings.name, file: process.execPath, args })
  const base = `http://127.0.0.1:${metrics}`
  const answers = async (path: string) => ((await fetch(`${base}${path}`)).ok ? true : undefined)
  await eventually(`${settings.name} is ready`, () => answers('/readyz'), { watched: [component] })
  const samples = async (metric: string) => {
    const text = await (await fetch(`${base}/metrics`)).text()
    return parseMetrics(text).filter((sample) => sample.metric === metric)
  }
  return { component, api: `http://127.0.0.1:${api}`, metrics: `127.0.0.1:${metrics}`, samples }
}

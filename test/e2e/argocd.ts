import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { startComponent } from './component.ts'
import type { ControlPlane, Surroundings } from './control-plane.ts'
import { applyCrds, namespaceObject, type Source } from './flux.ts'
import { freePorts } from './port.ts'

const namespace = 'argocd'
const api = 'argoproj.io/v1alpha1'

/** Argo CD's application-controller and repo-server, with the redis they share. */
export async function startArgoCd({ bin, dir, components }: Surroundings, plane: ControlPlane): Promise<void> {
  const { kubernetes, kubeconfig } = plane
  await kubernetes.apply(namespaceObject(namespace))
  await applyCrds(kubernetes, join(bin, 'argocd-crds'))
  await kubernetes.apply(...settings(), project())
  const [redis = 0, repo = 0, repoMetrics = 0, controllerMetrics = 0] = await freePorts(4)
  const env = await environment(join(dir, 'argocd'), bin)
  const start = (name: string, file: string, args: string[], more: Record<string, string> = {}) =>
    components.push(startComponent({ name, file, args, env: { ...env, KUBECONFIG: kubeconfig, ...more }, dir }))
  start('redis', 'redis-server', ['--port', String(redis), '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'])
  const shared = ['--redis', `127.0.0.1:${redis}`]
  const argocd = join(bin, 'argocd')
  start(
    'argocd-repo-server',
    argocd,
    [
      ...[
        '--port',
        String(repo),
        '--metrics-port',
        String(repoMetrics),
        '--address',
        '127.0.0.1',
        '--disable-tls',
        '--revision-cache-expiration',
        '3s',
      ],
      ...shared,
    ],
    { ARGOCD_BINARY_NAME: 'argocd-repo-server' },
  )
  start(
    'argocd-application-controller',
    argocd,
    [
      ...['--namespace', namespace, '--repo-server', `127.0.0.1:${repo}`, '--repo-server-plaintext'],
      ...['--metrics-port', String(controllerMetrics), '--app-resync', '5', '--app-resync-jitter', '0'],
      ...['--status-processors', '4', '--operation-processors', '2', ...shared],
    ],
    { ARGOCD_BINARY_NAME: 'argocd-application-controller' },
  )
}

/** Folders of its own, so that nothing of the machine takes part; its tools are found beside it. */
async function environment(home: string, bin: string): Promise<Record<string, string>> {
  const folders = ['gpg', 'tls', 'ssh', 'tmp', 'plugins'] as const
  for (const folder of folders) await mkdir(join(home, folder), { recursive: true })
  await chmod(join(home, 'gpg'), 0o700)
  await writeFile(join(home, 'ssh', 'ssh_known_hosts'), '')
  return {
    ARGOCD_GNUPGHOME: join(home, 'gpg'),
    GNUPGHOME: join(home, 'gpg'),
    ARGOCD_TLS_DATA_PATH: join(home, 'tls'),
    ARGOCD_SSH_DATA_PATH: join(home, 'ssh'),
    ARGOCD_PLUGINSOCKFILEPATH: join(home, 'plugins'),
    ARGOCD_GPG_ENABLED: 'false',
    // makes https://kubernetes.default.svc mean the cluster of the kubeconfig
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    TMPDIR: join(home, 'tmp'),
    PATH: [bin, process.env.PATH ?? ''].join(delimiter),
  }
}

const partOf = { 'app.kubernetes.io/part-of': 'argocd' }

function settings(): KubernetesObject[] {
  const names = ['cm', 'rbac-cm', 'cmd-params-cm', 'tls-certs-cm', 'ssh-known-hosts-cm', 'gpg-keys-cm']
  // the annotation alone marks what it applied, as charts set the instance label themselves
  const data = { 'application.resourceTrackingMethod': 'annotation' }
  return [
    ...names.map((name) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `argocd-${name}`, namespace, labels: partOf },
      ...(name === 'cm' ? { data } : {}),
    })),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'argocd-secret', namespace, labels: partOf },
      ...{ stringData: { 'server.secretkey': 'e2e' } },
    },
  ]
}

function project(): KubernetesObject {
  return {
    apiVersion: api,
    kind: 'AppProject',
    metadata: { name: 'default', namespace },
    spec: {
      sourceRepos: ['*'],
      destinations: [{ server: '*', namespace: '*' }],
      clusterResourceWhitelist: [{ group: '*', kind: '*' }],
    },
  }
}

/** An Application that is synced by itself. */
export function application(name: string, spec: object): KubernetesObject {
  return {
    apiVersion: api,
    kind: 'Application',
    metadata: { name, namespace },
    spec: { project: 'default', syncPolicy: { automated: { prune: true, selfHeal: true } }, ...spec },
  }
}

/** Tells Argo CD how to reach a repository. */
export function repositorySecret({ name, url, username, password }: Source): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { 'argocd.argoproj.io/secret-type': 'repository' } },
    ...{ stringData: { type: 'git', url, username, password } },
  }
}

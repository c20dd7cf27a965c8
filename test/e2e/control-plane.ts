import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Component, startComponent } from './component.ts'
import { eventually } from './eventually.ts'
import { type Access, connectKubernetes, type Kubernetes, kubeconfig } from './kubernetes.ts'
import { freePorts } from './port.ts'

/** etcd, kube-apiserver, kube-controller-manager and a simulated node on loopback, seen as cluster admin. */
export interface ControlPlane {
  kubernetes: Kubernetes
  /** The API server's address and authority with the admin's token. */
  admin: Access
  /** Path of the admin's kubeconfig. */
  kubeconfig: string
  /** Path of the API server's audit log: one JSON event a line for every write. */
  auditLog: string
}

export interface Surroundings {
  bin: string
  dir: string
  /** Started components are put here at once, so that a start that fails half-way can be cleared away. */
  components: Component[]
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] }, { level: 'None' }],
}

export async function startControlPlane({ bin, dir, components }: Surroundings): Promise<ControlPlane> {
  const at = (name: string) => join(dir, name)
  const start = (name: string, args: string[]) => {
    const component = startComponent({ name, file: join(bin, name), args, dir })
    components.push(component)
    return component
  }
  const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3)
  const server = `https://127.0.0.1:${apiPort}`
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  await writeFile(at('service-account.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }))
  await writeFile(at('tokens.csv'), 'admin-token,admin,admin,"system:masters"\n')
  await writeFile(at('audit-policy.yaml'), JSON.stringify(auditPolicy))

  const etcd = start('etcd', [
    ...['--data-dir', at('etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...[
      '--listen-client-urls',
      `http://127.0.0.1:${etcdPort}`,
      '--advertise-client-urls',
      `http://127.0.0.1:${etcdPort}`,
    ],
    ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
  ])
  const apiServer = start('kube-apiserver', [
    ...[`--etcd-servers=http://127.0.0.1:${etcdPort}`, `--cert-dir=${at('certificates')}`],
    ...['--bind-address=127.0.0.1', `--secure-port=${apiPort}`, '--service-cluster-ip-range=10.0.0.0/24'],
    ...['--authorization-mode=RBAC', `--token-auth-file=${at('tokens.csv')}`],
    // admission would wait for each namespace's default ServiceAccount and mount tokens that no pod here reads
    '--disable-admission-plugins=ServiceAccount',
    ...[`--service-account-issuer=${server}/`, `--service-account-key-file=${at('service-account.key')}`],
    `--service-account-signing-key-file=${at('service-account.key')}`,
    ...[`--audit-policy-file=${at('audit-policy.yaml')}`, `--audit-log-path=${at('audit.log')}`],
  ])
  const watched = [etcd, apiServer]
  // the API server signs its own certificate at its first start
  const authority = await eventually(
    'kube-apiserver wrote its certificate',
    () => readFile(join(at('certificates'), 'apiserver.crt'), 'utf8'),
    { watched },
  )
  const admin = { server, authority, token: 'admin-token' }
  const kubernetes = connectKubernetes(admin)
  await eventually('kube-apiserver is ready', () => kubernetes.ready(), { watched })
  await writeFile(at('admin.kubeconfig'), kubeconfig(admin), { mode: 0o600 })

  const config = at('admin.kubeconfig')
  const controllers = start('kube-controller-manager', [
    ...[`--kubeconfig=${config}`, `--authentication-kubeconfig=${config}`, `--authorization-kubeconfig=${config}`],
    ...['--leader-elect=false', '--secure-port=0', `--service-account-private-key-file=${at('service-account.key')}`],
    '--controllers=*,-nodelifecycle,-nodeipam,-cloud-node-lifecycle,-service,-route,-ttl',
  ])
  await eventually(
    'kube-controller-manager made the default ServiceAccount',
    () => kubernetes.get('v1', 'ServiceAccount', 'default', 'default'),
    { watched: [...watched, controllers] },
  )
  return { kubernetes, admin, kubeconfig: config, auditLog: at('audit.log') }
}

/** One node whose pods become Ready by themselves, but for those whose image is never pulled (stages.yaml). */
export async function startNode({ bin, dir, components }: Surroundings, plane: ControlPlane): Promise<void> {
  const size = { cpu: '64', memory: '256Gi', pods: '2000' }
  await plane.kubernetes.apply({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: 'n1',
      labels: { type: 'kwok', 'kubernetes.io/arch': 'amd64', 'kubernetes.io/os': 'linux' },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    status: { allocatable: size, capacity: size },
  })
  const node = await readFile(join(bin, 'kwok-stages', 'node-initialize.yaml'), 'utf8')
  const pods = await readFile(join(import.meta.dirname, 'stages.yaml'), 'utf8')
  await writeFile(join(dir, 'stages.yaml'), `${node}\n---\n${pods}`)
  const args = [
    ...[`--kubeconfig=${plane.kubeconfig}`, '--manage-all-nodes=true', `--config=${join(dir, 'stages.yaml')}`],
    '--node-lease-duration-seconds=40',
  ]
  components.push(startComponent({ name: 'kwok', file: join(bin, 'kwok'), args, dir }))
}

import { mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, type Component, startComponent } from './component.ts'
import { type ControlPlane, type Surroundings, startControlPlane, startNode } from './control-plane.ts'
import { startFlux } from './flux.ts'
import { type GitServer, startGitServer } from './git-server.ts'
import { createGitops, type Gitops } from './gitops.ts'
import { freePorts } from './port.ts'
import { startRegistry } from './registry.ts'

/** The real parts around fairlead: control plane, Flux, registry, Git server. Everything on loopback, nothing shared. */
export interface Lab {
  readonly dir: string
  readonly plane: ControlPlane
  readonly git: GitServer
  /** The registry's `host:port`. */
  readonly registry: string
  /** Where the registry sends its notifications, so where fairlead must listen. */
  readonly webhook: { port: number; token: string }
  /** The parts themselves; when one of them dies, nothing more can come. */
  readonly components: readonly Component[]
  /** Starts one more program, whose logs lie beside the others and which ends with the lab at the latest. */
  start(command: Omit<Command, 'dir'>): Component
  createRepository(name: string): Promise<Gitops>
  stop(): Promise<void>
}

/** Starts a GitOps engine beside the control plane. */
export type StartEngine = (surroundings: Surroundings, plane: ControlPlane) => Promise<void>

/** Starts the lab with the binaries that `build.sh` made (`FAIRLEAD_E2E_BIN`); with Flux, unless told otherwise. */
export async function startLab({ engine = startFlux }: { engine?: StartEngine } = {}): Promise<Lab> {
  const bin = process.env.FAIRLEAD_E2E_BIN
  if (bin === undefined) throw new Error('FAIRLEAD_E2E_BIN is not set: run the end-to-end tests with `npm run e2e`')
  const dir = await mkdtemp(join(process.env.FAIRLEAD_E2E_STATE ?? tmpdir(), 'lab-'))
  const components: Component[] = []
  const guests: Component[] = []
  const start: Lab['start'] = (command) => {
    const guest = startComponent({ ...command, dir })
    guests.push(guest)
    return guest
  }
  const [webhookPort = 0] = await freePorts(1)
  const webhook = { port: webhookPort, token: 'registry token' }
  const repositories = join(dir, 'git')
  await mkdir(repositories)
  const git = await startGitServer(repositories)
  const stop = async () => {
    // a throw-away control plane need not stop politely: kube-apiserver takes seconds over SIGTERM
    await Promise.all([...components, ...guests].map((component) => component.end('SIGKILL')))
    await git.close()
  }
  try {
    const surroundings = { bin, dir, components }
    const endpoint = { url: `http://127.0.0.1:${webhook.port}/webhook/registry`, token: webhook.token }
    const [plane, registry] = await Promise.all([
      startControlPlane(surroundings),
      startRegistry(surroundings, { name: 'docker-registry', endpoint }),
    ])
    await Promise.all([startNode(surroundings, plane), engine(surroundings, plane)])
    const createRepository = (name: string) =>
      createGitops({ root: repositories, work: join(dir, 'work'), name, url: git.urlOf(name) })
    return { dir, plane, git, registry, webhook, components, start, createRepository, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { customResourceDefinitions } from '../api/crd.ts'
import { unifiedDiff } from '../core/change/diff.ts'
import { FairleadError } from '../errors.ts'
import { systemClock as clock } from '../runtime/clock.ts'
import type { GitHubSandbox } from '../sandbox/github/github.ts'
import { startWorld, type World } from '../sandbox/world.ts'
import { tellApproval } from './demo-approval.ts'
import { type ControllerProcess, startController } from './demo-controller.ts'
import { keepUp } from './demo-keep.ts'
import { createNarrator, type Narrator } from './demo-narrator.ts'
import { tellPullRequest } from './demo-pull-request.ts'
import { appliedRevision, newest, poll, readAt, repository, type Story } from './demo-story.ts'
import type { Io } from './io.ts'

const usage = 'usage: fairlead demo [--once] [--keep] [-o json]\n'

/**
 * `fairlead demo`: starts a small world on loopback ports, starts the controller as its own process against it, and
 * tells step by step how a pushed image becomes a commit, is applied, and rolls out. Exit 0 when every step went well.
 */
export async function demoCommand(args: string[], io: Io): Promise<number> {
  const options = readOptions(args)
  if (options === undefined) {
    io.stderr(usage)
    return 2
  }
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-demo-'))
  const narrator = createNarrator({
    io,
    asJson: options.asJson,
    pause: () => (options.once ? Promise.resolve() : clock.sleep(1_500)),
    colour: process.stdout.isTTY === true && !options.asJson,
    nowMs: () => clock.monotonicMs(),
  })
  const startedMs = clock.monotonicMs()
  const world = await startWorld({ directory, syncIntervalMs: 500, workloads: { podReadyMs: 1_200 }, github: {} })
  let controller: ControllerProcess | undefined
  try {
    controller = await tellStory(world, directory, narrator)
    summarise(narrator, clock.monotonicMs() - startedMs)
    if (options.keep) await keepUp({ world, github: gitHubOf(world), controller, narrator })
    return 0
  } catch {
    return 1
  } finally {
    await controller?.stop()
    await world.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function tellStory(world: World, directory: string, narrator: Narrator): Promise<ControllerProcess> {
  narrator.say('A small world on this machine: a cluster, a registry, a GitHub and a GitOps engine like Flux.\n')
  let started: ControllerProcess | undefined
  await narrator.step('world', async () => {
    for (const definition of customResourceDefinitions) world.apply(definition)
    const seed = await world.seedDemo()
    const detail = `cluster  ${world.kubernetes.url}\nregistry ${world.registry.url}\ngit      ${seed.repositoryUrl}`
    return { title: 'shop/web runs 1.0.0, applied from Git', detail }
  })
  await narrator.step('controller', async () => {
    started = await startBeside(world, directory)
    const opened = await started.logged('the repository is opened', (line) =>
      line.msg === 'repository opened' ? String(line.backend) : undefined,
    )
    const backend = opened === 'native' ? 'the git binary' : 'no git binary here, so Git is spoken in process'
    return {
      title: `fairlead runs as its own process, pid ${started.pid}`,
      detail: `git backend: ${opened} (${backend})`,
    }
  })
  if (started === undefined) throw new FairleadError('Internal', 'the controller was not started')
  const story: Story = { world, github: gitHubOf(world), controller: started, narrator }
  await tellUpdate(story)
  await tellApproval(story)
  await tellPullRequest(story)
  return started
}

/** This world was started with one. */
function gitHubOf({ github }: World): GitHubSandbox {
  if (github === undefined) throw new FairleadError('Internal', 'the world was started without a GitHub')
  return github
}

async function startBeside(world: World, directory: string): Promise<ControllerProcess> {
  const webhookSecret = randomBytes(24).toString('hex')
  const github = gitHubOf(world)
  // The pages of this GitHub offer to act as whoever came first, and nobody may approve what is their own.
  github.person('dana')
  const controller = await startController({
    directory,
    kubeconfig: world.kubeconfig,
    repositoryUrl: github.repository(repository).url,
    github: { apiUrl: github.apiUrl, token: github.person('fairlead') },
    registryHost: world.registry.host,
    webhookSecret,
  })
  const authorization = `Bearer ${webhookSecret}`
  world.registry.notify(`http://${controller.addresses.webhook}/webhook/registry`, { authorization })
  github.subscribe(`http://${controller.addresses.webhook}/webhook/github`, webhookSecret)
  await poll('fairlead is ready', async () => (await controller.isReady()) || undefined)
  await poll(
    'fairlead holds its lease',
    async () => (await metric(controller, 'fairlead_leader', '')) === '1' || undefined,
  )
  return controller
}

/** The main job: from the pushed image to the metric that tells its version. */
async function tellUpdate({ world, controller, narrator }: Story): Promise<void> {
  const before = world.git.head(repository, 'main') ?? ''
  const path = 'apps/web/deployment.yaml'
  await narrator.step('push', async () => {
    const digest = world.registry.push('acme/web', '1.1.0')
    return { title: 'somebody pushes acme/web:1.1.0 to the registry', detail: digest }
  })
  await narrator.step('hint', async () => {
    await poll('the notification arrives', () => metric(controller, 'fairlead_webhook_requests_total', 'code="202"'))
    return { title: 'the registry notifies fairlead, which takes it as a hint and asks the registry itself' }
  })
  await narrator.step('decision', async () => {
    const decided = await controller.logged('a decision', (line) =>
      line.msg === 'decided an update' ? line : undefined,
    )
    return { title: `policy minor chooses: an UpdateRequest`, detail: `${decided.from} → ${decided.to}` }
  })
  let commit = ''
  await narrator.step('commit', async () => {
    const entry = await world.until('a commit by fairlead', () => newest(world, before))
    commit = entry.id
    const diff = unifiedDiff(path, readAt(world, before, path), readAt(world, commit, path))
    const author = entry.author
    return { title: `one commit on main, by ${author}`, detail: `${entry.message.trim()}\n\n${diff.trimEnd()}` }
  })
  await narrator.step('sync', async () => {
    const revision = await world.until('the engine applies it', () => appliedRevision(world, commit))
    return {
      title: 'the engine applies it; fairlead only watches',
      detail: `Kustomization/flux-system/apps ${revision}`,
    }
  })
  for (const phase of ['rolling_out', 'success'] as const) {
    await narrator.step(phase, async () => {
      const line = await controller.logged(`phase ${phase}`, (one) =>
        one.workload === 'Deployment/shop/web' && one.phase === phase ? one : undefined,
      )
      return { title: `phase ${phase} of version ${line.version}`, detail: String(line.msg) }
    })
  }
  await narrator.step('metric', async () => {
    const name = 'fairlead_workload_version_info'
    const line = await poll('the metric', async () => {
      const lines = (await controller.metrics()).split('\n')
      return lines.find((one) => one.startsWith(name) && one.includes('name="web"') && one.includes('version="1.1.0"'))
    })
    return { title: 'and Prometheus can read it', detail: line }
  })
}

function summarise(narrator: Narrator, totalMs: number): void {
  const commit = narrator.reports.filter((one) => ['hint', 'decision', 'commit'].includes(one.step))
  const toCommit = commit.reduce((sum, one) => sum + one.ms, 0)
  narrator.say(
    `\n${narrator.reports.length} steps went well in ${(totalMs / 1000).toFixed(1)} s; from the push to the commit ${toCommit} ms.`,
  )
}

/** Value of the first series of that name whose labels contain `label`. */
async function metric(controller: ControllerProcess, name: string, label: string): Promise<string | undefined> {
  const line = (await controller.metrics()).split('\n').find((one) => one.startsWith(name) && one.includes(label))
  return line?.split(' ').at(-1)
}

function readOptions(args: string[]): { once: boolean; keep: boolean; asJson: boolean } | undefined {
  try {
    const { values } = parseArgs({
      args,
      options: { once: { type: 'boolean' }, keep: { type: 'boolean' }, output: { type: 'string', short: 'o' } },
    })
    if (values.output !== undefined && values.output !== 'json') return undefined
    return { once: values.once === true, keep: values.keep === true, asJson: values.output === 'json' }
  } catch {
    return undefined
  }
}

import { type GitRequest, type ServedRepository, startGitHttpServer } from '../fakes/git-http-server.ts'
import { type BenchCluster, startCluster } from './main-job-cluster.ts'
import { type BenchController, startBenchController } from './main-job-controller.ts'
import { startBenchRegistry } from './main-job-registry.ts'
import { type BenchWorkload, firstTag, renderRepository } from './main-job-repository.ts'

/** Everything the main job needs, on the loopback; the controller is a process of its own. */
export interface BenchWorld {
  workloads: readonly BenchWorkload[]
  registryName: string
  registryHost: string
  cluster: BenchCluster
  controller: BenchController
  /** A second repository with the same files, for comparison. */
  twin: ServedRepository
  push(image: string, tag: string): Promise<void>
  onGitRequest(listener: (request: GitRequest) => void): void
  /** The engine applies the head; resolves when an UpdateRequest says that it has been. */
  applyHead(): Promise<void>
  /** Throws unless the branch has exactly that many new commits and the repository is sound. */
  check(commits: number): void
  close(): Promise<void>
}

const workloadCount = 300

export async function startBenchWorld(
  directory: string,
  { backend, files: fileCount }: { backend: 'native' | 'isomorphic'; files: number },
): Promise<BenchWorld> {
  const registry = await startBenchRegistry()
  const { workloads, files } = renderRepository({
    registry: registry.host,
    workloads: workloadCount,
    files: fileCount,
  })
  await Promise.all(
    workloads.flatMap(({ image }) => ['0.9.0', firstTag, '2.0.0'].map((tag) => registry.push(image, tag))),
  )
  const git = await startGitHttpServer()
  const served = git.create('gitops')
  const twin = git.create('twin')
  for (const one of [served, twin]) one.commit({ files })
  const initial = served.git(['rev-parse', 'main'])
  const listeners = new Set<(request: GitRequest) => void>()
  git.fault = (request) => {
    for (const listener of listeners) listener(request)
    return undefined
  }
  const cluster = await startCluster(directory, {
    url: served.url,
    commit: initial,
    registry: registry.host,
    workloads,
  })
  const controller = await startBenchController({
    directory,
    kubeconfig: cluster.kubeconfig,
    repositoryUrl: served.url,
    registry: registry.host,
    backend,
  })
  await settle(controller)
  return {
    workloads,
    registryName: registry.name,
    registryHost: registry.host,
    cluster,
    controller,
    twin,
    push: registry.push,
    onGitRequest: (listener) => void listeners.add(listener),
    applyHead: () => cluster.apply(served.git(['rev-parse', 'main'])),
    check(commits) {
      const count = Number(served.git(['rev-list', '--count', `${initial}..main`]))
      if (count !== commits) throw new Error(`${count} commits on the branch instead of ${commits}`)
      served.git(['fsck', '--full', '--strict'])
    },
    async close() {
      const code = await controller.stop()
      await Promise.all([cluster.close(), git.close(), registry.stop()])
      if (code !== 0) throw new Error(`the controller ended with ${code}`)
    },
  }
}

/** Waits until every workload was looked at once. */
async function settle(controller: BenchController): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const checks = await controller.metric('fairlead_image_policy_checks_total')
    if (checks >= workloadCount) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('the controller did not look at every workload within a minute')
}

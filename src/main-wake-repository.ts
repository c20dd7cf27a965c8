import { objectKey } from './api/kubernetes.ts'
import type { ImageWatch } from './controllers/image-update/watch.ts'
import type { PullRequestWatch } from './controllers/pull-request/watch.ts'
import type { Branches } from './delivery/trace/branch-reader.ts'
import { branchKey, type Stores } from './main-stores.ts'
import { isUnsettled } from './main-wake.ts'
import type { RepositoryHint } from './ports.ts'
import type { WorkQueue } from './runtime/queue.ts'

/** What is told by the services that host repositories. */
export interface RepositoryWatch {
  /** Something happened, somebody says; whoever may be concerned looks for itself. Costs nothing when nobody is. */
  changed(hint: RepositoryHint): void
}

export interface RepositoryWatchDeps {
  stores: Pick<Stores, 'requests'>
  branches: Pick<Branches, 'moved'>
  images: Pick<ImageWatch, 'wake'>
  /** The queue of update requests. */
  requests: Pick<WorkQueue, 'add'>
  pullRequests: Pick<PullRequestWatch, 'changed' | 'baseMoved'>
}

/** Wakes what depends on a branch that moved: its open requests, and the workloads that requests were ever made for. */
export function createRepositoryWatch({
  stores,
  branches,
  images,
  requests,
  pullRequests,
}: RepositoryWatchDeps): RepositoryWatch {
  const moved = (repository: string, branch: string) => {
    if (!branches.moved(repository, branch)) return
    pullRequests.baseMoved(repository, branch)
    for (const request of stores.requests.byIndex('branch', branchKey(repository, branch))) {
      if (isUnsettled(request)) requests.add(`${request.metadata.namespace}/${request.metadata.name}`)
      for (const target of request.spec.targets) images.wake(objectKey(target), 0)
    }
  }
  return {
    changed({ repository, about, branch, pullRequest }) {
      if (about === 'branch') {
        if (branch !== undefined) moved(repository, branch)
        return
      }
      pullRequests.changed(repository, {
        ...(branch === undefined ? {} : { branch }),
        ...(pullRequest === undefined ? {} : { number: pullRequest }),
      })
    },
  }
}

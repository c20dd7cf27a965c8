import type { UpdateRequest } from '../../api/update-request.ts'
import { conditionOf, isRolledOut, isSettled, rolledOutCondition } from '../../core/change/rolled-out.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import { rollbackOf } from '../../core/pull-request/request-outcome.ts'
import type { Repositories } from '../../delivery/repositories.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, Log } from '../../ports.ts'
import type { RepositoryHost } from '../../ports-repository-host.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { ManifestSource } from '../../runtime/manifest-source.ts'
import { decideTellings, type Telling } from './telling.ts'
import { createTold } from './told.ts'

export interface OutcomeTellerDeps {
  /** By `namespace/name`. */
  shown: (key: string) => UpdateRequest | undefined
  /** All requests for a branch of a repository. */
  requestsAt: (repository: string, branch: string) => readonly UpdateRequest[]
  /** All requests for the same slot. */
  siblings: (request: UpdateRequest) => readonly UpdateRequest[]
  repositories: Repositories
  manifests: Pick<ManifestSource, 'source'>
  cluster: string
  /** Template of the comment. */
  template: string
  isLeader: () => boolean
  /** Throws when this replica must not write (any more). */
  fence: () => void
  events: EventRecorder
  clock: Clock
  log: Log
}

interface Observed {
  request: UpdateRequest
  host: RepositoryHost
  together: readonly UpdateRequest[]
  takenBackBy: (request: UpdateRequest) => UpdateRequest | undefined
}
interface Decided extends Observed {
  tellings: readonly Telling[]
}
interface Proposed extends Decided {
  /** When something is due that had to wait. */
  nextMs: number | undefined
  failures: readonly FairleadError[]
}

/** A process that was stopped before it told an end has a successor that does, if it comes in time. */
const tellAgainMs = 3_600_000
/** A missing right or a revoked token is tried again now and then, for somebody may have put it right. */
const refusedMs = 3_600_000
/** When the host does not say how long. */
const limitedMs = 60_000

/**
 * Tells the host of a repository what became of each delivered request: statuses of its commit, the one comment of its
 * pull request, deployments of the application's own revision. Whatever goes wrong stays here; it never holds a request
 * up. What is told follows from the status of the request alone.
 */
export function createOutcomeTeller(deps: OutcomeTellerDeps): Controller<Observed, Decided, Proposed, Proposed> {
  const told = createTold(deps.clock)
  return {
    name: 'outcome',
    async observe(key) {
      const request = deps.shown(key)
      if (request?.status?.phase !== 'Completed' || !deps.isLeader()) return
      const takenBackBy = (one: UpdateRequest) => rollbackOf(one, deps.siblings(one))
      if (!isRecent(request, takenBackBy(request), deps.clock.now())) return
      const host = hostOf(request, deps.repositories)
      return host && { request, host, together: togetherWith(request, deps), takenBackBy }
    },
    decide: (observed) => {
      const { cluster, template } = deps
      const { repository } = observed.request.spec.change
      return { ...observed, tellings: decideTellings({ ...observed, repository, cluster, template }) }
    },
    async propose(decided) {
      const failures: FairleadError[] = []
      let nextMs: number | undefined
      for (const telling of decided.tellings) {
        const dueInMs = told.dueInMs(telling)
        if (dueInMs === undefined) continue
        if (dueInMs > 0) nextMs = Math.min(nextMs ?? dueInMs, dueInMs)
        else failures.push(...(await tell(telling, decided)))
      }
      return { ...decided, nextMs, failures }
    },
    verify: async (proposed) => proposed,
    async report({ nextMs, failures }) {
      const [failure] = failures
      // The loop waits as long as the host asks, or longer every time.
      if (failure !== undefined) throw failure
      return nextMs === undefined ? {} : { requeueAfterMs: nextMs }
    },
  }

  /** What has to be tried again. */
  async function tell(telling: Telling, { request, host }: Decided): Promise<FairleadError[]> {
    const end = told.begin(telling)
    try {
      deps.fence()
      await send(telling, host, deps.manifests)
      end('told')
      return []
    } catch (thrown) {
      const error = asFairleadError(thrown)
      // Who is not there need not be asked again; nor is it a mistake that an application may not be told.
      end(error.code === 'HostNotFound' || error.code === 'RegistryNotFound' ? 'told' : 'unknown')
      if (error.code === 'HostLimited') told.refuse(telling, error.retryAfterMs ?? limitedMs)
      if (error.kind !== 'terminal') return [error]
      if (telling.what.kind === 'deployment' && error.code.endsWith('NotFound')) return []
      if (error.code !== 'HostNotFound') told.refuse(telling, refusedMs)
      await say(error, request)
      return []
    }
  }

  async function say({ code, message }: FairleadError, { apiVersion, kind, metadata }: UpdateRequest) {
    const about = { apiVersion, kind, namespace: metadata.namespace ?? '', name: metadata.name }
    deps.log.warn({ request: `${about.namespace}/${about.name}`, code }, `the outcome cannot be told: ${message}`)
    const event = { type: 'Warning', reason: code, message: `the outcome cannot be told: ${message}` } as const
    await deps.events.record({ ...about, uid: metadata.uid ?? '' }, event)
  }
}

async function send(
  { what, state, text }: Telling,
  { outcomes, pullRequests }: RepositoryHost,
  manifests: OutcomeTellerDeps['manifests'],
): Promise<void> {
  switch (what.kind) {
    case 'status':
      return outcomes.status(what.commit, { name: what.name, state, text })
    case 'comment':
      return pullRequests.comment(what.number, what.marker, text)
    case 'deployment': {
      const source = await manifests.source(parseImageReference(what.image), what.digest)
      if (source === undefined) return
      await outcomes.deployment({ ...source, environment: what.environment, state, text })
    }
  }
}

function hostOf({ spec }: UpdateRequest, repositories: Repositories): RepositoryHost | undefined {
  try {
    return repositories.find(spec.change.repository).host
  } catch (thrown) {
    if (asFairleadError(thrown).code === 'RepositoryNotConfigured') return undefined
    throw thrown
  }
}

/** In the order of their names, so that the same comment comes out whoever renders it. */
function togetherWith({ spec, status }: UpdateRequest, { requestsAt }: OutcomeTellerDeps): readonly UpdateRequest[] {
  const number = status?.pullRequest?.number
  if (number === undefined) return []
  const nameOf = ({ metadata }: UpdateRequest) => `${metadata.namespace}/${metadata.name}`
  return requestsAt(spec.change.repository, spec.change.branch)
    .filter((one) => one.status?.phase === 'Completed' && one.status.pullRequest?.number === number)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

function isRecent(request: UpdateRequest, rollback: UpdateRequest | undefined, now: Date): boolean {
  if (!isSettled(request, now)) return true
  const ends = [conditionOf(request, rolledOutCondition)?.lastTransitionTime]
  if (rollback !== undefined) ends.push(conditionOf(rollback, 'Pushed')?.lastTransitionTime)
  for (const { finishedAt } of request.status?.rollouts ?? []) ends.push(finishedAt)
  const known = ends.map((time) => Date.parse(time ?? '')).filter((ms) => !Number.isNaN(ms))
  return isRolledOut(request) && now.getTime() - Math.max(...known) <= tellAgainMs
}

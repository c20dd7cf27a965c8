import { isAboutChart, type UpdateRequest } from '../../api/update-request.ts'
import { imageName } from '../../core/change/reference-part.ts'
import { isRolledOut } from '../../core/change/rolled-out.ts'
import { outcomeStatus } from '../../core/pull-request/outcome-status.ts'
import { outcomeMarker, renderOutcome } from '../../core/pull-request/outcome-text.ts'
import { outcomesOf } from '../../core/pull-request/request-outcome.ts'
import type { WorkloadOutcome } from '../../core/pull-request/workload-outcome.ts'
import type { OutcomeState } from '../../ports-repository-host.ts'

/** One thing that a host is told. Two with the same key are about the same; the newer one replaces the older. */
export interface Telling {
  key: string
  /** What a refusal of this one means for others. */
  channel: string
  /** Another state is told at once. */
  state: OutcomeState
  /** Another text in the same state may wait so long. */
  pauseMs: number
  text: string
  what: ToldStatus | ToldDeployment | ToldComment
}
export interface ToldStatus {
  kind: 'status'
  commit: string
  name: string
}
export interface ToldDeployment {
  kind: 'deployment'
  /** Reference and digest of the image that knows its source. */
  image: string
  digest: string
  environment: string
}
export interface ToldComment {
  kind: 'comment'
  number: number
  marker: string
}

export interface TellingFacts {
  request: UpdateRequest
  /** Delivered requests of the same pull request, the request among them; none without one. */
  together: readonly UpdateRequest[]
  /** What took a request back, if anything did. */
  takenBackBy: (request: UpdateRequest) => UpdateRequest | undefined
  /** Normalised URL of the repository. */
  repository: string
  cluster: string
  /** Template of the comment. */
  template: string
}

/**
 * Rollouts are mostly over before that, and then nothing was told between begin and end. What was taken back is told at
 * once: it ends the matter.
 */
const statusPauseMs = 60_000
const commentPauseMs = 10_000

/** Everything that the host is told about a delivered request, as its status says now. Pure. */
export function decideTellings(facts: TellingFacts): Telling[] {
  const outcomes = outcomesOf(facts.request, facts.takenBackBy(facts.request))
  return [...statuses(facts, outcomes), ...comment(facts), ...deployments(facts, outcomes)]
}

function statuses({ request, repository, cluster }: TellingFacts, outcomes: readonly WorkloadOutcome[]): Telling[] {
  const { commit } = request.status ?? {}
  if (commit === undefined) return []
  return outcomes.map((outcome) => {
    const { name, state, text } = outcomeStatus(cluster, outcome)
    return {
      key: `${repository} ${commit} ${name}`,
      channel: `${repository} status`,
      ...{ state, text, pauseMs: outcome.rollback === undefined ? statusPauseMs : 0 },
      what: { kind: 'status', commit, name },
    }
  })
}

function comment({ request, together, takenBackBy, repository, cluster, template }: TellingFacts): Telling[] {
  const { pullRequest } = request.status ?? {}
  if (pullRequest === undefined) return []
  const { number } = pullRequest
  const outcomes = together.flatMap((one) => outcomesOf(one, takenBackBy(one)))
  return [
    {
      key: `${repository} #${number}`,
      channel: `${repository} comment`,
      state: together.every(isRolledOut) ? 'success' : 'pending',
      pauseMs: outcomes.some(({ rollback }) => rollback !== undefined) ? 0 : commentPauseMs,
      text: renderOutcome(template, { cluster, outcomes }),
      what: { kind: 'comment', number, marker: outcomeMarker(cluster) },
    },
  ]
}

/** One for each namespace: hosts keep one state of a revision in an environment. */
function deployments({ request, repository, cluster }: TellingFacts, outcomes: readonly WorkloadOutcome[]): Telling[] {
  const { to, digest } = request.spec.change
  if (digest === undefined || isAboutChart(request)) return []
  const namespaces = new Map<string, WorkloadOutcome[]>()
  for (const outcome of outcomes) {
    const namespace = outcome.workload.split('/')[1] ?? ''
    namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), outcome])
  }
  return [...namespaces].map(([namespace, ours]) => {
    const environment = `${cluster}/${namespace}`
    return {
      key: `${repository} ${to} ${digest} ${environment}`,
      channel: `${repository} deployment ${imageName(to)}`,
      ...worst(cluster, ours),
      pauseMs: statusPauseMs,
      what: { kind: 'deployment', image: to, digest, environment },
    }
  })
}

const severity: Readonly<Record<OutcomeState, number>> = { failure: 2, pending: 1, success: 0 }

function worst(cluster: string, outcomes: readonly WorkloadOutcome[]): Pick<Telling, 'state' | 'text'> {
  const told = outcomes.map((one) => outcomeStatus(cluster, one)).sort((a, b) => severity[b.state] - severity[a.state])
  const [{ state, text } = { state: 'pending', text: '' } as const] = told
  return { state, text }
}

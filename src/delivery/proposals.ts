import { isDeepStrictEqual } from 'node:util'
import type { UpdateRequest } from '../api/update-request.ts'
import type { WantedChange } from '../core/pull-request/merge.ts'
import type { ProposedChange } from '../core/pull-request/proposed-change.ts'
import type { FairleadError } from '../errors.ts'
import type { Delivery } from './delivery.ts'

/** Where a proposal lies: its branch, the branch it is for, and their repository. */
export interface ProposalPlace {
  /** Normalised URL. */
  repository: string
  base: string
  branch: string
}

/** Key of a proposal in queues and maps; no part of it can hold a blank. */
export function proposalKey({ repository, base, branch }: ProposalPlace): string {
  return `${repository} ${base} ${branch}`
}

export function readProposalKey(key: string): ProposalPlace {
  const [repository = '', base = '', branch = ''] = key.split(' ')
  return { repository, base, branch }
}

/** A request that may be proposed now. */
export interface ProposalMember {
  /** `namespace/name` of the request. */
  key: string
  request: UpdateRequest
  wanted: WantedChange
  /** As people are told of it. */
  change: ProposedChange
  /** Nobody says now where the application behind it is developed, so what people are told is not complete. */
  isIncomplete: boolean
  /** To look whether the base holds it; its bytes are not those of the commit. */
  look: Delivery
  /** The value that the base holds, as far as it is here. */
  standing: string
  /** Asks registry and policy once more; rejects when something else is chosen by now. Then it is as it is committed. */
  confirm(): Promise<Delivery>
}

/** The requests that share a proposal. */
export interface ProposalGroup {
  members: readonly ProposalMember[]
  /** Open ones that something holds. */
  held: readonly { key: string; reason: string; message: string }[]
  /** Those that came to an end. */
  ended: readonly EndedRequest[]
  /** The kill switch, general or of the repository. */
  suspended: boolean
  /** Whose requests these are; other clusters may propose in the same repository. */
  cluster: string
}

/** A request that came to an end: rejected in its proposal, rejected elsewhere, or in another way. */
export interface EndedRequest {
  /** `Fairlead-Id` of its change. */
  id: string
  kind: 'closed' | 'rejected' | 'done'
  message: string
}

/** A proposal as the status of a request names it. */
export interface ProposalLink {
  number: number
  url: string
}

/** What became of a request that is proposed. */
export type ProposalOutcome =
  | { kind: 'open'; link: ProposalLink | undefined; reason: string; message: string; degraded: boolean }
  | { kind: 'merged'; link: ProposalLink; commit: string | undefined; approvedBy: string | undefined; at: Date }
  | { kind: 'rejected'; link: ProposalLink; by: string; at: Date; message: string }
  /** The base holds it already, and by no proposal of ours. */
  | { kind: 'settled'; commit: string | undefined }
  | { kind: 'refused'; link: ProposalLink | undefined; error: FairleadError }

/**
 * What is known about proposals, between those who decide about requests and those who speak with the host. Only a memory:
 * the host knows it all.
 */
export interface Proposals {
  /** By the `namespace/name` of a request. */
  outcome(key: string): ProposalOutcome | undefined
  /** Says how a request stands that belongs into a proposal; those who speak with the host hear of it when that is new. */
  stand(key: string, place: ProposalPlace, standing: string): void
  /** It does not belong there any more. */
  leave(key: string): void
  /** What was said about a proposal, by `proposalKey`, was not heard; said again, it is new. */
  unheard(proposal: string): void
  /** Says what became of a request; those who decide about it hear of it when that is new. */
  conclude(key: string, outcome: ProposalOutcome): void
}

export interface ProposalsDeps {
  /** By `proposalKey`. */
  wakeProposal(key: string): void
  /** By `namespace/name`. */
  wakeRequest(key: string): void
}

export function createProposals({ wakeProposal, wakeRequest }: ProposalsDeps): Proposals {
  const outcomes = new Map<string, ProposalOutcome>()
  const standings = new Map<string, { proposal: string; standing: string }>()
  return {
    outcome: (key) => outcomes.get(key),
    stand(key, place, standing) {
      const next = { proposal: proposalKey(place), standing }
      if (isDeepStrictEqual(standings.get(key), next)) return
      standings.set(key, next)
      wakeProposal(next.proposal)
    },
    leave(key) {
      outcomes.delete(key)
      const known = standings.get(key)
      if (known === undefined) return
      standings.delete(key)
      wakeProposal(known.proposal)
    },
    unheard(proposal) {
      for (const [key, known] of standings) if (known.proposal === proposal) standings.delete(key)
    },
    conclude(key, outcome) {
      if (isDeepStrictEqual(outcomes.get(key), outcome)) return
      outcomes.set(key, outcome)
      wakeRequest(key)
    },
  }
}

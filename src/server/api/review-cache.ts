import { createHash } from 'node:crypto'
import type { AccessReview, Clock } from '../../ports.ts'

/** How long "yes" holds: a right that was taken away, or a token that ran out, works so long at most. */
const yesMs = 10_000
/** How long "no" holds: whoever was just given a right should not wait for it. */
const noMs = 2_000
/** Answers kept of each kind; the oldest go first. */
const limit = 1_000

/**
 * Reviews, remembered for seconds, so that a page of requests is one question to the API server. An answer belongs to
 * one token, or to one identity with all its groups, and never to another. The tokens themselves are not kept.
 */
export function createReviewCache(review: AccessReview, clock: Clock): AccessReview {
  const identities = createMemory<Awaited<ReturnType<AccessReview['identify']>>>(clock, (one) => one !== undefined)
  const rights = createMemory<boolean>(clock, (one) => one)
  return {
    identify: (token) => identities(createHash('sha256').update(token).digest('base64'), () => review.identify(token)),
    may(identity, question) {
      const { name, uid, groups, extra } = identity
      const { verb, resource, subresource, namespace } = question
      const asked = [verb, resource.group, resource.plural, subresource, namespace]
      return rights(JSON.stringify([name, uid, groups, extra, ...asked]), () => review.may(identity, question))
    },
  }
}

/** Answers by key. The same question asked at the same time is one question; a failure is not remembered. */
function createMemory<T>(clock: Clock, isYes: (answer: T) => boolean) {
  const known = new Map<string, { answer: Promise<T>; untilMs: number }>()

  return (key: string, ask: () => Promise<T>): Promise<T> => {
    const remembered = known.get(key)
    if (remembered !== undefined && clock.monotonicMs() < remembered.untilMs) return remembered.answer
    known.delete(key)
    const entry = { answer: ask(), untilMs: Number.POSITIVE_INFINITY }
    known.set(key, entry)
    for (const oldest of known.keys()) {
      if (known.size <= limit) break
      known.delete(oldest)
    }
    entry.answer.then(
      (answer) => {
        entry.untilMs = clock.monotonicMs() + (isYes(answer) ? yesMs : noMs)
      },
      () => {
        if (known.get(key) === entry) known.delete(key)
      },
    )
    return entry.answer
  }
}

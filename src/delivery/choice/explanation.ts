/** How a decision was reached: how many tags got which verdict, and those nearest to the choice. */
export interface Explanation {
  verdicts: Record<string, number>
  candidates: { tag: string; verdict: string }[]
}

/** Explanations on their way from the decision to the status of its request. The newest 1,000 are kept. */
export interface Explanations {
  /** `key` is the request's `namespace/name`. */
  put(key: string, explanation: Explanation): void
  get(key: string): Explanation | undefined
}

const limit = 1_000

export function createExplanations(): Explanations {
  const kept = new Map<string, Explanation>()
  return {
    put(key, explanation) {
      kept.delete(key)
      kept.set(key, explanation)
      for (const oldest of kept.keys()) {
        if (kept.size <= limit) break
        kept.delete(oldest)
      }
    },
    get: (key) => kept.get(key),
  }
}

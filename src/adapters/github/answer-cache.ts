import type { HttpResponse } from '../../ports.ts'

/** Answers with their `ETag`, so that what did not change need not be sent again. */
export interface AnswerCache {
  /** The `ETag` to ask with; undefined when nothing is known. */
  etagOf(url: string): string | undefined
  /**
   * The answer to use for one that came: a 304 becomes the answer that is known, with the new one's headers before its
   * own; others are kept when they have an `ETag`.
   */
  resolve(url: string, answer: HttpResponse): HttpResponse
}

/** Keeps at most `maxBytes` of bodies; those used longest ago go first. */
export function createAnswerCache(maxBytes: number): AnswerCache {
  const known = new Map<string, HttpResponse>()
  let bytes = 0

  function forget(url: string): void {
    bytes -= known.get(url)?.body.byteLength ?? 0
    known.delete(url)
  }

  function keep(url: string, answer: HttpResponse): void {
    forget(url)
    known.set(url, answer)
    bytes += answer.body.byteLength
    for (const oldest of known.keys()) {
      if (bytes <= maxBytes) return
      forget(oldest)
    }
  }

  return {
    etagOf: (url) => known.get(url)?.headers['etag'],
    resolve(url, answer) {
      const before = known.get(url)
      if (answer.status === 304 && before !== undefined) {
        const { status, body } = before
        keep(url, before)
        return { status, body, headers: { ...before.headers, ...answer.headers, etag: before.headers['etag'] ?? '' } }
      }
      if (answer.status === 200 && answer.headers['etag'] !== undefined) keep(url, answer)
      else forget(url)
      return answer
    },
  }
}

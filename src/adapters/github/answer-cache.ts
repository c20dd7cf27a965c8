import type { HttpResponse } from '../../ports.ts'

/** Answers with their `ETag`, so that what did not change need not be sent again. */
export interface AnswerCache {
  /** What is known, to ask with its `ETag`. */
  find(url: string): HttpResponse | undefined
  /**
   * The answer to use for one that came: a 304 becomes the one that was asked with, under the headers of the new one;
   * others are kept when they have an `ETag`.
   */
  resolve(url: string, answer: HttpResponse, asked: HttpResponse | undefined): HttpResponse
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
    find: (url) => known.get(url),
    resolve(url, answer, asked) {
      if (answer.status === 304 && asked !== undefined) {
        keep(url, asked)
        const { status, body, headers } = asked
        return { status, body, headers: { ...headers, ...answer.headers, etag: headers['etag'] ?? '' } }
      }
      if (answer.status === 200 && answer.headers['etag'] !== undefined) keep(url, answer)
      else forget(url)
      return answer
    },
  }
}

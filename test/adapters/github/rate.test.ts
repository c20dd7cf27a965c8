import { describe, expect, it } from 'vitest'
import { type RatedAnswer, readRate } from '../../../src/adapters/github/rate.ts'

const now = new Date('2026-01-01T10:00:00Z')
const resetInTen = String(Date.parse('2026-01-01T10:00:10Z') / 1000)
const limits = { 'x-ratelimit-limit': '5000', 'x-ratelimit-reset': resetInTen }
const secondary = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.'

describe('how long an answer asks for silence', () => {
  const rows: [sentence: string, answer: Partial<RatedAnswer>, silenceMs: number | undefined][] = [
    ['an answer that is fine asks for none', { status: 200 }, undefined],
    ['nor does a 403 about rights', { status: 403, words: 'Resource not accessible by integration' }, undefined],
    ['a 403 with retry-after says it itself', { status: 403, headers: { 'retry-after': '30' } }, 30_000],
    ['so does a 429', { status: 429, headers: { 'retry-after': '7' } }, 7_000],
    ['retry-after is believed for a day at most', { status: 429, headers: { 'retry-after': '999999999' } }, 86_400_000],
    [
      'nothing left means until the reset',
      { status: 403, headers: { ...limits, 'x-ratelimit-remaining': '0' } },
      10_000,
    ],
    ['a secondary limit without a time means a minute', { status: 403, words: secondary }, 60_000],
    [
      'also while requests are left',
      { status: 403, words: secondary, headers: { ...limits, 'x-ratelimit-remaining': '9' } },
      60_000,
    ],
    ['a bare 429 means a minute', { status: 429 }, 60_000],
    ['a GraphQL answer can hold the limit', { status: 200, words: 'API rate limit exceeded for installation' }, 60_000],
    ['a time that is none is not believed', { status: 429, headers: { 'retry-after': 'soon' } }, 60_000],
  ]
  it.each(rows)('%s', (_sentence, answer, silenceMs) => {
    expect(readRate({ status: 200, headers: {}, words: '', ...answer }, now).silenceMs).toBe(silenceMs)
  })
})

describe('what is left', () => {
  const headers = { ...limits, 'x-ratelimit-remaining': '4999' }

  it('is read from the headers of any answer', () => {
    expect(readRate({ status: 200, headers, words: '' }, now).allowance).toEqual({
      limit: 5000,
      remaining: 4999,
      resetsInMs: 10_000,
    })
  })

  it('is counted on the clock of the host', () => {
    const late = { ...headers, date: 'Thu, 01 Jan 2026 10:00:04 GMT' }
    expect(readRate({ status: 200, headers: late, words: '' }, now).allowance?.resetsInMs).toBe(6_000)
  })

  it('is unknown when the host does not tell all of it', () => {
    expect(readRate({ status: 200, headers: limits, words: '' }, now).allowance).toBeUndefined()
  })
})

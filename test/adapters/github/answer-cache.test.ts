import { describe, expect, it } from 'vitest'
import { createAnswerCache } from '../../../src/adapters/github/answer-cache.ts'

const answer = (etag: string | undefined, text: string, status = 200) => ({
  status,
  headers: { ...(etag === undefined ? {} : { etag }), date: text },
  body: new TextEncoder().encode(text),
})

describe('answers that are kept', () => {
  it('stand for a 304, with what is new in its headers', () => {
    const cache = createAnswerCache(100)
    cache.resolve('a', answer('"1"', 'old'), undefined)
    const used = cache.resolve('a', answer('"other"', 'new', 304), cache.find('a'))
    expect(used).toEqual({ ...answer('"1"', 'old'), headers: { etag: '"1"', date: 'new' } })
  })

  it('stand for it also when they had to go meanwhile', () => {
    const cache = createAnswerCache(3)
    cache.resolve('a', answer('"1"', 'old'), undefined)
    const asked = cache.find('a')
    cache.resolve('b', answer('"2"', 'new'), undefined)
    expect(cache.find('a')).toBeUndefined()
    expect(cache.resolve('a', answer(undefined, '', 304), asked).status).toBe(200)
  })

  it('go when they were used longest ago', () => {
    const cache = createAnswerCache(6)
    cache.resolve('a', answer('"1"', 'aaa'), undefined)
    cache.resolve('b', answer('"2"', 'bbb'), undefined)
    cache.resolve('a', answer(undefined, '', 304), cache.find('a'))
    cache.resolve('c', answer('"3"', 'ccc'), undefined)
    expect(['a', 'b', 'c'].filter((url) => cache.find(url) !== undefined)).toEqual(['a', 'c'])
  })

  it.each([
    ['an error', answer('"2"', 'gone', 404)],
    ['an answer without an ETag', answer(undefined, 'new')],
  ])('go when %s takes their place', (_what, next) => {
    const cache = createAnswerCache(100)
    cache.resolve('a', answer('"1"', 'old'), undefined)
    expect(cache.resolve('a', next, cache.find('a'))).toBe(next)
    expect(cache.find('a')).toBeUndefined()
  })
})

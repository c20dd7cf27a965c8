import { describe, expect, test } from 'vitest'
import { resources } from '../../../src/api/kubernetes.ts'
import { FairleadError } from '../../../src/errors.ts'
import { createReviewCache } from '../../../src/server/api/review-cache.ts'
import { createFakeAccessReview } from '../../fakes/access-review.ts'
import { createManualClock } from '../../fakes/clock.ts'

const alice = { name: 'alice', uid: '1', groups: ['dev'], extra: {} }
const question = { verb: 'get', resource: resources.updateRequest, namespace: 'prod' }

function aCache() {
  const clock = createManualClock()
  const review = createFakeAccessReview()
  review.know('token', alice)
  review.allow('alice', 'get', 'updaterequests', 'prod')
  return { clock, review, cache: createReviewCache(review, clock) }
}

describe('a review', () => {
  test('is asked once in ten seconds for a known token, also when asked many times at once', async () => {
    const { clock, review, cache } = aCache()
    await Promise.all([cache.identify('token'), cache.identify('token')])
    await clock.advance(9_999)
    expect(await cache.identify('token')).toEqual(alice)
    expect(review.asked).toHaveLength(1)
    review.forget('token')
    await clock.advance(1)
    expect(await cache.identify('token')).toBeUndefined()
  })

  test('is asked again after two seconds for an unknown token', async () => {
    const { clock, review, cache } = aCache()
    expect(await cache.identify('new')).toBeUndefined()
    review.know('new', { name: 'bob' })
    await clock.advance(1_999)
    expect(await cache.identify('new')).toBeUndefined()
    await clock.advance(1)
    expect(await cache.identify('new')).toMatchObject({ name: 'bob' })
  })

  test('of a right holds ten seconds, of its lack two', async () => {
    const { clock, review, cache } = aCache()
    expect(await cache.may(alice, question)).toBe(true)
    expect(await cache.may(alice, { ...question, namespace: 'pay' })).toBe(false)
    await clock.advance(2_000)
    await cache.may(alice, question)
    await cache.may(alice, { ...question, namespace: 'pay' })
    expect(review.asked).toEqual([
      'may alice get updaterequests in prod',
      'may alice get updaterequests in pay',
      'may alice get updaterequests in pay',
    ])
  })

  test('that failed is not remembered', async () => {
    const { review, cache } = aCache()
    review.fail(new FairleadError('ApiUnavailable', 'gone'))
    await expect(cache.identify('token')).rejects.toThrow('gone')
    expect(await cache.identify('token')).toEqual(alice)
  })

  const others: [what: string, identity: typeof alice | (typeof alice & object)][] = [
    ['another name', { ...alice, name: 'bob' }],
    ['other groups', { ...alice, groups: ['ops'] }],
    ['another uid', { ...alice, uid: '2' }],
    ['other extras', { ...alice, extra: { scope: ['read'] } }],
    ['a name that holds another’s groups', { ...alice, name: 'alice","1",["dev"]', groups: [] }],
  ]
  test.each(others)('is never that of somebody else: %s', async (_, identity) => {
    const { review, cache } = aCache()
    await cache.may(alice, question)
    await cache.may(identity, question)
    expect(review.asked).toHaveLength(2)
  })

  test('is never that of another question', async () => {
    const { review, cache } = aCache()
    const questions = [
      question,
      { ...question, verb: 'update' },
      { ...question, subresource: 'approve' },
      { ...question, namespace: '' },
      { ...question, resource: resources.deployment },
    ]
    for (const one of [...questions, ...questions]) await cache.may(alice, one)
    expect(review.asked).toHaveLength(questions.length)
  })

  test('is forgotten when a thousand others came after it', async () => {
    const { review, cache } = aCache()
    await cache.identify('token')
    for (let i = 0; i < 1_000; i++) await cache.identify(`guess-${i}`)
    await cache.identify('token')
    expect(review.asked).toHaveLength(1_002)
  })
})

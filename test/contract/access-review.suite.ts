import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { AccessQuestion, AccessReview, Identity } from '../../src/ports.ts'

/** Reviews to test, with an account `shop/approver` that may approve in `shop` and nowhere else. */
export interface ReviewWorld {
  review: AccessReview
  /** A valid token of the account. */
  token: string
  /** Makes that token invalid; undefined where time would have to pass. */
  expire?: () => Promise<void>
  /** Reviews that want tokens for this audience. */
  reviewFor(audience: string): AccessReview
  /** A valid token of the account for an audience. */
  tokenFor(audience: string): Promise<string>
  close(): Promise<void>
}

const approving = (namespace: string): AccessQuestion => ({
  verb: 'update',
  resource: resources.updateRequest,
  subresource: 'approve',
  namespace,
})

/** What every implementation of `AccessReview` must do. */
export function describeAccessReview(name: string, open: () => Promise<ReviewWorld>): void {
  describe(name, () => {
    let world: ReviewWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())

    const known = async (token: string, review = world.review): Promise<Identity> => {
      const identity = await review.identify(token)
      if (identity === undefined) throw new Error('nobody knows the token')
      return identity
    }

    it('knows whose token it is, with the groups', async () => {
      const identity = await known(world.token)
      expect(identity.name).toBe('system:serviceaccount:shop:approver')
      expect(identity.groups).toContain('system:serviceaccounts:shop')
    })

    const nobody: [what: string, token: string][] = [
      ['an unknown one', 'made-up'],
      ['an empty one', ''],
      ['one that looks real', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06YWRtaW4ifQ.c2lnbmF0dXJl'],
    ]
    it.each(nobody)('says that a token is nobody’s: %s', async (_, token) => {
      expect(await world.review.identify(token)).toBeUndefined()
    })

    it('says so of one that has run out', async ({ skip }) => {
      if (world.expire === undefined) return skip()
      await world.expire()
      expect(await world.review.identify(world.token)).toBeUndefined()
    })

    const rows: [what: string, question: AccessQuestion, expected: boolean][] = [
      ['may what its role says', approving('shop'), true],
      ['may not do it in another namespace', approving('pay'), false],
      ['may not do it everywhere', approving(''), false],
      ['may not do something else with it', { ...approving('shop'), verb: 'delete' }, false],
      [
        'may not write the object itself',
        { verb: 'update', resource: resources.updateRequest, namespace: 'shop' },
        false,
      ],
      ['may not write its status', { ...approving('shop'), subresource: 'status' }, false],
    ]
    it.each(rows)('knows that the account %s', async (_, question, expected) => {
      expect(await world.review.may(await known(world.token), question)).toBe(expected)
    })

    it('goes by the groups too, and only by those of the identity', async () => {
      const identity = await known(world.token)
      expect(await world.review.may({ ...identity, name: 'mallory', groups: [], uid: '' }, approving('shop'))).toBe(
        false,
      )
      const admins = { name: 'root', uid: '', groups: ['system:masters'], extra: {} }
      expect(await world.review.may(admins, approving('pay'))).toBe(true)
    })

    it('wants tokens for the configured audience, and no others', async () => {
      const review = world.reviewFor('fairlead')
      expect(await review.identify(world.token)).toBeUndefined()
      const token = await world.tokenFor('fairlead')
      expect((await known(token, review)).name).toBe('system:serviceaccount:shop:approver')
      expect(await world.review.identify(token)).toBeUndefined()
    })
  })
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PullRequest } from '../../src/sandbox/github/hosted-repository.ts'
import type { LoggedRequest } from '../../src/sandbox/github/request-log.ts'
import { isOwnWrite, writesOf } from './audit.ts'
import { eventually } from './eventually.ts'
import { botLogin } from './github.ts'
import { conditionOf, valueAt } from './kubernetes.ts'
import { type Market, openMarket } from './market.ts'
import { hasReason, manifestOf, offers, pullRequestOf, requestFor, type Shop, type Wanted } from './shop.ts'
import { nextCommit, untilApplied } from './world.ts'

/** Pull requests at a GitHub, with people and CI on its API, and everything else real. */

let market: Market
/** When nothing happened any more to the pull request of `idle`, and how often the host had been asked until then. */
let idleSince: { requests: number; ms: number }

beforeAll(async () => {
  market = await openMarket()
  await market.start()
})

afterAll(() => market?.stop())

const requestIs = (one: Shop, tag: string, phase: string, isSo?: Wanted['isSo']) =>
  requestFor(one, tag, { phase, ...(isSo && { isSo }), ...market.watched() })

const pullRequest = (one: Shop, what: string, isSo: (one: PullRequest) => boolean) =>
  pullRequestOf(one, what, isSo, market.watched())

const addressed = (one: Shop, tag: string) =>
  pullRequest(one, `alice is asked for ${tag}`, (each) => offers(tag)(each) && each.reviewers.has('alice'))

describe('a release that is proposed', () => {
  let number: number
  let before: string

  test('becomes one pull request, addressed as configured, and nothing on main', async () => {
    const { shop, idle } = market
    before = await shop.gitops.head()
    await shop.release('web', '1.1.0')
    const found = await addressed(shop, '1.1.0')
    const digest = String(valueAt(await requestIs(shop, '1.1.0', 'Pending'), 'spec', 'change', 'digest'))

    expect(found).toMatchObject({ base: 'main', author: { login: botLogin } })
    expect([...found.labels]).toEqual(['images'])
    expect(found.title).toBe(`Update ${shop.image('web', '').slice(0, -1)} to 1.1.0 in shop/web`)
    expect(found.body).toContain(`${shop.image('web', '1.0.0')}\` → \`${shop.image('web', '1.1.0')}`)
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(found.body).toContain(digest)
    expect(shop.control.pulls()).toHaveLength(1)
    expect(shop.commitsOf(found)).toHaveLength(1)
    expect(await shop.gitops.file(found.headSha, 'apps/web.yaml')).toBe(manifestOf(shop, '1.1.0'))
    expect(await shop.gitops.head()).toBe(before)
    number = found.number
    await requestIs(idle, '1.1.0', 'Pending', hasReason('ReviewRequired'))
    idleSince = { requests: idleRequests().length, ms: performance.now() }
  })

  test('is moved to a newer one in place', async () => {
    const { shop } = market
    await shop.release('web', '1.2.0')
    const found = await pullRequest(shop, 'it holds 1.2.0', offers('1.2.0'))
    await requestIs(shop, '1.1.0', 'Superseded')

    expect(found.number).toBe(number)
    expect(shop.commitsOf(found)).toHaveLength(1)
    expect(await shop.gitops.file(found.headSha, 'apps/web.yaml')).toBe(manifestOf(shop, '1.2.0'))
    expect(shop.control.pulls()).toHaveLength(1)
    expect(await shop.gitops.head()).toBe(before)
  })

  test('is merged by the rule once it is approved and green, applied by Flux, and followed to success', async () => {
    const { shop } = market
    const { headSha } = shop.control.pull(number)
    await shop.alice.approve(number)
    await requestIs(shop, '1.2.0', 'Pending', hasReason('ChecksPending'))
    await shop.ci.check(headSha, 'ci/build', 'green')
    const { merged } = await pullRequest(shop, 'it is merged', (one) => one.merged !== undefined)
    const commit = merged?.commit ?? ''

    expect(merged?.by.login).toBe(botLogin)
    expect(await shop.gitops.commitsSince(before)).toMatchObject([{ id: commit, files: ['apps/web.yaml'] }])
    expect(await shop.gitops.file(commit, 'apps/web.yaml')).toBe(manifestOf(shop, '1.2.0'))
    await untilApplied(shop, 'shop', commit)
    const ended = await requestIs(shop, '1.2.0', 'Completed', (one) => conditionOf(one, 'RolledOut') === 'True')
    expect(valueAt(ended, 'status')).toMatchObject({ approvedBy: 'alice', commit, pullRequest: { number } })
    expect(conditionOf(ended, 'Applied')).toBe('True')
  })

  test('is told about at its commit and in one comment', async () => {
    const { shop, hub } = market
    const commit = await shop.gitops.head()
    const told = await eventually(
      'the status of the merge commit is success',
      async () => (await shop.ci.statuses(commit)).find(({ state }) => state === 'success'),
      market.watched(),
    )
    expect(told.name).toBe('fairlead/e2e/shop/web')
    const comment = await eventually(
      'the comment says that it is rolled out',
      async () => (await shop.ci.comments(number)).find(({ text }) => text.includes('Rolled out')),
      market.watched(),
    )
    expect(comment.by).toBe(botLogin)
    expect(await shop.ci.comments(number)).toHaveLength(1)
    const { head } = shop.control.pull(number)
    const isGone = () => (hub.git.head(shop.control.fullName(), head) === undefined ? true : undefined)
    await eventually('its branch is deleted', isGone, market.watched())
  })

  test('is rejected by whoever closes it', async () => {
    const { shop } = market
    await shop.release('web', '1.3.0')
    const found = await pullRequest(shop, 'it holds 1.3.0', offers('1.3.0'))
    await shop.bob.close(found.number)
    const rejected = await requestIs(shop, '1.3.0', 'Rejected')
    expect(valueAt(rejected, 'status')).toMatchObject({ rejectedBy: 'bob', pullRequest: { number: found.number } })
  })
})

test('a protected branch that refuses the push gets a pull request instead, which a person merges', async () => {
  const { guarded } = market
  const before = await guarded.gitops.head()
  guarded.control.protect('main')
  await guarded.release('web', '1.1.0')
  const refused = await requestIs(guarded, '1.1.0', 'Pending', (one) => conditionOf(one, 'Pushed') === 'False')
  expect(JSON.stringify(valueAt(refused, 'status', 'conditions'))).toMatch(
    /GH006.*Changes must be made through a pull request\./,
  )
  const { number } = await pullRequest(guarded, 'it is proposed', offers('1.1.0'))
  expect(await guarded.gitops.head()).toBe(before)

  await guarded.alice.merge(number)
  const commit = await guarded.gitops.head()
  expect(valueAt(await requestIs(guarded, '1.1.0', 'Completed'), 'status')).toMatchObject({
    approvedBy: 'alice',
    commit,
    pullRequest: { number },
  })
  await untilApplied(guarded, 'guarded', commit)
  expect(await guarded.gitops.commitsSince(before)).toMatchObject([{ id: commit, files: ['apps/web.yaml'] }])
  expect(guarded.control.pulls()).toHaveLength(1)
})

test('commits that the host signs are verified there, and applied', async () => {
  const { signed } = market
  const before = await signed.gitops.head()
  await signed.release('web', '1.1.0')
  const commit = await nextCommit(signed, before, market.fairlead())
  const verified = async (id: string) =>
    valueAt(await signed.ask('GET', `commits/${id}`), 'commit', 'verification', 'verified')

  expect(commit).toMatchObject({ files: ['apps/web.yaml'] })
  expect(commit.message).toMatch(/^Fairlead-Id: [0-9a-f]{16}$/m)
  expect(await signed.gitops.file(commit.id, 'apps/web.yaml')).toBe(manifestOf(signed, '1.1.0'))
  expect([await verified(before), await verified(commit.id)]).toEqual([false, true])
  await untilApplied(signed, 'signed', commit.id)
  expect(valueAt(await requestIs(signed, '1.1.0', 'Completed'), 'status', 'commit')).toBe(commit.id)
  expect(await signed.gitops.commitsSince(before)).toHaveLength(1)
})

const pollMs = 10_000

const idleRequests = () => market.hub.github.requests.filter(({ path }) => path.startsWith('/repos/acme/idle/'))

test('an open pull request that nothing happens to costs one conditional list a poll', async () => {
  const isPoll = ({ method, path }: LoggedRequest) => method === 'GET' && path.startsWith('/repos/acme/idle/pulls?')
  const isUnchanged = (one: LoggedRequest) => isPoll(one) && one.isConditional && one.status === 304
  const since = () => idleRequests().slice(idleSince.requests)
  const twice = () => (since().filter(isUnchanged).length >= 2 ? true : undefined)
  await eventually('two polls found nothing new', twice, market.watched())

  const intervals = (performance.now() - idleSince.ms) / pollMs
  expect(since().filter(isPoll).length).toBeLessThanOrEqual(intervals + 1)
  expect(since().filter(({ method }) => method !== 'GET')).toEqual([])
  expect(
    since()
      .slice(since().findIndex(isUnchanged))
      .filter((one) => !isUnchanged(one)),
  ).toEqual([])
  expect(market.idle.control.pulls()).toMatchObject([{ state: 'open', comments: [] }])
})

test('what was closed is not proposed again after a lost cluster, and a newer version is', async () => {
  const { shop } = market
  const known = shop.control.pulls().length
  expect(await market.fairlead().component.end('SIGTERM')).toBe('exit 0')
  await market.lab.plane.kubernetes.removeAll('fairlead.dev/v1alpha1', 'UpdateRequest', 'shop')
  await market.start()
  const rejected = await requestIs(shop, '1.3.0', 'Rejected')
  expect(valueAt(rejected, 'status', 'rejectedBy')).toBe('bob')
  expect(shop.control.pulls()).toHaveLength(known)

  await shop.release('web', '1.4.0')
  const { number } = await pullRequest(shop, 'it holds 1.4.0', offers('1.4.0'))
  expect(shop.control.pulls()).toHaveLength(known + 1)
  await shop.bob.close(number)
  await requestIs(shop, '1.4.0', 'Rejected')
})

test('killed at every write on the way, it ends with one pull request and one merge', async () => {
  const { shop } = market
  const before = await shop.gitops.head()
  await Promise.all([market.killedByPush(), shop.release('web', '1.5.0')])
  await Promise.all([market.killedBy('POST', /^\/repos\/acme\/shop\/pulls$/), market.startAgain()])
  await Promise.all([market.killedBy('POST', /requested_reviewers$/), market.startAgain()])
  await market.startAgain()
  const { number, headSha } = await addressed(shop, '1.5.0')
  await shop.ci.check(headSha, 'ci/build', 'green')
  await Promise.all([market.killedBy('PUT', /\/merge$/), shop.alice.approve(number)])
  await market.startAgain()

  const commit = await shop.gitops.head()
  const ended = await requestIs(shop, '1.5.0', 'Completed')
  expect(valueAt(ended, 'status')).toMatchObject({ approvedBy: 'alice', commit, pullRequest: { number } })
  await untilApplied(shop, 'shop', commit)
  expect(await shop.gitops.commitsSince(before)).toMatchObject([{ id: commit, files: ['apps/web.yaml'] }])
  expect(shop.control.pulls().filter(({ title }) => title.includes('1.5.0'))).toHaveLength(1)
  const merges = market.hub.github.requests.filter(({ path }) => path.endsWith(`/acme/shop/pulls/${number}/merge`))
  expect(merges.map(({ method, status }) => `${method} ${status}`)).toEqual(['PUT 200'])
})

describe('all that time', () => {
  test('fairlead wrote its own kinds and nothing else to the cluster, and nothing it tried was forbidden', async () => {
    const writes = await writesOf(market.lab.plane.auditLog, market.account.user)
    expect(writes.map(({ resource }) => resource)).toContain('fairlead.dev/updaterequests/status')
    expect(writes.filter((write) => !isOwnWrite(write) || write.code === 401 || write.code === 403)).toEqual([])
  })

  test('no token was written to a log of fairlead', async () => {
    for (let number = 1; number <= market.starts(); number += 1) {
      const log = await readFile(join(market.lab.dir, `fairlead-${number}.log`), 'utf8')
      expect(log).toContain('holds the lease')
      for (const secret of [market.hub.token, market.hub.webhookSecret]) expect(log.includes(secret)).toBe(false)
    }
  })
})

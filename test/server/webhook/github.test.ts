import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createWebhookRelay } from '../../../src/server/webhook/relay.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { readFixture } from './fixture.ts'
import { anHttp, aWebhookServer, secret, type World, type WorldOptions } from './world.ts'

const ours = { repository: 'github.com/acme/gitops', receiver: 'github' }
const pullRequest = { ...ours, about: 'pull-request', branch: 'fairlead/prod-web-0123abcd' }
const sign = (body: Buffer, key = secret) => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`

/** A server with the receiver `github`, to which one repository is known. */
function aGitHubServer(options: WorldOptions = {}): Promise<World> {
  return aWebhookServer({
    receivers: (secretFile) => [{ name: 'github', type: 'github', auth: 'hmac', secretFile }],
    repository: (address) => (address === 'https://github.com/Acme/gitops.git' ? ours.repository : undefined),
    ...options,
  })
}

/** Posts a recorded event, signed, with other headers where a test wants them; the status and what was counted. */
async function deliver({ post }: World, name: string, headers: Record<string, string> = {}, body?: Buffer) {
  const fixture = readFixture(name)
  const sent = body ?? fixture.body
  const answer = await post('/webhook/github', {
    headers: { ...fixture.headers, 'x-hub-signature-256': sign(sent), ...headers },
    body: sent,
  })
  return [answer.status, JSON.parse(answer.body)]
}

const taken = (accepted: number, repeated = 0, foreign = 0) => [202, { accepted, repeated, foreign }]

/** A recorded event with some of it replaced. */
function changed(name: string, change: (event: Record<string, unknown>) => object): Buffer {
  return Buffer.from(JSON.stringify(change(JSON.parse(readFixture(name).body.toString()))))
}

describe('a webhook of GitHub', () => {
  it('unites news of images, branches and pull requests, and is quiet about the rest', async () => {
    const world = await aGitHubServer()
    expect(await deliver(world, 'github-ping')).toEqual(taken(0))
    expect(await deliver(world, 'github-issues')).toEqual(taken(0))
    expect(await deliver(world, 'github-package')).toEqual(taken(1))
    expect(await deliver(world, 'github-push')).toEqual(taken(1))
    expect(await deliver(world, 'github-review')).toEqual(taken(1))
    expect(world.hints).toEqual([
      { registry: 'ghcr.io', repository: 'acme/app', tag: '1.4.6', receiver: 'github' },
      { ...ours, about: 'branch', branch: 'main' },
      { ...pullRequest, pullRequest: 2 },
    ])
  })

  it('about a repository that is not configured is told to its sender alone', async () => {
    const world = await aGitHubServer()
    expect(await deliver(world, 'github-push-elsewhere')).toEqual(taken(0, 0, 1))
    expect(world.hints).toEqual([])
  })

  it('passes on what it is about and never what is said to have happened, so that late and disordered ones do no harm', async () => {
    const world = await aGitHubServer()
    const days = (body: Record<string, unknown>) => ({ ...body, action: 'opened' })
    await deliver(world, 'github-pull-request-merged')
    await deliver(world, 'github-pull-request-labeled', {}, changed('github-pull-request-labeled', days))
    expect(world.hints).toEqual(Array(2).fill({ ...pullRequest, pullRequest: 2 }))
  })

  it('whose pull request has more labels than anybody reads leads to the same', async () => {
    const world = await aGitHubServer()
    const labels = (count: number) =>
      changed('github-review', (event) => ({
        ...event,
        pull_request: { ...(event['pull_request'] as object), labels: Array(count).fill({ name: 'x'.repeat(50) }) },
      }))
    expect(await deliver(world, 'github-review', {}, labels(1_000))).toEqual(taken(1))
    expect(await deliver(world, 'github-review', { 'x-github-delivery': '2' }, labels(20_000))).toEqual([
      413,
      expect.anything(),
    ])
    expect(await deliver(world, 'github-review', { 'x-github-delivery': '3' })).toEqual(taken(1))
    expect(world.hints).toEqual(Array(2).fill({ ...pullRequest, pullRequest: 2 }))
  })

  const forged: [string, Record<string, string>, Buffer | undefined][] = [
    ['with another secret', { 'x-hub-signature-256': sign(readFixture('github-push').body, 'guess') }, undefined],
    ['with the signature of another body', {}, Buffer.from('{}')],
    ['without a signature', { 'x-hub-signature-256': '' }, undefined],
    ['with the old signature alone', { 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=0' }, undefined],
  ]
  it.each(forged)('%s is refused', async (_, headers, body) => {
    const world = await aGitHubServer()
    const signed = { 'x-hub-signature-256': sign(readFixture('github-push').body), ...headers }
    expect((await deliver(world, 'github-push', signed, body))[0]).toBe(401)
    expect(world.hints).toEqual([])
  })

  it('that is delivered again within a day is known by its delivery', async () => {
    const clock = createManualClock()
    const world = await aGitHubServer({ clock })
    expect(await deliver(world, 'github-status')).toEqual(taken(2))
    expect(await deliver(world, 'github-status')).toEqual(taken(0, 2))
    await clock.advance(24 * 3600 * 1000)
    expect(await deliver(world, 'github-status')).toEqual(taken(2))
  })

  it('that is replayed under another delivery is a hint once more, and nothing else', async () => {
    const world = await aGitHubServer()
    await deliver(world, 'github-push')
    expect(await deliver(world, 'github-push', { 'x-github-delivery': 'made-up' })).toEqual(taken(1))
    expect(world.hints).toEqual(Array(2).fill({ ...ours, about: 'branch', branch: 'main' }))
  })

  const events: [string, string, string, number, number][] = [
    ['a push called a pull request is refused', 'github-push', 'pull_request', 400, 0],
    ['a review called a push is refused', 'github-review', 'push', 400, 0],
    ['a push called a package is no news', 'github-push', 'package', 202, 0],
    ['a push of no event is refused', 'github-push', '', 400, 0],
    ['a push of an event that only the prototype has is no news', 'github-push', 'constructor', 202, 0],
    ['a review called a pull request is about it all the same', 'github-review', 'pull_request', 202, 1],
  ]
  it.each(events)('%s', async (_, fixture, event, status, hints) => {
    const world = await aGitHubServer()
    expect((await deliver(world, fixture, { 'x-github-event': event }))[0]).toBe(status)
    expect(world.hints).toHaveLength(hints)
  })

  const misshapen: [string, string, (event: Record<string, unknown>) => object, string][] = [
    ['without repository', 'github-push', ({ repository: _, ...rest }) => rest, 'repository: '],
    ['without ref', 'github-push', ({ ref: _, ...rest }) => rest, 'ref: '],
    ['with a number that is none', 'github-review', (event) => withNumber(event, -1), 'pull_request.number: '],
    ['with a number in words', 'github-review', (event) => withNumber(event, '2'), 'pull_request.number: '],
    [
      'with too many branches',
      'github-status',
      (event) => ({ ...event, branches: Array(101).fill({ name: 'a' }) }),
      'branches: ',
    ],
  ]
  it.each(misshapen)('%s is refused with the place', async (_, fixture, change, message) => {
    const world = await aGitHubServer()
    const [status, answer] = await deliver(world, fixture, {}, changed(fixture, change))
    expect([status, answer.error.message]).toEqual([400, expect.stringContaining(message)])
    expect(world.hints).toEqual([])
  })

  it('is relayed by a standby with all that the leader needs to read it; what is foreign is not', async () => {
    const leader = await aGitHubServer()
    const relay = createWebhookRelay({ http: anHttp(), holder: () => leader.base })
    const standby = await aGitHubServer({ isLeader: () => false, relay })
    expect(await deliver(standby, 'github-check-run')).toEqual([202, { relayed: true }])
    expect(await deliver(standby, 'github-push-elsewhere')).toEqual(taken(0, 0, 1))
    expect([leader.hints, leader.counted, standby.hints]).toEqual([[pullRequest], ['github 202'], []])
  })
})

function withNumber(event: Record<string, unknown>, number: unknown): object {
  return { ...event, pull_request: { ...(event['pull_request'] as object), number } }
}

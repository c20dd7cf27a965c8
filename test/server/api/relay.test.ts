import { afterEach, describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp } from '../../../src/runtime/http.ts'
import { createApiRelay } from '../../../src/server/api/relay.ts'
import { aRequest, digest, startApi } from './api-world.ts'

const web = aRequest('web')
const path = `/api/v1/updates/prod/${web.metadata.name}/approve`
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

type Api = Awaited<ReturnType<typeof startApi>>

/** Two replicas; the second is a standby that knows where the holder is. */
async function twoReplicas(holder: (leader: Api) => string | undefined = (leader) => new URL(leader.url).host) {
  const leader = await startApi([web])
  const address = holder(leader)
  const http = createHttp({ clock: systemClock, hosts: (host) => (host === address ? { insecure: true } : undefined) })
  const standby = await startApi([web], { relay: createApiRelay({ http, holder: () => address }) })
  standby.state.leads = false
  closing.push(leader.close, standby.close, () => http.close())
  return { leader, standby }
}

describe('a standby', () => {
  test('passes a decision on to the holder of the lease and brings its answer', async () => {
    const { leader, standby } = await twoReplicas()
    const { status, body, headers } = await standby.call('POST', path, { body: { digest } })
    expect([status, body.status.approvedBy]).toEqual([200, 'alice'])
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    expect(leader.done).toEqual([`approve prod/${web.metadata.name} by alice`])
    expect(standby.done).toEqual([])
  })

  test('passes what the caller saw on, and the refusal back', async () => {
    const { standby } = await twoReplicas()
    const { status, body } = await standby.call('POST', path, { headers: { 'if-match': '"other"' } })
    expect([status, body.error.code]).toEqual([409, 'SeenDiffers'])
  })

  test('passes on nobody whom it has not checked itself, and the holder checks again', async () => {
    const { leader, standby } = await twoReplicas()
    expect((await standby.call('POST', path, { token: 'made-up' })).status).toBe(401)
    expect(leader.review.asked).toEqual([])
    leader.review.forget('alice-token')
    expect((await standby.call('POST', path)).status).toBe(401)
    expect(leader.review.asked).toEqual(['identify'])
  })

  test('answers reads itself', async () => {
    const { leader, standby } = await twoReplicas()
    expect((await standby.call('GET', `/api/v1/updates/prod/${web.metadata.name}`)).status).toBe(200)
    expect(leader.review.asked).toEqual([])
  })

  const absent: [what: string, holder: (leader: Api) => string | undefined][] = [
    ['nobody holds the lease', () => undefined],
    ['the holder gave an address that is none', () => 'not an address'],
    ['the holder does not answer', () => '127.0.0.1:1'],
  ]
  test.each(absent)('says that it is worth trying again when %s', async (_, holder) => {
    const { standby } = await twoReplicas(holder)
    const { status, headers } = await standby.call('POST', path)
    expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  })

  test('passes nothing on a second time', async () => {
    const { leader, standby } = await twoReplicas()
    leader.state.leads = false
    const { status, body } = await standby.call('POST', path)
    expect([status, body.error.code]).toEqual([503, 'NotLeader'])
  })
})

test('a holder that loses the lease while it writes is as good as absent', async () => {
  const { leader } = await twoReplicas()
  leader.state.failure = new FairleadError('NotLeader', 'lost')
  expect((await leader.call('POST', path)).status).toBe(503)
})

import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { request as openRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../../src/ports.ts'
import { isSameSecret } from '../../../src/server/webhook/auth.ts'
import { createDeliveries } from '../../../src/server/webhook/deliveries.ts'
import type { WebhookReceiver } from '../../../src/server/webhook/receiver.ts'
import { createWebhookRelay } from '../../../src/server/webhook/relay.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { readFixture } from './fixture.ts'
import { anHttp, aWebhookServer, bearer, eventType, json, pushOne, secret, type WorldOptions } from './world.ts'

const hint = { registry: 'registry.example.com:5000', repository: 'team/app', tag: '1.0.0' }
const ourOwn = Buffer.from('{"image": "registry.example.com:5000/team/app:1.0.0"}')
const sign = (body: Buffer) => `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`

describe('a webhook', () => {
  it('is answered with 202 and taken', async () => {
    const { post, hints, counted } = await aWebhookServer()
    const answer = await post('/webhook/registry')
    expect([answer.status, JSON.parse(answer.body)]).toEqual([202, { accepted: 1, repeated: 0, foreign: 0 }])
    expect(hints).toEqual([{ ...hint, receiver: 'registry' }])
    expect(counted).toEqual(['registry 202'])
  })

  const proofs: [string, string, Record<string, string>, number][] = [
    ['bearer', '/webhook/registry', bearer, 202],
    ['bare header', '/webhook/registry', { authorization: secret }, 202],
    ['no header', '/webhook/registry', {}, 401],
    ['another header', '/webhook/registry', { authorization: 'Bearer wrong' }, 401],
    ['an empty bearer', '/webhook/registry', { authorization: 'Bearer ' }, 401],
    ['nothing where nothing is asked', '/webhook/open', {}, 202],
    ['a secret in a path that has none', `/webhook/open/${secret}`, {}, 404],
    ['the wrong kind of secret', `/webhook/registry/${secret}`, {}, 404],
    ['no secret in the path', '/webhook/hub', bearer, 401],
    ['a wrong secret in the path', '/webhook/hub/wrong', {}, 401],
  ]
  it.each(proofs)('with %s at %s', async (_, path, headers, status) => {
    const { post, hints } = await aWebhookServer()
    expect((await post(path, { headers: { ...eventType, ...headers } })).status).toBe(status)
    expect(hints).toHaveLength(status === 202 ? 1 : 0)
  })

  const signatures: [string, Record<string, string>, number][] = [
    ['a signature', { 'x-hub-signature-256': sign(ourOwn) }, 202],
    ["Flux' signature header", { 'x-signature': sign(ourOwn) }, 202],
    ['a signature in capitals', { 'x-signature': sign(ourOwn).toUpperCase() }, 202],
    ['a signature of something else', { 'x-hub-signature-256': sign(Buffer.from('x')) }, 401],
    ['a signature without its prefix', { 'x-signature': sign(ourOwn).replace('sha256=', '') }, 401],
    ['a weaker signature', { 'x-signature': `sha1=${createHmac('sha1', secret).update(ourOwn).digest('hex')}` }, 401],
    ['the secret instead of a signature', { ...bearer, 'x-signature': secret }, 401],
    ['no signature', bearer, 401],
  ]
  it.each(signatures)('with %s where the body is signed', async (_, headers, status) => {
    const { post, hints } = await aWebhookServer()
    expect((await post('/webhook/signed', { headers: { ...json, ...headers }, body: ourOwn })).status).toBe(status)
    expect(hints).toHaveLength(status === 202 ? 1 : 0)
  })

  it('of Docker Hub brings its secret in the path, which is never logged', async () => {
    const world = await aWebhookServer()
    const answer = await world.post(`/webhook/hub/${secret}`, {
      headers: json,
      body: readFixture('dockerhub-push').body,
    })
    expect(answer.status).toBe(202)
    expect(world.hints).toEqual([{ registry: 'docker.io', repository: 'acme/app', tag: '1.4.6', receiver: 'hub' }])
    await world.post(`/webhook/hub/${secret}`, { headers: json, body: '{' })
    expect(world.lines).not.toContain('hunter2')
    expect(world.lines).not.toBe('')
  })

  const refused: [string, Partial<HttpRequest>, number, RegExp][] = [
    ['of another type', { headers: { ...bearer, 'content-type': 'application/x-www-form-urlencoded' } }, 415, /JSON/],
    ['that is compressed', { headers: { ...bearer, ...json, 'content-encoding': 'gzip' } }, 415, /compression/],
    ['of no type', { headers: bearer }, 415, /JSON/],
    ['that is no JSON', { body: '{"events":[' }, 400, /not JSON at its end/],
    ['that is empty', { body: '' }, 400, /not JSON/],
    ['of another shape', { body: '{"events":[{"action":5}]}' }, 400, /events\.0\.action/],
    ['of a shape that only the prototype has', { body: '{"__proto__":{"events":[]}}' }, 400, /events/],
    ['that nests without end', { body: Buffer.alloc(1024 * 1024, '[') }, 400, /deeper than 64/],
    ['that announces too much', { body: Buffer.alloc(1024 * 1024 + 1, 0x20) }, 413, /larger than 1048576/],
    ['by GET', { method: 'GET', body: '' }, 405, /POST/],
  ]
  it.each(refused)('%s is refused with the reason', async (_, request, status, message) => {
    const { post, hints } = await aWebhookServer()
    const answer = await post('/webhook/registry', request)
    expect([answer.status, hints]).toEqual([status, []])
    expect(answer.body).toMatch(message)
  })

  it.each(['/webhook/nobody', '/webhook/', '/webhook', '/webhook/__proto__', '/webhook/registry/a/b', '/%E0%A4%A'])(
    'at %s finds nobody',
    async (path) => {
      const { post, counted } = await aWebhookServer()
      expect((await post(path)).status).toBe(404)
      expect(counted.every((one) => one === 'unknown 404')).toBe(true)
    },
  )

  it('without announced length is cut at the limit while it streams', async () => {
    const { base, hints } = await aWebhookServer()
    const status = await new Promise((resolve, reject) => {
      const headers = { ...eventType, ...bearer }
      const request = openRequest(`${base}/webhook/registry`, { method: 'POST', headers }, (response) =>
        resolve(response.statusCode),
      )
      request.on('error', reject)
      for (let sent = 0; sent < 20; sent++) request.write(Buffer.alloc(100_000, 0x20))
      request.end()
    })
    expect([status, hints]).toEqual([413, []])
  })

  it('that breaks off is not taken, and the next one is', async () => {
    const { base, post, hints } = await aWebhookServer()
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    const head = `POST /webhook/open HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${pushOne.length}\r\n\r\n`
    await new Promise<void>((resolve) =>
      socket.write(Buffer.concat([Buffer.from(head), pushOne.subarray(0, -1)]), () => resolve()),
    )
    socket.end()
    await new Promise<void>((resolve) => socket.resume().on('close', () => resolve()))
    expect(hints).toEqual([])
    expect((await post('/webhook/open')).status).toBe(202)
  })
})

describe('deliveries', () => {
  const slow =
    (burst: number) =>
    (secretFile: string): WebhookReceiver[] => [
      { name: 'registry', type: 'registry', auth: 'header', secretFile, rate: { perSecond: 1, burst } },
      { name: 'signed', type: 'generic', auth: 'hmac', secretFile, rate: { perSecond: 1, burst } },
      { name: 'open', type: 'registry', auth: 'none' },
    ]

  it('that come again are answered alike but taken once', async () => {
    const { post, hints } = await aWebhookServer()
    await post('/webhook/registry')
    const again = await post('/webhook/registry')
    expect([again.status, JSON.parse(again.body)]).toEqual([202, { accepted: 0, repeated: 1, foreign: 0 }])
    expect(hints).toHaveLength(1)
  })

  it('without anything that tells them apart are taken each time, for a tag can be pushed twice', async () => {
    const { post, hints } = await aWebhookServer({
      receivers: (secretFile) => [{ name: 'quay', type: 'quay', auth: 'path', secretFile }],
    })
    const { body, headers } = readFixture('quay-push')
    for (let time = 0; time < 2; time++) await post(`/webhook/quay/${secret}`, { headers, body })
    expect(hints).toHaveLength(6)
  })

  it('whose id stands in a header are known by it', async () => {
    const { post, hints } = await aWebhookServer({
      receivers: (secretFile) => [{ name: 'ghcr', type: 'ghcr', auth: 'hmac', secretFile }],
    })
    const { body, headers } = readFixture('ghcr-package')
    const signed = { ...headers, 'x-hub-signature-256': sign(body) }
    const answers = [
      await post('/webhook/ghcr', { headers: signed, body }),
      await post('/webhook/ghcr', { headers: signed, body }),
      await post('/webhook/ghcr', { headers: { ...signed, 'x-github-delivery': 'another' }, body }),
    ]
    expect(answers.map((one) => JSON.parse(one.body).accepted)).toEqual([1, 0, 1])
    expect(hints).toHaveLength(2)
  })

  it('are remembered per receiver, for a day, and only so many', async () => {
    const clock = createManualClock()
    const deliveries = createDeliveries(clock, { max: 3 })
    expect(deliveries.isNew('a', '1')).toBe(true)
    expect(deliveries.isNew('b', '1')).toBe(true)
    expect(deliveries.isNew('a', '1')).toBe(false)
    await clock.advance(24 * 3600 * 1000)
    expect(deliveries.isNew('a', '1')).toBe(true)
    for (const id of ['2', '3', '4']) deliveries.isNew('a', id)
    expect(deliveries.isNew('a', '1')).toBe(true)
  })

  it('of too many at once are sent back until later', async () => {
    const clock = createManualClock()
    const { post } = await aWebhookServer({ clock, receivers: slow(2) })
    const statuses = [(await post('/webhook/registry')).status, (await post('/webhook/registry')).status]
    const refused = await post('/webhook/registry')
    expect([...statuses, refused.status, refused.headers['retry-after']]).toEqual([202, 202, 429, '5'])
    expect((await post('/webhook/open')).status).toBe(202)
    await clock.advance(1000)
    expect((await post('/webhook/registry')).status).toBe(202)
  })

  it('that cannot prove themselves use up nobody else’s share', async () => {
    const { post } = await aWebhookServer({ clock: createManualClock(), receivers: slow(1) })
    const forged = { ...json, 'x-signature': sign(Buffer.from('x')) }
    for (let i = 0; i < 5; i++) {
      await post('/webhook/registry', { headers: eventType })
      await post('/webhook/signed', { headers: forged, body: ourOwn })
    }
    const signed = { headers: { ...json, 'x-signature': sign(ourOwn) }, body: ourOwn }
    expect((await post('/webhook/registry')).status).toBe(202)
    expect([(await post('/webhook/signed', signed)).status, (await post('/webhook/signed', signed)).status]).toEqual([
      202, 429,
    ])
  })

  it('get lost without harm when the taker fails', async () => {
    const accept = () => {
      throw new Error('queue is gone')
    }
    const world = await aWebhookServer({ accept })
    expect((await world.post('/webhook/registry')).status).toBe(202)
    expect(world.lines).toContain('polling will find them')
  })
})

describe('secrets', () => {
  it('are read again when they change', async () => {
    const { post, secretFile } = await aWebhookServer()
    writeFileSync(secretFile, 'another-secret-by-now')
    expect((await post('/webhook/registry')).status).toBe(401)
    expect(
      (await post('/webhook/registry', { headers: { ...eventType, authorization: 'Bearer another-secret-by-now' } }))
        .status,
    ).toBe(202)
  })

  it.each(['', ' \n'])('that are empty (%j) let nobody in', async (content) => {
    const { post, secretFile, hints } = await aWebhookServer()
    writeFileSync(secretFile, content)
    for (const authorization of ['Bearer ', 'Bearer', '', secret]) {
      expect((await post('/webhook/registry', { headers: { ...eventType, authorization } })).status).toBe(503)
    }
    expect(hints).toEqual([])
  })

  it('are compared whole', () => {
    expect(isSameSecret('abc', 'abc')).toBe(true)
    for (const given of [undefined, '', 'ab', 'abcd', 'ABC']) expect(isSameSecret(given, 'abc')).toBe(false)
    expect(isSameSecret(undefined, '')).toBe(false)
  })

  const wrong: [string, WebhookReceiver[], RegExp][] = [
    [
      'without the file it needs',
      [{ name: 'a', type: 'registry', auth: 'header' }],
      /"a": auth header needs secretFile/,
    ],
    ['twice', [1, 2].map(() => ({ name: 'a', type: 'registry', auth: 'none' }) as const), /two of that name/],
    [
      'whose senders cannot do that',
      [{ name: 'a', type: 'dockerhub', auth: 'hmac', secretFile: 'x' }],
      /auth hmac is nothing that type dockerhub can do; use path or none/,
    ],
    ['without whom to trust', [{ name: 'a', type: 'gar', auth: 'oidc' }], /auth oidc needs audience and email/],
    ['whose name is no segment', [{ name: 'a/b', type: 'registry', auth: 'none' }], /part of a path/],
  ]
  it.each(wrong)('a receiver %s is a mistake in the configuration', async (_, receivers, message) => {
    await expect(aWebhookServer({ receivers: () => receivers })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(message),
    })
  })
})

describe('a standby', () => {
  const aPair = async (holderOptions: WorldOptions = {}) => {
    const holder = await aWebhookServer(holderOptions)
    const relay = createWebhookRelay({ http: anHttp(), holder: () => holder.base })
    return { holder, standby: await aWebhookServer({ isLeader: () => false, relay }) }
  }

  it('passes what it checked on to the holder, body and proof untouched', async () => {
    const { holder, standby } = await aPair()
    const answer = await standby.post('/webhook/signed', {
      headers: { ...json, 'x-signature': sign(ourOwn) },
      body: ourOwn,
    })
    expect([answer.status, JSON.parse(answer.body)]).toEqual([202, { relayed: true }])
    await standby.post(`/webhook/hub/${secret}`, { headers: json, body: readFixture('dockerhub-push').body })
    expect(holder.hints.map((one) => one.receiver)).toEqual(['signed', 'hub'])
    expect(standby.hints).toEqual([])
  })

  it('refuses what is wrong by itself', async () => {
    const { holder, standby } = await aPair()
    expect((await standby.post('/webhook/registry', { headers: eventType })).status).toBe(401)
    expect((await standby.post('/webhook/registry', { body: '{' })).status).toBe(400)
    expect((await standby.post('/webhook/registry', { body: readFixture('registry-pull').body })).status).toBe(202)
    expect(holder.counted).toEqual([])
  })

  it('asks to come again when the holder is not one any more, and nothing goes round in circles', async () => {
    const { holder, standby } = await aPair({ isLeader: () => false, relay: () => Promise.reject(new Error('never')) })
    const answer = await standby.post('/webhook/registry')
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    expect(holder.counted).toEqual(['registry 503'])
    expect(holder.lines).not.toContain('could not pass')
  })

  it('hands on that the holder has too much to do', async () => {
    const { post } = await aWebhookServer({ isLeader: () => false, relay: async () => 429 })
    const answer = await post('/webhook/registry')
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '5'])
  })

  const alone: [string, WorldOptions][] = [
    [
      'nobody holds the lease',
      {
        relay: createWebhookRelay({
          http: { request: () => Promise.reject(new Error('never')) },
          holder: () => undefined,
        }),
      },
    ],
    ['the holder does not answer', { relay: () => Promise.reject(new Error('gone')) }],
    ['there is no way to pass it on', {}],
  ]
  it.each(alone)('asks to come again when %s', async (_, options) => {
    const { post, hints } = await aWebhookServer({ isLeader: () => false, ...options })
    const answer = await post('/webhook/registry')
    expect([answer.status, answer.headers['retry-after'], hints]).toEqual([503, '5', []])
  })

  it('never lets the path decide the host', async () => {
    const asked: string[] = []
    const http = {
      async request({ url }: HttpRequest) {
        asked.push(url)
        return { status: 202, headers: {}, body: new Uint8Array() }
      },
    }
    const relay = createWebhookRelay({ http, holder: () => 'http://10.0.0.7:8080/ignored' })
    await relay('//evil.example.net/webhook/x', {}, pushOne)
    expect(asked).toEqual(['http://10.0.0.7:8080//evil.example.net/webhook/x'])
  })
})

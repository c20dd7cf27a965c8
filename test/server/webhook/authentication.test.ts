import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  canProve,
  type WebhookAuth,
  type WebhookType,
  webhookProofs,
  webhookTypes,
} from '../../../src/api/webhook-type.ts'
import type { WebhookReceiver } from '../../../src/server/webhook/receiver.ts'
import { createWebhookRelay } from '../../../src/server/webhook/relay.ts'
import { readFixture } from './fixture.ts'
import { startTokenIssuer } from './token-issuer.ts'
import { anHttp, aWebhookServer, onCleanup, secret } from './world.ts'

type Headers = Record<string, string>

/** How a sender proves itself: what it adds to the path and to the headers. */
interface Proof {
  path?: string
  headers?: Headers
}

const hmac = (algorithm: string, body: Buffer, key = secret) => createHmac(algorithm, key).update(body).digest('hex')
const bearer = (given: string): Proof => ({ headers: { authorization: `Bearer ${given}` } })
const header = (name: string, value: string): Proof => ({ headers: { [name]: value } })
const byPath = (given: string): Proof => ({ path: `/${given}` })

/** One row per type and proof it can give: a body that is news, how it is proved, and how somebody would try to. */
const rows: [
  type: WebhookType,
  auth: WebhookAuth,
  fixture: string,
  good: (body: Buffer) => Proof,
  bad: (body: Buffer) => Proof,
][] = [
  ['acr', 'header', 'acr-push', () => bearer(secret), () => bearer('wrong')],
  ['acr', 'path', 'acr-push', () => byPath(secret), () => byPath('wrong')],
  ['aliyun', 'path', 'aliyun-push', () => byPath(secret), () => byPath('wrong')],
  ['cdevents', 'header', 'cdevents-published-binary', () => bearer(secret), () => bearer('wrong')],
  [
    'cdevents',
    'hmac',
    'cdevents-published-structured',
    (body) => header('x-signature', `sha256=${hmac('sha256', body)}`),
    (body) => header('x-signature', `sha256=${hmac('sha256', body, 'wrong')}`),
  ],
  ['cdevents', 'path', 'cdevents-published-harbor', () => byPath(secret), () => byPath('wrong')],
  ['dockerhub', 'path', 'dockerhub-push', () => byPath(secret), () => byPath('wrong')],
  ['ecr', 'header', 'ecr-push', () => header('authorization', secret), () => header('authorization', 'wrong')],
  ['ecr', 'path', 'ecr-cloudevent', () => byPath(secret), () => byPath('wrong')],
  ['gar', 'path', 'gar-insert', () => byPath(secret), () => byPath('wrong')],
  [
    'generic',
    'hmac',
    'generic-image',
    (body) => header('x-signature', `sha256=${hmac('sha256', body)}`),
    (body) => header('x-signature', `sha256=${hmac('sha1', body)}`),
  ],
  ['generic', 'header', 'generic-native', () => bearer(secret), () => bearer(`${secret}x`)],
  ['generic', 'path', 'generic-cloudevent', () => byPath(secret), () => byPath('wrong')],
  [
    'ghcr',
    'hmac',
    'ghcr-package',
    (body) => header('x-hub-signature-256', `sha256=${hmac('sha256', body)}`),
    (body) => header('x-hub-signature', `sha1=${hmac('sha1', body)}`),
  ],
  [
    'github',
    'hmac',
    'github-package',
    (body) => header('x-hub-signature-256', `sha256=${hmac('sha256', body)}`),
    (body) => header('x-hub-signature', `sha1=${hmac('sha1', body)}`),
  ],
  ['gitlab', 'header', 'gitlab-push', () => header('authorization', secret), () => header('x-gitlab-token', secret)],
  ['gitlab', 'path', 'gitlab-push', () => byPath(secret), () => byPath('wrong')],
  ['harbor', 'header', 'harbor-push', () => header('authorization', secret), () => header('authorization', 'wrong')],
  ['harbor', 'path', 'harbor-cloudevent', () => byPath(secret), () => byPath('wrong')],
  [
    'jfrog',
    'hmac',
    'jfrog-pushed',
    (body) => header('x-jfrog-event-auth', hmac('sha256', body)),
    () => header('x-jfrog-event-auth', secret),
  ],
  ['jfrog', 'header', 'jfrog-pushed', () => header('x-jfrog-event-auth', secret), () => bearer(secret)],
  [
    'nexus',
    'hmac',
    'nexus-component',
    (body) => header('x-nexus-webhook-signature', hmac('sha1', body)),
    (body) => header('x-nexus-webhook-signature', hmac('sha256', body)),
  ],
  ['quay', 'path', 'quay-push', () => byPath(secret), () => byPath('wrong')],
  ['registry', 'header', 'registry-push-manifest', () => bearer(secret), () => bearer('wrong')],
  ['registry', 'path', 'registry-push-manifest', () => byPath(secret), () => byPath('wrong')],
]

const receiverOf = (type: WebhookType, auth: WebhookAuth) => (secretFile: string) => {
  const registry = type === 'nexus' ? 'nexus.example.com:8083' : undefined
  const receiver: WebhookReceiver = { name: 'it', type, auth, registry, ...(auth === 'none' ? {} : { secretFile }) }
  return [receiver]
}

describe('the types and their proofs', () => {
  it('stand in the rows, but for tokens', () => {
    const possible = webhookTypes.flatMap((type) => webhookProofs[type].map((auth) => `${type} ${auth}`))
    expect([...rows.map(([type, auth]) => `${type} ${auth}`), 'gar oidc'].sort()).toEqual(possible.sort())
  })

  it('are the only ones that are taken', async () => {
    const all: WebhookAuth[] = ['header', 'hmac', 'path', 'oidc']
    for (const type of webhookTypes) {
      for (const auth of all.filter((one) => !canProve(type, one))) {
        await expect(aWebhookServer({ receivers: receiverOf(type, auth) })).rejects.toThrow(`type ${type} can do`)
      }
    }
  })
})

describe.each(rows)('%s by %s (%s)', (type, auth, fixture, good, bad) => {
  const { body, headers } = readFixture(fixture)
  const send = async (proof: Proof, world = aWebhookServer({ receivers: receiverOf(type, auth) })) => {
    const { post, hints, lines } = await world
    const request = { headers: { ...headers, ...proof.headers }, body }
    const { status } = await post(`/webhook/it${proof.path ?? ''}`, request)
    return { status, hints: hints.length, lines }
  }

  it('is taken with the proof', async () => {
    expect(await send(good(body))).toMatchObject({ status: 202, hints: fixture === 'quay-push' ? 3 : 1 })
  })

  it('is refused with another', async () => {
    expect(await send(bad(body))).toMatchObject({ status: 401, hints: 0 })
  })

  it('is refused without any', async () => {
    expect(await send({})).toMatchObject({ status: 401, hints: 0 })
  })

  it('is checked again by the leader, which a standby passes everything on to', async () => {
    const leader = await aWebhookServer({ receivers: receiverOf(type, auth) })
    const relay = createWebhookRelay({ http: anHttp(), holder: () => leader.base })
    const standby = aWebhookServer({ receivers: receiverOf(type, auth), isLeader: () => false, relay })
    expect(await send(good(body), standby)).toMatchObject({ status: 202, hints: 0 })
    expect(leader.hints).toHaveLength(fixture === 'quay-push' ? 3 : 1)
  })
})

describe('a body that was changed on its way', () => {
  const signed = rows.filter(([, auth]) => auth === 'hmac')
  it.each(signed)('is refused: %s by %s', async (type, auth, fixture, good) => {
    const { body, headers } = readFixture(fixture)
    const { post, hints } = await aWebhookServer({ receivers: receiverOf(type, auth) })
    const changed = Buffer.from(body.toString().replaceAll('1.4.6', '6.6.6'))
    const answer = await post('/webhook/it', { headers: { ...headers, ...good(body).headers }, body: changed })
    expect([answer.status, hints, changed.equals(body)]).toEqual([401, [], false])
  })
})

describe('without a proof, where none is asked for', () => {
  it.each(webhookTypes)('%s is taken', async (type) => {
    const [, , fixture = ''] = rows.find(([one]) => one === type) ?? []
    const { post, hints } = await aWebhookServer({ receivers: receiverOf(type, 'none') })
    expect((await post('/webhook/it', readFixture(fixture))).status).toBe(202)
    expect(hints).not.toEqual([])
  })
})

it('a token passes through a standby, too', async () => {
  const issuer = await startTokenIssuer()
  onCleanup(() => issuer.close())
  const [audience, email] = ['https://fairlead.example.com', 'pubsub@acme.iam.gserviceaccount.com']
  const oidc = { audience, email, issuer: 'https://accounts.google.com', keysUrl: issuer.keysUrl }
  const receivers = () => [{ name: 'gar', type: 'gar', auth: 'oidc', oidc } as const]
  const http = anHttp()
  const leader = await aWebhookServer({ receivers, http })
  const relay = createWebhookRelay({ http, holder: () => leader.base })
  const standby = await aWebhookServer({ receivers, http, relay, isLeader: () => false })
  const claims = { iss: oidc.issuer, aud: audience, email, email_verified: true, exp: Date.now() / 1000 + 600 }
  const { body, headers } = readFixture('gar-insert')
  const authorization = `Bearer ${await issuer.token(claims)}`
  const answer = await standby.post('/webhook/gar', { headers: { ...headers, authorization }, body })
  expect([answer.status, leader.hints.length]).toEqual([202, 1])
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../src/config.ts'
import { withEmulator } from '../src/config-publisher.ts'
import { openSinks, sinkHosts, sinkMetadataHost } from '../src/main-sinks.ts'
import type { Http, HttpRequest } from '../src/ports.ts'
import { sinkNames } from '../src/ports-event.ts'
import { createManualClock } from './fakes/clock.ts'
import { aTransition } from './fakes/transition.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-sinks-'))
afterAll(() => rmSync(folder, { recursive: true }))

const configOf = (publishers: object) => parseConfig('fairlead.yaml', JSON.stringify({ publishers }))
const topic = { project: 'acme-prod', topic: 'rollouts' }

/** Google's token service, and a topic that takes everything; keeps what was asked. */
function aCloud() {
  const asked: HttpRequest[] = []
  const http: Http = {
    async request(request) {
      asked.push(request)
      const answer = request.url.includes('publish')
        ? { messageIds: ['1'] }
        : { access_token: `token-${asked.length}`, expires_in: 3600 }
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) }
    },
  }
  const seen: string[] = []
  const deps = {
    http,
    cloudHttp: http,
    clock: createManualClock(),
    environment: {},
    secretSeen: (secret: string) => seen.push(secret),
  }
  return { asked, seen, deps }
}

function aKeyFile(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const path = join(folder, 'key.json')
  const key = {
    type: 'service_account',
    client_email: 'robot@acme.example',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
  }
  writeFileSync(path, JSON.stringify(key))
  return path
}

describe('the sinks', () => {
  test('are none when nobody is to be told', () => {
    expect(openSinks(configOf({}), aCloud().deps)).toEqual([])
  })

  test('have the names that states remember', () => {
    const publishers = {
      controlPlane: { url: 'https://apptrail.example' },
      slack: { webhookUrlFile: '/hook' },
      pubsub: topic,
      cdevents: { url: 'https://broker.example' },
      webhook: { url: 'https://hook.example' },
    }
    expect(openSinks(configOf(publishers), aCloud().deps).map(({ name }) => name)).toEqual([...sinkNames])
  })
})

describe('Pub/Sub', () => {
  test('is shown one token of the key file for many messages, and the log is told of it', async () => {
    const { asked, seen, deps } = aCloud()
    const [sink] = openSinks(configOf({ pubsub: { ...topic, credentialsFile: aKeyFile() } }), deps)
    await sink?.send([aTransition()])
    await sink?.send([aTransition({ phase: 'success' })])
    expect(asked.map(({ url }) => url)).toEqual([
      'https://oauth2.googleapis.com/token',
      'https://pubsub.googleapis.com/v1/projects/acme-prod/topics/rollouts:publish',
      'https://pubsub.googleapis.com/v1/projects/acme-prod/topics/rollouts:publish',
    ])
    expect(asked.slice(1).map(({ headers }) => headers?.['authorization'])).toEqual(Array(2).fill('Bearer token-1'))
    expect(seen).toContain('token-1')
  })

  test.each([
    'http://emulator:8085',
    'https://pubsub.example.com',
    'https://evil-googleapis.com',
    'http://pubsub.googleapis.com',
  ])('at %s is shown no token, although there is a key', async (endpoint) => {
    const { asked, deps } = aCloud()
    const [sink] = openSinks(configOf({ pubsub: { ...topic, endpoint, credentialsFile: aKeyFile() } }), deps)
    await sink?.send([aTransition()])
    expect(asked.map(({ headers }) => headers?.['authorization'])).toEqual([undefined])
  })

  const mixed = { pubsub: topic, webhook: { url: 'https://hooks.example.com' } }
  test.each<[string, object, string | undefined, string | undefined]>([
    ['is asked at Google by default', mixed, undefined, 'https://pubsub.googleapis.com'],
    ['is asked at Google for an empty variable', mixed, '', 'https://pubsub.googleapis.com'],
    ["is asked where Google's libraries look for an emulator", mixed, 'emulator:8085', 'http://emulator:8085'],
    ['also at an address of IPv6', mixed, '[::1]:8085', 'http://[::1]:8085'],
    [
      'is asked where the configuration says, whatever stands in the environment',
      { pubsub: { ...topic, endpoint: 'https://europe-west1-pubsub.googleapis.com' } },
      'emulator:8085',
      'https://europe-west1-pubsub.googleapis.com',
    ],
    ['is not asked for whom nothing is configured', {}, 'emulator:8085', undefined],
  ])('%s', (_, publishers, emulator, expected) => {
    const before = configOf(publishers).publishers
    const after = withEmulator(before, emulator)
    expect(after.pubsub?.endpoint).toBe(expected)
    expect(after.webhook).toEqual(before.webhook)
  })

  test.each(['http://emulator:8085', 'emulator:8085/path', 'user@emulator:1', 'emu lator'])(
    'an emulator at %s is refused by the name of its variable',
    (emulator) => {
      const { publishers } = configOf({ pubsub: topic })
      expect(() => withEmulator(publishers, emulator)).toThrow('PUBSUB_EMULATOR_HOST')
    },
  )

  test('asks the metadata server only for a token of its own', () => {
    const host = (pubsub: object, environment = {}) => sinkMetadataHost(configOf({ pubsub }), environment)
    expect(host(topic)).toBe('metadata.google.internal')
    expect(host({ ...topic, credentialsFile: '/key' })).toBeUndefined()
    expect(host(topic, { googleApplicationCredentials: '/key' })).toBeUndefined()
    expect(host({ ...topic, endpoint: 'http://emulator:8085' })).toBeUndefined()
    expect(sinkMetadataHost(configOf({}), {})).toBeUndefined()
  })
})

test('plain http is spoken only with whom the configuration says so, and with emulators', () => {
  const config = configOf({
    controlPlane: { url: 'http://apptrail.tools:3000', insecure: true },
    slack: { webhookUrlFile: '/hook' },
    pubsub: { ...topic, endpoint: 'http://emulator:8085' },
    cdevents: { url: 'https://broker.example', caFile: '/ca.pem' },
  })
  expect(sinkHosts(config)).toEqual({
    'apptrail.tools:3000': { insecure: true },
    'slack.com': { insecure: false },
    'emulator:8085': { insecure: true },
    'broker.example': { insecure: false, caFile: '/ca.pem' },
  })
  expect(sinkHosts(configOf({ pubsub: topic }))).toEqual({ 'pubsub.googleapis.com': { insecure: false } })
})

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseDockerHubPush } from '../../src/server/webhook-dockerhub.ts'
import { parseJsonBody } from '../../src/server/webhook-payload.ts'
import { parseRegistryEvents } from '../../src/server/webhook-registry.ts'

const fixture = (name: string) =>
  parseJsonBody(readFileSync(new URL(`../../fixtures/webhooks/${name}.json`, import.meta.url)))
const app = { registry: 'registry.example.com:5000', repository: 'team/app' }

describe('events of a distribution registry', () => {
  const table: [string, { id: string; tag: string }[]][] = [
    ['registry-push-manifest', [{ id: 'a9bda00b-ab7f-4193-8005-cc97beca1d57', tag: '1.0.0' }]],
    ['registry-push-index', [{ id: '6fd97e63-6596-407a-be32-98d8289a234c', tag: '1.1.0' }]],
    ['registry-without-request-host', [{ id: 'd83e8796-7ba5-46ad-b239-d88473e21b2b', tag: '1.6.1' }]],
    [
      'registry-several',
      [
        { id: '11111111-0000-4000-8000-000000000003', tag: '2.0.0' },
        { id: '11111111-0000-4000-8000-000000000005', tag: '2.0.1' },
      ],
    ],
    ['registry-push-blob', []],
    ['registry-pull', []],
    ['registry-delete', []],
  ]
  it.each(table)('%s', (name, expected) => {
    expect(parseRegistryEvents(fixture(name))).toEqual(expected.map(({ id, tag }) => ({ id, image: app, tag })))
  })

  const event = (host: string | undefined, target: object) => ({
    events: [{ action: 'push', target: { repository: 'team/app', tag: '1.0', ...target }, request: { host } }],
  })
  const hosts: [string, unknown, string[]][] = [
    ['a port that https implies is left out', event('ghcr.io:443', {}), ['ghcr.io']],
    ['a host in capitals is written small', event('GHCR.io', {}), ['ghcr.io']],
    ['a host that is none leads to the address', event('a b', { url: 'http://ghcr.io/v2/x' }), ['ghcr.io']],
    ['a path in the host is cut off', event('ghcr.io/evil', {}), ['ghcr.io']],
    ['no host at all is no news', event(undefined, {}), []],
    ['a repository that climbs is no news', event('ghcr.io', { repository: '../../x' }), []],
    ['a repository with capitals is no news', event('ghcr.io', { repository: 'Team/App' }), []],
    ['a tag with a digest is no news', event('ghcr.io', { tag: `1@sha256:${'a'.repeat(64)}` }), []],
    ['a tag with a slash is no news', event('ghcr.io', { tag: '1/2' }), []],
  ]
  it.each(hosts)('%s', (_, payload, expected) => {
    expect(parseRegistryEvents(payload).map(({ image }) => image.registry)).toEqual(expected)
  })

  const refused: [string, unknown, RegExp][] = [
    ['an array', [], /^the body: /],
    ['a number', 5, /^the body: /],
    ['nothing', null, /^the body: /],
    ['no events', {}, /^events: /],
    ['an event without action', { events: [{}] }, /^events\.0\.action: /],
    ['a tag that is a number', { events: [{ action: 'push', target: { tag: 1 } }] }, /^events\.0\.target\.tag: /],
    ['too many events', { events: Array(1001).fill({ action: 'push' }) }, /^events: /],
    ['a host without end', event('x'.repeat(256), {}), /^events\.0\.request\.host: /],
  ]
  it.each(refused)('refuses %s and says where', (_, payload, message) => {
    expect(() => parseRegistryEvents(payload)).toThrow(expect.objectContaining({ code: 'UsageInvalid' }))
    expect(() => parseRegistryEvents(payload)).toThrow(message)
  })
})

describe('pushes to Docker Hub', () => {
  const table: [string, string[]][] = [
    ['dockerhub-push', ['docker.io acme/app 1.4.6']],
    ['dockerhub-without-repo-name', ['docker.io acme/app 1.4.6']],
    ['dockerhub-official', ['docker.io library/nginx 1.4.6']],
    ['dockerhub-without-tag', []],
  ]
  it.each(table)('%s', (name, expected) => {
    const news = parseDockerHubPush(fixture(name))
    expect(news.map(({ image, tag }) => `${image.registry} ${image.repository} ${tag}`)).toEqual(expected)
  })

  it('of nothing are no news', () => {
    expect(parseDockerHubPush({ push_data: { tag: '1' }, repository: {} })).toEqual([])
  })

  it('of the wrong shape are refused', () => {
    expect(() => parseDockerHubPush({ push_data: { tag: 7 }, repository: {} })).toThrow(/^push_data\.tag: /)
  })
})

describe('prototype keys', () => {
  it('do no harm, wherever they stand', () => {
    const hostile =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"events":[{"__proto__":{"action":"push"},"action":"pull"}]}'
    expect(parseRegistryEvents(parseJsonBody(Buffer.from(hostile)))).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  it('do not stand in for what is missing', () => {
    const hostile = Buffer.from('{"__proto__":{"events":[]}}')
    expect(() => parseRegistryEvents(parseJsonBody(hostile))).toThrow(/^events: /)
  })
})

describe('a body that is not JSON', () => {
  const table: [string, string | Buffer, RegExp][] = [
    ['is cut off', '{"events":[', /body of 11 bytes is not JSON at its end/],
    ['lacks a comma', '{"a":1 "b":2}', /at position 7/],
    ['is a form', 'secret=hunter2', /is not JSON$/],
    ['is empty', '', /body of 0 bytes/],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /body of 3 bytes/],
  ]
  it.each(table)('because it %s is refused without being quoted', (_, body, message) => {
    expect(() => parseJsonBody(Buffer.from(body))).toThrow(message)
    expect(() => parseJsonBody(Buffer.from(body))).not.toThrow(/hunter2/)
  })

  it('may be nested as deep as it likes', () => {
    const deep = Buffer.from(`{"x":${'['.repeat(500_000)}${']'.repeat(500_000)},"events":[]}`)
    expect(parseRegistryEvents(parseJsonBody(deep))).toEqual([])
  })
})

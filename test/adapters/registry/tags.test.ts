import { describe, expect, it } from 'vitest'
import { createManualClock } from '../../fakes/clock.ts'
import { aRegistryWorld, basicAuths, passTimeUntil, web } from './registry-world.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `1.${String(i).padStart(4, '0')}`)
const json = JSON.stringify

describe('a tag list', () => {
  it('is read to its last page', async () => {
    const { server, registry } = await aRegistryWorld({ server: { pageSize: 100 } })
    for (const tag of numbered(1234)) server.push(web.repository, tag)
    expect(await registry.tags(web)).toEqual(numbered(1234))
    expect(server.requests).toHaveLength(13)
  })

  it('may be null, as some registries say for an empty repository', async () => {
    const { server, registry } = await aRegistryWorld()
    server.script({ matching: /tags/, answer: (_, response) => response.end('{"name":"x","tags":null}') })
    expect(await registry.tags(web)).toEqual([])
  })

  it('is freed of names that are no tags and of repetitions', async () => {
    const { server, registry } = await aRegistryWorld()
    const tags = ['1.0', '1.0', '', '-x', 'a b', 'x'.repeat(129), '__proto__', '../../etc', '<script>', 'ok_1.2-3']
    server.script({ matching: /tags/, answer: (_, response) => response.end(json({ tags })) })
    expect(await registry.tags(web)).toEqual(['1.0', '__proto__', 'ok_1.2-3'])
  })

  it.each([400, 405, 422])(
    'is asked for in smaller pages when n=1000 is refused with %i, then always',
    async (refusal) => {
      const { server, registry } = await aRegistryWorld({ server: { largestN: 100, refusal, pageSize: 100 } })
      for (const tag of numbered(150)) server.push(web.repository, tag)
      expect(await registry.tags(web)).toHaveLength(150)
      expect(await registry.tags(web)).toHaveLength(150)
      const sizes = server.requests.filter((one) => !one.includes('last=')).map((one) => one.split('?')[1])
      expect(sizes).toEqual(['n=1000', 'n=100', 'n=100'])
    },
  )

  const broken: [string, string, RegExp][] = [
    ['is cut off', '{"tags":["1.0","1.1', /not JSON/],
    ['is no list', '{"tags":"1.0"}', /at tags/],
    ['holds numbers', '{"tags":["1.0",2]}', /at tags\.1/],
    ['is something else', '<html>proxy login</html>', /not JSON/],
  ]
  it.each(broken)('is rejected when a page %s', async (_, body, message) => {
    const { server, registry } = await aRegistryWorld()
    server.script({ matching: /tags/, answer: (_request, response) => response.end(body) })
    const answer = registry.tags(web)
    await expect(answer).rejects.toMatchObject({ code: 'RegistryInvalid', message: expect.stringMatching(message) })
    await expect(answer).rejects.toThrow(/registry\.example\.com\/acme\/web/)
  })
})

describe('links to the next page', () => {
  const linkTo = async (link: string, settings = {}) => {
    const world = await aRegistryWorld({ settings })
    world.server.script({
      matching: /tags/,
      times: Number.POSITIVE_INFINITY,
      answer: (_, response) => response.writeHead(200, { link }).end(json({ tags: ['1.0'] })),
    })
    return world
  }

  it.each([
    '<https://evil.example.net/v2/acme/web/tags/list?last=1.0>; rel="next"',
    '<//evil.example.net/v2/>; rel=next',
    '<https://registry.example.com:8443/v2/acme/web/tags/list?last=1.0>; rel="next"',
    '<https://user:password@registry.example.com/v2/>; rel="next"',
    '<ftp://registry.example.com/v2/>; rel="next"',
  ])('%s is not followed, and the list is not half taken', async (link) => {
    const { registry, targets } = await linkTo(link)
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryInvalid' })
    expect(targets).toEqual(['https://registry.example.com'])
  })

  it('back to the first page is a loop', async () => {
    const { registry, server } = await linkTo('</v2/acme/web/tags/list?n=1000>; rel="next"')
    await expect(registry.tags(web)).rejects.toThrow(/links back/)
    expect(server.requests).toHaveLength(1)
  })

  it('that never change are a loop', async () => {
    const { registry, server } = await linkTo('</v2/acme/web/tags/list?last=same>; rel="next"')
    await expect(registry.tags(web)).rejects.toThrow(/links back/)
    expect(server.requests).toHaveLength(2)
  })

  it('without end are given up after so many pages', async () => {
    const limits = { pages: 5, tags: 1000, bytes: 100_000 }
    const world = await aRegistryWorld({ settings: { limits } })
    let page = 0
    world.server.script({
      matching: /tags/,
      times: Number.POSITIVE_INFINITY,
      answer: (_, response) => {
        page++
        response
          .writeHead(200, { link: `</v2/acme/web/tags/list?last=${page}>; rel="next"` })
          .end(json({ tags: [`1.${page}`] }))
      },
    })
    await expect(world.registry.tags(web)).rejects.toMatchObject({ code: 'TooLarge' })
    expect(page).toBe(5)
  })

  it('to plain http on the same host are read over https', async () => {
    const { server, registry, targets } = await aRegistryWorld()
    server.push(web.repository, '2.0')
    const link = '<http://registry.example.com/v2/acme/web/tags/list?last=1.0>; rel="next"'
    server.script({
      matching: /n=1000/,
      answer: (_, response) => response.writeHead(200, { link }).end('{"tags":["1.0"]}'),
    })
    expect(await registry.tags(web)).toEqual(['1.0', '2.0'])
    expect(new Set(targets)).toEqual(new Set(['https://registry.example.com']))
  })

  it('of another relation are none', async () => {
    const { registry } = await linkTo('</v2/previous>; rel="prev", </v2/help>; rel="nextish"; title="rel=next"')
    expect(await registry.tags(web)).toEqual(['1.0'])
  })
})

describe('a list larger than allowed', () => {
  it('in bytes is refused', async () => {
    const limits = { pages: 10, tags: 1000, bytes: 500 }
    const { server, registry } = await aRegistryWorld({ settings: { limits } })
    for (const tag of numbered(100)) server.push(web.repository, tag)
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it('in tags is refused, on one page too', async () => {
    const limits = { pages: 10, tags: 99, bytes: 1_000_000 }
    const { server, registry } = await aRegistryWorld({ settings: { limits } })
    for (const tag of numbered(99)) server.push(web.repository, tag)
    expect(await registry.tags(web)).toHaveLength(99)
    server.push(web.repository, '2.0')
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'TooLarge' })
  })
})

describe('a list that lies elsewhere', () => {
  const account = { username: 'robot', password: 's3cret-one' }
  const redirected = async (location: string) => {
    const world = await aRegistryWorld({ server: { auth: 'basic', ...account }, dockerConfig: basicAuths() })
    world.server.push(web.repository, '1.0.0')
    await world.registry.tags(web)
    world.targets.length = 0
    world.server.script({ matching: /tags/, answer: (_, response) => response.writeHead(307, { location }).end() })
    return world
  }

  it('is read there, but without credentials', async () => {
    const { server, registry, targets } = await redirected('https://mirror.example.net/v2/acme/web/tags/list')
    server.script({ matching: /tags/, answer: (_, response) => response.end(json({ tags: ['2.0.0'] })) })
    expect(await registry.tags(web)).toEqual(['2.0.0'])
    expect(targets).toEqual(['https://registry.example.com with credentials', 'https://mirror.example.net'])
  })

  it('is refused when they are wanted there', async () => {
    const { registry, targets } = await redirected('https://mirror.example.net/v2/acme/web/tags/list')
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryAuthFailed' })
    expect(targets.slice(1)).toEqual(['https://mirror.example.net'])
  })

  it('is not followed back to the host that has them', async () => {
    const { server, registry, targets } = await redirected('https://mirror.example.net/v2/acme/web/tags/list')
    const link = '<https://registry.example.com/v2/acme/web/tags/list?last=1>; rel="next"'
    server.script({ matching: /tags/, answer: (_, response) => response.setHeader('link', link).end('{"tags":["1"]}') })
    await expect(registry.tags(web)).rejects.toThrow(/another host than mirror\.example\.net/)
    expect(targets).toHaveLength(2)
  })

  it.each(['http://mirror.example.net/', 'file:///etc/passwd', 'https://user:pw@mirror.example.net/', 'https://'])(
    'is not read from %s',
    async (location) => {
      const { registry, targets } = await redirected(location)
      await expect(registry.tags(web)).rejects.toMatchObject({ kind: 'transient' })
      expect(targets.filter((one) => !one.startsWith('https://registry.example.com'))).toEqual([])
    },
  )
})

describe('a list that is cut off', () => {
  it.each([1, 2])('by the connection on page %i is no list', async (page) => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ server: { pageSize: 5 }, clock })
    for (const tag of numbered(8)) server.push(web.repository, tag)
    server.script({
      matching: page === 1 ? /n=1000$/ : /last=/,
      times: 9,
      answer: (_, response) => {
        response.writeHead(200, { 'content-length': '5000' })
        response.write('{"tags":["1.0"]}', () => response.destroy())
      },
    })
    const answer = passTimeUntil(clock, registry.tags(web))
    await expect(answer).rejects.toMatchObject({ code: 'RegistryUnavailable', kind: 'transient' })
  })
})

describe('a registry in trouble', () => {
  const failing = (status: number, headers = {}) => ({
    matching: /last=/,
    answer: (_: unknown, response: import('node:http').ServerResponse) => response.writeHead(status, headers).end('no'),
  })

  it.each([500, 502, 503, 504])('that answers %i once on page two still gives the whole list', async (status) => {
    const clock = createManualClock()
    const { server, registry, counted } = await aRegistryWorld({ server: { pageSize: 5 }, clock })
    for (const tag of numbered(8)) server.push(web.repository, tag)
    server.script(failing(status))
    expect(await passTimeUntil(clock, registry.tags(web))).toHaveLength(8)
    expect(counted).toEqual(['registry.example.com 200', `registry.example.com ${status}`, 'registry.example.com 200'])
  })

  it('gives an error after three tries, never the pages read so far', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ server: { pageSize: 5 }, clock })
    for (const tag of numbered(8)) server.push(web.repository, tag)
    server.script({ ...failing(500), times: 3 })
    const answer = passTimeUntil(clock, registry.tags(web))
    await expect(answer).rejects.toMatchObject({ code: 'RegistryUnavailable' })
    expect(server.requests).toHaveLength(4)
  })

  it('that wants ten seconds of silence gets them, from everybody', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ clock })
    server.push(web.repository, '1.0.0')
    server.script({ matching: /tags/, answer: (_, response) => response.writeHead(429, { 'retry-after': '10' }).end() })
    const first = registry.tags(web)
    while (clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve))
    const second = registry.digest(web, '1.0.0')
    await clock.advance(9_999)
    expect(server.requests).toHaveLength(1)
    await clock.advance(1)
    expect(await first).toEqual(['1.0.0'])
    expect(await second).toMatch(/^sha256:/)
  })

  it('that wants an hour of silence is not called, and the caller is told when to come back', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ clock })
    server.script({
      matching: /tags/,
      answer: (_, response) => response.writeHead(429, { 'retry-after': '3600' }).end(),
    })
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryUnavailable', retryAfterMs: 3_600_000 })
    await clock.advance(600_000)
    await expect(registry.digest(web, '1.0')).rejects.toMatchObject({
      code: 'RegistryUnavailable',
      retryAfterMs: 3_000_000,
    })
    expect(server.requests).toHaveLength(1)
  })

  it('is asked no faster than allowed', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ clock, host: { requestsPerSecond: 2 } })
    const digest = server.push(web.repository, '1.0.0')
    const answers = Promise.all(Array.from({ length: 6 }, () => registry.digest(web, '1.0.0')))
    while (server.requests.length < 2) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(499)
    expect(server.requests).toHaveLength(2)
    await clock.advance(2000)
    expect(await answers).toEqual(Array.from({ length: 6 }, () => digest))
  })
})

describe('names that no repository can have', () => {
  it.each(['../../secrets', 'acme/../web', 'Acme/Web', 'acme//web', '', 'acme/web?x=1', 'acme/web#', 'a'.repeat(256)])(
    '%j',
    async (repository) => {
      const { registry, server } = await aRegistryWorld()
      await expect(registry.tags({ ...web, repository })).rejects.toMatchObject({ code: 'RegistryNotFound' })
      expect(server.requests).toEqual([])
    },
  )

  it.each(['evil.com/x', 'user@evil.com', 'evil.com?', ''])('on the registry %j', async (registryHost) => {
    const { registry, server } = await aRegistryWorld()
    await expect(registry.tags({ ...web, registry: registryHost })).rejects.toMatchObject({ code: 'RegistryNotFound' })
    expect(server.requests).toEqual([])
  })

  it.each(['1.0/../x', '', 'sha256:abc', 'a b', '.hidden'])('nor the reference %j', async (reference) => {
    const { registry, server } = await aRegistryWorld()
    await expect(registry.digest(web, reference)).rejects.toMatchObject({ code: 'RegistryNotFound' })
    await expect(registry.platforms(web, reference)).rejects.toMatchObject({ code: 'RegistryNotFound' })
    expect(server.requests).toEqual([])
  })
})

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp, type HttpClient, type HttpSettings } from '../../src/runtime/http.ts'
import { isForbiddenAddress } from '../../src/runtime/http-address.ts'
import { createManualClock } from '../fakes/clock.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `127.0.0.1:${address.port}`
}

function client(settings: Partial<HttpSettings> = {}): HttpClient {
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }), ...settings })
  cleanups.push(() => http.close())
  return http
}

const readAll = async (request: IncomingMessage) => Buffer.concat(await request.toArray()).toString()

describe('an exchange', () => {
  it('returns status, joined lower-case headers and the body, whatever the status', async () => {
    const host = await serve((_, response) => {
      response.writeHead(418, ['X-One', 'a', 'X-One', 'b'])
      response.end('short and stout')
    })
    const answer = await client().request({ method: 'GET', url: `http://${host}/pot` })
    expect(answer.status).toBe(418)
    expect(answer.headers['x-one']).toBe('a, b')
    expect(Buffer.from(answer.body).toString()).toBe('short and stout')
  })

  it('frames the body of a DELETE with its length', async () => {
    const seen: unknown[] = []
    const host = await serve(async (request, response) => {
      seen.push(request.headers['content-length'], request.headers['transfer-encoding'], await readAll(request))
      response.end()
    })
    await client().request({ method: 'DELETE', url: `http://${host}/x`, body: '{"a":1}' })
    expect(seen).toEqual(['7', undefined, '{"a":1}'])
  })

  it('says that a POST without body is empty', async () => {
    let length: string | undefined
    const host = await serve((request, response) => {
      length = request.headers['content-length']
      response.end()
    })
    await client().request({ method: 'POST', url: `http://${host}/x` })
    expect(length).toBe('0')
  })

  it('hands a redirect back instead of following it', async () => {
    let asked = 0
    const host = await serve((_, response) => {
      asked++
      response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end()
    })
    const answer = await client().request({ method: 'GET', url: `http://${host}/` })
    expect([answer.status, answer.headers.location, asked]).toEqual([302, 'http://127.0.0.1:1/elsewhere', 1])
  })

  it('keeps the connection for the next request', async () => {
    const ports = new Set<number | undefined>()
    const host = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('ok')
    })
    const http = client()
    for (let i = 0; i < 5; i++) await http.request({ method: 'GET', url: `http://${host}/` })
    expect(ports.size).toBe(1)
  })

  it('reads again on a new connection when the kept one has just been closed', async () => {
    let asked = 0
    const host = await serve((request, response) => {
      asked++
      if (asked === 2) request.socket.resetAndDestroy()
      else response.end('ok')
    })
    const http = client()
    await http.request({ method: 'GET', url: `http://${host}/` })
    const second = await http.request({ method: 'GET', url: `http://${host}/` })
    expect([second.status, asked]).toEqual([200, 3])
  })

  it('never sends a POST a second time', async () => {
    let asked = 0
    const host = await serve((request, response) => {
      asked++
      if (asked === 2) request.socket.resetAndDestroy()
      else response.end('ok')
    })
    const http = client()
    await http.request({ method: 'POST', url: `http://${host}/` })
    await expect(http.request({ method: 'POST', url: `http://${host}/` })).rejects.toMatchObject({ code: 'HttpFailed' })
    expect(asked).toBe(2)
  })
})

describe('limits', () => {
  it('gives up when the announced body is too large', async () => {
    const host = await serve((_, response) => response.writeHead(200, { 'content-length': '5000' }).write('x'))
    const request: HttpRequest = { method: 'GET', url: `http://${host}/`, maxBytes: 4999 }
    await expect(client().request(request)).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it('gives up while a body without length grows too large', async () => {
    const host = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(1000)));
      }
      response.on('drain', more)
      more()
    })
    const request: HttpRequest = { method: 'GET', url: `http://${host}/`, maxBytes: 10_000 }
    await expect(client().request(request)).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it.each<[string, string | undefined, (response: ServerResponse) => void, number]>([
    ['is larger than the limit', '4', (response) => response.end('long'), 0],
    ['grows larger than it', undefined, (response) => response.write('abc', () => response.end('long')), 3],
    ['breaks off', '5', (response) => response.write('ab', () => response.socket?.destroySoon()), 2],
    ['does not come in time', '5', (response) => response.write('ab'), 2],
  ])('takes the headers for the answer where a body that %s does not matter', async (_, length, answer, most) => {
    const host = await serve((_request, response) => {
      if (length !== undefined) response.setHeader('content-length', length)
      answer(response.writeHead(503))
    })
    const url = `http://${host}/`
    const got = await client().request({ method: 'POST', url, maxBytes: 3, timeoutMs: 1000, mayLackBody: true })
    expect(got.status).toBe(503)
    expect(got.body.byteLength).toBeLessThanOrEqual(most)
  })

  it('takes a HEAD answer that announces more than the limit, for it has no body', async () => {
    const host = await serve((_, response) => response.writeHead(200, { 'content-length': '5000' }).end())
    const answer = await client().request({ method: 'HEAD', url: `http://${host}/`, maxBytes: 10 })
    expect([answer.status, answer.body.byteLength]).toEqual([200, 0])
  })

  it('refuses an answer with too many header lines instead of dropping some', async () => {
    const host = await serve((_, response) => {
      response.writeHead(200, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`x-${i}`, 'y']))).end()
    })
    await expect(client().request({ method: 'GET', url: `http://${host}/` })).rejects.toThrow(/header lines/)
  })

  it('times the whole exchange, a body that trickles included', async () => {
    const clock = createManualClock()
    let trickling = () => {}
    const started = new Promise<void>((resolve) => {
      trickling = resolve
    })
    const host = await serve((_, response) => {
      response.writeHead(200).write('a')
      trickling()
    })
    const answer = client({ clock }).request({ method: 'GET', url: `http://${host}/`, timeoutMs: 3000 })
    const outcome = expect(answer).rejects.toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('3000 ms'),
    })
    await started
    await clock.advance(3000)
    await outcome
    expect(clock.sleepers).toBe(0)
  })

  it('stops when the caller does, and leaves no timer', async () => {
    const clock = createManualClock()
    const stop = new AbortController()
    const host = await serve(() => stop.abort())
    const answer = client({ clock }).request({ method: 'GET', url: `http://${host}/`, signal: stop.signal })
    await expect(answer).rejects.toMatchObject({ code: 'Aborted' })
    expect(clock.sleepers).toBe(0)
  })

  it('fails what is under way, and what comes later, once closed', async () => {
    const http = client()
    const host = await serve(() => http.close())
    await expect(http.request({ method: 'GET', url: `http://${host}/` })).rejects.toMatchObject({ code: 'Aborted' })
    await expect(http.request({ method: 'GET', url: `http://${host}/` })).rejects.toMatchObject({ code: 'Aborted' })
  })
})

describe('what is never asked', () => {
  const refused: [string, string, RegExp][] = [
    ['plain http on a host that is not marked', 'http://registry.example.com/v2/', /plain http is refused/],
    ['plain http on loopback, which is no exception', 'http://127.0.0.1:5000/v2/', /plain http is refused/],
    ['another scheme', 'file:///etc/passwd', /only https and http/],
    ['no URL', 'registry.example.com', /not a URL/],
    ['credentials in the URL', 'https://robot:hunter2@example.com/', /do not belong into a URL/],
    ['the IPv4 metadata service', 'https://169.254.169.254/latest', /link-local/],
    ['it in decimal notation', 'https://2852039166/latest', /link-local/],
    ['it mapped into IPv6', 'https://[::ffff:169.254.169.254]/', /link-local/],
    ['an IPv6 link-local address', 'https://[fe80::1]/', /link-local/],
    ['the IPv6 metadata service', 'https://[fd00:ec2::254]/', /link-local/],
  ]
  it.each(refused)('%s', async (_, url, message) => {
    const answer = client({ hosts: {} }).request({ method: 'GET', url })
    await expect(answer).rejects.toMatchObject({ code: 'HttpFailed', message: expect.stringMatching(message) })
  })

  it('a name that resolves to a forbidden address, even as one of several', async () => {
    const lookup = ((_name: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ])) as unknown as NonNullable<HttpSettings['lookup']>
    const answer = client({ lookup }).request({ method: 'GET', url: 'https://innocent.example.com/' })
    await expect(answer).rejects.toThrow(/cloud metadata/)
  })

  it('a metadata service, unless the client is made for it', async () => {
    const host = await serve((_request, response) => response.end('identity'))
    const name = `metadata.google.internal:${host.split(':')[1]}`
    const lookup = ((_name: string, _options: unknown, callback: (error: null, found: unknown) => void) =>
      callback(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ])) as unknown as NonNullable<HttpSettings['lookup']>
    const ask = (metadata: boolean) =>
      client({ hosts: { [name]: { insecure: true, metadata } }, lookup }).request({
        method: 'GET',
        url: `http://${name}/token`,
      })
    expect(Buffer.from((await ask(true)).body).toString()).toBe('identity')
    await expect(ask(false)).rejects.toThrow(/cloud metadata/)
  })

  it('anything but the address that was checked', async () => {
    const host = await serve((request, response) => response.end(request.headers.host))
    const port = host.split(':')[1]
    let asked = 0
    const lookup = ((_name: string, _options: unknown, callback: (error: null, found: unknown) => void) => {
      asked++
      callback(null, [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }])
    }) as unknown as NonNullable<HttpSettings['lookup']>
    const answer = await client({ lookup }).request({ method: 'GET', url: `http://rebind.example.com:${port}/` })
    expect([Buffer.from(answer.body).toString(), asked]).toEqual([`rebind.example.com:${port}`, 1])
  })

  it.each(['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', 'fe00::1', '169.253.1.1', 'example.com'])(
    '%s may be',
    (address) => {
      expect(isForbiddenAddress(address)).toBe(false)
    },
  )

  it.each(['[fe80::1%25eth0]', 'fe80::1%eth0', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '100.100.100.200'])(
    '%s may not be',
    (address) => {
      expect(isForbiddenAddress(address)).toBe(true)
    },
  )
})

it('tells neither path nor query nor header values when it fails', async () => {
  const url = 'http://127.0.0.1:1/services/T000/hunter2?token=hunter2'
  const headers = { authorization: 'Bearer hunter2' }
  const failure = await client()
    .request({ method: 'GET', url, headers })
    .catch((error) => error)
  expect(failure).toMatchObject({ code: 'HttpFailed' })
  expect(failure.message).toContain('ECONNREFUSED')
  expect(JSON.stringify(failure) + failure.stack).not.toContain('hunter2')

  const broken = await client()
    .request({ method: 'GET', url, headers: { authorization: 'Bearer hunter2\n' } })
    .catch((error) => error)
  expect(broken).toMatchObject({ code: 'HttpFailed' })
  expect(broken.message).not.toContain('hunter2')
})

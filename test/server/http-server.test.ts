import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { Http } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { healthRoute } from '../../src/server/health.ts'
import { createHttpServer, type HttpServerSettings, parseListen } from '../../src/server/http-server.ts'
import { createMetricsServer } from '../../src/server/metrics.ts'
import { createRouter, json, type Route } from '../../src/server/router.ts'
import { createManualClock } from '../fakes/clock.ts'
import { silentLog } from '../fakes/silent-log.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function aClient(): Http {
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
  cleanups.push(() => http.close())
  return http
}

async function aServer(routes: readonly Route[], settings: Partial<HttpServerSettings> = {}) {
  const server = createHttpServer({
    name: 'api',
    listen: '127.0.0.1:0',
    routes,
    clock: systemClock,
    log: silentLog,
    ...settings,
  })
  const { port } = await server.start()
  cleanups.push(() => server.stop(0))
  const http = aClient()
  const get = async (path: string, method: 'GET' | 'HEAD' | 'POST' = 'GET') => {
    const answer = await http.request({ method, url: `http://127.0.0.1:${port}${path}` })
    return { ...answer, text: Buffer.from(answer.body).toString() }
  }
  return { server, port, get }
}

const echo = (path: string): Route => ({
  method: 'GET',
  path,
  answer: ({ params, query }) => json(200, { path, params, q: query.get('q') }),
})

describe('routes', () => {
  const routes = [echo('/a/fixed'), echo('/a/{one}'), echo('/a/{one}/b/{two}')]
  const find = createRouter(routes)
  const table: [string, string, unknown][] = [
    ['GET', '/a/fixed', { path: '/a/fixed', params: {} }],
    ['GET', '/a/x', { path: '/a/{one}', params: { one: 'x' } }],
    ['HEAD', '/a/x', { path: '/a/{one}', params: { one: 'x' } }],
    ['GET', '/a/x%2Fy/b/%C3%BC', { path: '/a/{one}/b/{two}', params: { one: 'x/y', two: 'ü' } }],
    ['POST', '/a/x', 'GET'],
    ['GET', '/a/', 'none'],
    ['GET', '/a/x/', 'none'],
    ['GET', '/a', 'none'],
    ['GET', '/a/%', 'none'],
  ]
  it.each(table)('%s %s', (method, path, expected) => {
    const match = find(method, path)
    if (match.type === 'found') expect({ path: match.route.path, params: match.params }).toEqual(expected)
    else expect(match.type === 'method' ? match.allow : match.type).toBe(expected)
  })
})

describe('a server', () => {
  it('answers what its table says and nothing else', async () => {
    const { get } = await aServer([echo('/x/{one}'), healthRoute])
    expect(JSON.parse((await get('/x/y?q=z')).text)).toEqual({ path: '/x/{one}', params: { one: 'y' }, q: 'z' })
    expect((await get('/health')).status).toBe(200)
    expect([(await get('/x/y', 'HEAD')).status, (await get('/x/y', 'HEAD')).text]).toEqual([200, ''])
    const wrong = await get('/health', 'POST')
    expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET'])
    expect((await get('/nowhere')).status).toBe(404)
  })

  it('says 500 without details when a route fails', async () => {
    const failing: Route = { method: 'GET', path: '/x', answer: () => Promise.reject(new Error('password is hunter2')) }
    const { get } = await aServer([failing])
    const answer = await get('/x')
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('hunter2')
  })

  describe('that answers before it has the whole body', () => {
    const anUnfinishedRequest = async () => {
      const clock = createManualClock()
      const refuse: Route = { method: 'POST', path: '/x', answer: () => json(401, 'no') }
      const { port } = await aServer([refuse], { clock })
      const socket = connect(port, '127.0.0.1').setEncoding('utf8')
      let received = ''
      socket.on('data', (text) => {
        received += text
      })
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.write('POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 10\r\n\r\n12345')
      while (clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(999)
      return { clock, socket, ended, received: () => received }
    }

    it('reads the rest first, lest the client misses the answer', async () => {
      const { socket, ended, received } = await anUnfinishedRequest()
      expect(received()).toBe('')
      socket.write('67890')
      await ended
      expect(received()).toMatch(/^HTTP\/1\.1 401 /)
    })

    it('does not wait long for it', async () => {
      const { clock, ended, received } = await anUnfinishedRequest()
      await clock.advance(1)
      await ended
      expect(received()).toMatch(/^HTTP\/1\.1 401 /)
    })
  })

  it('lets requests finish when it stops, and takes no new ones', async () => {
    let finish = () => {}
    let started = () => {}
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const slow: Route = {
      method: 'GET',
      path: '/slow',
      answer: async () => {
        started()
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        return json(200, 'done')
      },
    }
    const { server, get } = await aServer([slow])
    const answer = get('/slow')
    await begun
    const stopped = server.stop(60_000)
    finish()
    expect((await answer).text).toBe('"done"\n')
    expect((await answer).headers.connection).toBe('close')
    await stopped
    await expect(get('/slow')).rejects.toMatchObject({ code: 'HttpFailed' })
  })

  it('cuts what does not finish within the grace', async () => {
    const clock = createManualClock()
    let started = () => {}
    const begun = new Promise<void>((resolve) => {
      started = resolve
    })
    const stuck: Route = { method: 'GET', path: '/stuck', answer: () => new Promise(() => started()) }
    const { server, get } = await aServer([stuck], { clock })
    const failed = expect(get('/stuck')).rejects.toMatchObject({ code: 'HttpFailed' })
    await begun
    const stopped = server.stop(5000)
    await clock.advance(5000)
    await stopped
    await failed
  })

  it('ends streams when it stops, and tells them when the client is gone', async () => {
    let gone = () => {}
    const left = new Promise<void>((resolve) => {
      gone = resolve
    })
    const stream: Route = {
      method: 'GET',
      path: '/events',
      async answer({ signal }) {
        async function* events() {
          yield 'data: first\n\n'
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
          gone()
        }
        return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: events() }
      },
    }
    const { server, port } = await aServer([stream])
    const read = async () => {
      const socket = connect(port, '127.0.0.1').setEncoding('utf8')
      socket.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n')
      await new Promise<void>((resolve) => socket.on('data', (text) => String(text).includes('first') && resolve()))
      return socket
    }
    ;(await read()).destroy()
    await left
    const second = await read()
    const closed = new Promise<void>((resolve) => second.once('close', () => resolve()))
    await server.stop(60_000)
    await closed
  })

  it.each(['8080', 'localhost', ':99999', '1.2.3.4:x', 'a:b:80', ''])('does not listen on %j', (listen) => {
    expect(() => parseListen(listen, 'api')).toThrow(/listen\.api/)
  })

  it('reads addresses as people write them', () => {
    expect(parseListen(':8080', 'api')).toEqual({ host: '', port: 8080 })
    expect(parseListen('[::1]:0', 'api')).toEqual({ host: '::1', port: 0 })
    expect(parseListen('localhost:80', 'api')).toEqual({ host: 'localhost', port: 80 })
  })

  it('says which port is taken', async () => {
    const { port } = await aServer([])
    await expect(aServer([], { listen: `127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(/listen\.api: .*EADDRINUSE.*another container/),
    })
  })
})

describe('metrics and probes', () => {
  async function aMetricsServer(render: () => Promise<string> | AsyncIterable<string>) {
    const readiness = { ready: false, waitingFor: ['cache of Deployment'] }
    const metrics = { contentType: 'text/plain; version=0.0.4', render }
    const server = createMetricsServer({
      listen: '127.0.0.1:0',
      clock: systemClock,
      log: silentLog,
      metrics,
      ready: () => readiness,
    })
    const { port } = await server.start()
    cleanups.push(() => server.stop(0))
    const http = aClient()
    const get = (path: string) =>
      http.request({ method: 'GET', url: `http://127.0.0.1:${port}${path}`, maxBytes: 64 * 1024 * 1024 })
    return { get, readiness }
  }

  it('stream an exposition of any length', async () => {
    async function* pieces() {
      for (let i = 0; i < 1000; i++) yield `x{i="${i}"} 1\n`.repeat(20)
    }
    const { get } = await aMetricsServer(pieces)
    const answer = await get('/metrics')
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4')
    expect(Buffer.from(answer.body).toString().split('\n')).toHaveLength(20_001)
  })

  it('take an exposition in one piece', async () => {
    const { get } = await aMetricsServer(async () => 'x 1\n')
    expect(Buffer.from((await get('/metrics')).body).toString()).toBe('x 1\n')
  })

  it('tell what is still waited for', async () => {
    const { get, readiness } = await aMetricsServer(async () => '')
    const waiting = await get('/readyz')
    expect([waiting.status, JSON.parse(Buffer.from(waiting.body).toString())]).toEqual([503, readiness])
    readiness.ready = true
    expect((await get('/readyz')).status).toBe(200)
    expect((await get('/healthz')).status).toBe(200)
  })
})

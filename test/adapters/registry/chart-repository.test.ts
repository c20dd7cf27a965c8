import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createRegistries } from '../../../src/adapters/registry/registry.ts'
import type { Clock } from '../../../src/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp } from '../../../src/runtime/http.ts'
import { helmIndex, startChartServer } from '../../fakes/chart-server.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { silentLog } from '../../fakes/silent-log.ts'
import { passTimeUntil } from './registry-world.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

const login = { username: 'robot', password: 's3cret-one' }
const basic = `Basic ${Buffer.from('robot:s3cret-one').toString('base64')}`

/** A chart repository and the adapter that reads it; `mirror` is another host without settings but plain http. */
async function aRepository({ clock = systemClock as Clock, auths = undefined as object | undefined } = {}) {
  const [server, mirror] = [await startChartServer(), await startChartServer()]
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-charts-'))
  const insecure = { [server.host]: { insecure: true }, [mirror.host]: { insecure: true } }
  const http = createHttp({ clock: systemClock, hosts: insecure })
  cleanups.push(
    () => rmSync(folder, { recursive: true }),
    () => server.close(),
    () => mirror.close(),
    () => http.close(),
  )
  const credentialsFile = join(folder, 'config.json')
  writeFileSync(credentialsFile, JSON.stringify({ auths: { [server.host]: auths } }))
  const host = { host: server.host, insecure: true, ...(auths === undefined ? {} : { credentialsFile }) }
  const { charts } = createRegistries({ hosts: [host] }, { http, clock, log: silentLog })
  const versions = async (chart = 'web', url = `http://${server.host}/charts`) => {
    const found = await charts.versions({ type: 'http', url, chart })
    return found.map(({ version }) => version)
  }
  return { server, mirror, charts, versions }
}

describe('an index', () => {
  it('that did not change is not sent again, whichever chart is asked for', async () => {
    const { server, versions } = await aRepository()
    server.serve(helmIndex({ web: ['1.0.0'], api: ['2.0.0'] }))
    expect(await Promise.all([versions('web'), versions('api'), versions('web')])).toEqual([
      ['1.0.0'],
      ['2.0.0'],
      ['1.0.0'],
    ])
    expect(server.requests.map((one) => one.split(' ')[2])).toEqual(['200', '304', '304'])
    server.serve(helmIndex({ web: ['1.0.0', '1.1.0'], api: ['2.0.0'] }))
    expect(await versions('web')).toEqual(['1.0.0', '1.1.0'])
    expect(await versions('api')).toEqual(['2.0.0'])
    expect(server.requests.slice(3).map((one) => one.split(' ')[2])).toEqual(['200', '304'])
  })

  it('in which one chart makes no sense gives the others', async () => {
    const { server, versions } = await aRepository()
    server.serve('entries:\n  web:\n  - version: 1.0.0\n  broken: 5\n')
    await expect(versions('broken')).rejects.toMatchObject({ code: 'RegistryInvalid' })
    expect(await versions('web')).toEqual(['1.0.0'])
    await expect(versions('broken')).rejects.toThrow(/\/charts\/index\.yaml: entries\.broken is no list/)
  })

  it('that is broken for a moment takes nothing away from the next look', async () => {
    const { server, versions } = await aRepository()
    server.serve(helmIndex({ web: ['1.0.0'] }))
    await versions()
    server.serve('<html>')
    await expect(versions()).rejects.toMatchObject({ code: 'RegistryInvalid', kind: 'transient' })
    server.serve(helmIndex({ web: ['1.1.0'] }))
    expect(await versions()).toEqual(['1.1.0'])
  })

  const answers: [string, (response: ServerResponse) => unknown, string][] = [
    ['larger than 20 MiB', (response) => response.end(Buffer.alloc(21 * 1024 * 1024, 'a')), 'TooLarge'],
    ['that is no text', (response) => response.end(Buffer.from([0xc3, 0x28])), 'RegistryInvalid'],
    ['that is not there', (response) => response.writeHead(404).end(), 'RegistryNotFound'],
    ['that is kept from us', (response) => response.writeHead(403).end(), 'RegistryAuthFailed'],
    ['that is "not modified" at first sight', (response) => response.writeHead(304).end(), 'RegistryInvalid'],
  ]
  it.each(answers)('%s is refused', async (_, answer, code) => {
    const { server, versions } = await aRepository()
    server.answerNext((_request, response) => answer(response))
    await expect(versions()).rejects.toMatchObject({ code })
  })

  it('that is cut off is no index, though its beginning would be one', async () => {
    const clock = createManualClock()
    const { server, versions } = await aRepository({ clock })
    for (let tries = 0; tries < 9; tries++) {
      server.answerNext((_, response) => {
        response.writeHead(200, { 'content-length': '5000' })
        response.write(helmIndex({ web: ['1.0.0'] }), () => response.destroy())
      })
    }
    await expect(passTimeUntil(clock, versions())).rejects.toMatchObject({ code: 'RegistryUnavailable' })
  })
})

describe('credentials of a chart repository', () => {
  it('go with every request to its host', async () => {
    const { server, versions } = await aRepository({ auths: login })
    server.protect(basic)
    server.serve(helmIndex({ web: ['1.0.0'] }))
    expect(await versions()).toEqual(['1.0.0'])
    expect(server.authorizations).toEqual([basic])
  })

  it('do not go where it redirects to', async () => {
    const { server, mirror, versions } = await aRepository({ auths: login })
    mirror.serve(helmIndex({ web: ['1.0.0'] }))
    const location = `http://${mirror.host}/charts/index.yaml`
    server.answerNext((_, response) => response.writeHead(302, { location }).end())
    expect(await versions()).toEqual(['1.0.0'])
    expect(mirror.authorizations).toEqual([undefined])
  })

  it('do not go to another repository', async () => {
    const { mirror, versions } = await aRepository({ auths: login })
    mirror.serve(helmIndex({ web: ['1.0.0'] }))
    expect(await versions('web', `http://${mirror.host}/charts`)).toEqual(['1.0.0'])
    expect(mirror.authorizations).toEqual([undefined])
  })

  it('that are wanted and not configured are said to be missing', async () => {
    const { server, versions } = await aRepository()
    server.protect(basic)
    await expect(versions()).rejects.toMatchObject({
      code: 'RegistryAuthFailed',
      message: expect.stringMatching(/credentialsFile/),
    })
  })

  it.each(['https://robot:s3cret-one@charts.example.com', 'file:///etc', 'oci://charts.example.com', 'charts', ''])(
    'or a path do not belong into an address: %s',
    async (url) => {
      const { charts } = await aRepository()
      const failure = await charts.versions({ type: 'http', url, chart: 'web' }).catch((error) => error)
      expect(failure).toMatchObject({ code: 'RegistryNotFound' })
      expect(failure.message).not.toContain('s3cret')
    },
  )
})

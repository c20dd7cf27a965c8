import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-trust-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A self-signed certificate for 127.0.0.1, its own authority. */
function issue(name: string): { certFile: string; cert: string; key: string } | undefined {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile]
  try {
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '2', ...subject], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  return { certFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') }
}

const first = issue('first')
const second = issue('second')

describe.skipIf(first === undefined || second === undefined)('https with an authority of our own', () => {
  const server = createServer((_, response) => response.end('ok'))
  let host = ''
  beforeAll(async () => {
    server.setSecureContext({ cert: first?.cert, key: first?.key })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const ask = (http: ReturnType<typeof createHttp>) => http.request({ method: 'GET', url: `https://${host}/` })

  it('is refused without its file, also on a host marked insecure', async () => {
    const http = createHttp({ clock: systemClock, hosts: { [host]: { insecure: true } } })
    await expect(ask(http)).rejects.toMatchObject({ code: 'HttpFailed', message: expect.stringMatching(/self-signed/) })
    http.close()
  })

  it('is trusted with its file, and the file is read again when it changes', async () => {
    const caFile = join(folder, 'ca.crt')
    writeFileSync(caFile, second?.cert ?? '')
    const http = createHttp({ clock: systemClock, hosts: { [host]: { caFile } } })
    await expect(ask(http)).rejects.toMatchObject({ code: 'HttpFailed' })

    writeFileSync(caFile, `# rotated\n${first?.cert}`)
    expect((await ask(http)).status).toBe(200)

    writeFileSync(caFile, 'no certificate at all')
    await expect(ask(http)).rejects.toMatchObject({ code: 'ConfigInvalid', message: expect.stringContaining(caFile) })

    rmSync(caFile)
    await expect(ask(http)).rejects.toMatchObject({ code: 'ConfigInvalid', message: expect.stringContaining('ENOENT') })
    http.close()
  })
})

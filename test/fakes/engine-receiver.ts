import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedHint {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** What an engine's door answers; a status, or `hang`, or a redirect's target. */
export type Scripted = number | 'hang' | { location: string }

export interface EngineReceiver {
  readonly url: string
  readonly received: readonly ReceivedHint[]
  /** The next request is answered so instead. */
  next(answer: Scripted): void
  close(): Promise<void>
}

/** Path under which notification-controller serves a Receiver (its api/v1/receiver_types.go). */
export function fluxWebhookPath(token: string, name: string, namespace: string): string {
  return `/hook/${createHash('sha256').update(`${token}${name}${namespace}`).digest('hex')}`
}

/** notification-controller with one Receiver `r` in `flux-system` of the type generic-hmac: 404, 400 or 200. */
export function startFluxReceiver(token: string): Promise<EngineReceiver> {
  const path = fluxWebhookPath(token, 'r', 'flux-system')
  return startReceiver((hint) => {
    if (hint.path !== path) return 404
    return isSigned(hint.headers['x-signature'], token, hint.body) ? 200 : 400
  })
}

/** Argo CD's API server with `webhook.github.secret` set: what its util/webhook/webhook.go demands of a push. */
export function startArgocdWebhook(secret: string): Promise<EngineReceiver> {
  return startReceiver((hint) => {
    if (hint.path !== '/api/webhook') return 404
    if (hint.headers['x-github-event'] !== 'push') return 400
    if (!isSigned(hint.headers['x-hub-signature-256'], secret, hint.body)) return 400
    return typeof JSON.parse(hint.body).ref === 'string' ? 200 : 400
  })
}

async function startReceiver(answer: (hint: ReceivedHint) => number): Promise<EngineReceiver> {
  const received: ReceivedHint[] = []
  const scripted: Scripted[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { url = '', headers } = request
      const hint = { path: url, headers, body: Buffer.concat(chunks).toString() }
      received.push(hint)
      const said = scripted.shift() ?? answer(hint)
      if (said === 'hang') return
      if (typeof said === 'number') response.writeHead(said).end()
      else response.writeHead(302, said).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    next: (said) => void scripted.push(said),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isSigned(signature: string | string[] | undefined, secret: string, body: string): boolean {
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`)
  const given = Buffer.from(String(signature))
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'

/** What one message says about one event. */
export interface Told {
  /** By which a receiver knows the event again. */
  id: string
  /** `namespace/name` */
  workload: string
  version: string
  /** `rolling_out`, `success`, `failed`, or what else the format tells of. */
  what: string
  /** The message itself. */
  text: string
}

/** A request of which the body has been unpacked. */
export interface Incoming {
  method: string
  path: string
  headers: IncomingHttpHeaders
  text: string
  json: unknown
}

/** What a service makes of a request. */
export interface Taken {
  status: number
  body?: string
  /** What it takes; without it the request is refused, unless `isOther` says that it was about something else. */
  told?: Told[]
  isOther?: true
}

/** `away`: no byte of a request is read; `hangs`: requests are read, not taken and not answered. */
export type Presence = 'here' | 'hangs' | 'away'

/** A service on loopback that is told of events. */
export interface Receiver {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** What it took, in order, each as often as it came. */
  readonly told: readonly Told[]
  /** Every path that was asked, with the type of what was sent there. */
  readonly asked: ReadonlySet<string>
  /** Requests that were refused, with why. */
  readonly refusals: readonly string[]
  be(presence: Presence): void
  /** The next message that fits is taken and never answered; the answer says whether it was taken by now. */
  takeInSilence(isIt: (one: Told) => boolean): () => boolean
  close(): Promise<void>
}

/** Starts a service that speaks one protocol. */
export async function startReceiver(take: (request: Incoming) => Taken): Promise<Receiver> {
  const told: Told[] = []
  const asked = new Set<string>()
  const refusals: string[] = []
  const unanswered = new Set<ServerResponse>()
  let presence: Presence = 'here'
  let silence: { isIt: (one: Told) => boolean } | undefined

  const server = createServer(async (request, response) => {
    const chunks = await request.toArray().catch(() => undefined)
    if (chunks === undefined) return // the sender was killed over it
    if (presence !== 'here') {
      unanswered.add(response)
      return
    }
    const { method = '', url: path = '', headers } = request
    const raw = Buffer.concat(chunks)
    const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString()
    const { status, body = '', told: news, isOther } = take({ method, path, headers, text, json: JSON.parse(text) })
    asked.add(`${path} ${headers['content-type']}`)
    if (news !== undefined) told.push(...news)
    else if (isOther !== true) refusals.push(`${method} ${path}: ${status} ${body}`)
    if (silence !== undefined && news?.some(silence.isIt)) {
      unanswered.add(response)
      silence = undefined
    } else response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  server.on('connection', (socket) => {
    if (presence === 'away') socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()

  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    told,
    asked,
    refusals,
    be(next) {
      presence = next
      for (const response of unanswered) response.destroy()
      unanswered.clear()
      if (next === 'away') server.closeAllConnections()
    },
    takeInSilence(isIt) {
      const mine = { isIt }
      silence = mine
      return () => silence !== mine
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

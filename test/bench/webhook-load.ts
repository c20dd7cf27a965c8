import { createHmac, randomUUID } from 'node:crypto'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { percentile, round } from './row.ts'

/**
 * Everything around the receiver, in a process of its own: a registry that notes when it was asked for the tags of which
 * repository, and senders that tell of pushes to it. Prints the port of the registry, reads the address of the receiver
 * from its input, prints the result. Arguments: requests before the measured ones, measured requests, repositories,
 * requests in flight, the secret.
 */
const [early = 0, requests = 0, repositories = 1, inFlight = 1] = process.argv.slice(2, 6).map(Number)
const secret = process.argv[6] ?? ''

const hintedAtMs = new Map<string, number>()
const askedAtMs = new Map<string, number>()
let looks = 0

const registry = createServer((message, response) => {
  const [, name] = /^\/v2\/(.+)\/tags\/list/.exec(message.url ?? '') ?? []
  response.setHeader('content-type', 'application/json')
  if (name === undefined) return void response.end('{}')
  looks++
  askedAtMs.set(name, performance.now())
  response.end(JSON.stringify({ name, tags: ['1.0.0', '1.1.0'] }))
})
await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`
process.stdout.write(`${host}\n`)

const [receiver = ''] = await new Promise<string[]>((resolve) => {
  createInterface({ input: process.stdin }).once('line', (line) => resolve([line]))
})
const agent = new Agent({ keepAlive: true, maxSockets: inFlight })
let refused = 0
const cold = await sendMany(early)
const { latenciesMs, tookMs } = await sendMany(requests)
const lost = await unasked(performance.now() + 60_000)
process.stdout.write(
  `${JSON.stringify({
    p50Ms: round(percentile(latenciesMs, 0.5)),
    p99Ms: round(percentile(latenciesMs, 0.99)),
    maxMs: round(percentile(latenciesMs, 1)),
    coldP99Ms: round(percentile(cold.latenciesMs, 0.99)),
    perSecond: Math.round((requests / tookMs) * 1000),
    refused,
    hinted: hintedAtMs.size,
    lost: lost.length,
    others: [...askedAtMs.keys()].filter((name) => !hintedAtMs.has(name)).length,
    looks,
  })}\n`,
)
process.exit()

async function sendMany(count: number): Promise<{ latenciesMs: number[]; tookMs: number }> {
  const latenciesMs: number[] = []
  const startedMs = performance.now()
  let next = 0
  const sendOn = async () => {
    while (next < count) latenciesMs.push(await send(next++))
  }
  await Promise.all(Array.from({ length: inFlight }, sendOn))
  return { latenciesMs, tookMs: performance.now() - startedMs }
}

/** Half of the senders are registries with a bearer token, half are pipelines that sign. Resolves to the time until the answer. */
async function send(index: number): Promise<number> {
  const repository = `acme/app-${index % repositories}`
  const isRegistry = index % 2 === 0
  const body = isRegistry
    ? distributionEvent(repository)
    : JSON.stringify({ id: randomUUID(), image: `${host}/${repository}:1.1.0` })
  const proof = isRegistry
    ? { authorization: `Bearer ${secret}` }
    : { 'x-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
  hintedAtMs.set(repository, performance.now())
  const before = performance.now()
  const status = await post(`${receiver}/webhook/${isRegistry ? 'registry' : 'generic'}`, proof, body)
  if (status !== 202) refused++
  return performance.now() - before
}

function distributionEvent(repository: string): string {
  const digest = `sha256:${'a'.repeat(64)}`
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const url = `http://${host}/v2/${repository}/manifests/${digest}`
  const target = { mediaType, size: 398, digest, length: 398, repository, url, tag: '1.1.0' }
  const about = { id: randomUUID(), addr: '10.0.3.17:41322', host, method: 'PUT', useragent: 'docker/28.0.1' }
  return JSON.stringify({
    events: [{ id: randomUUID(), timestamp: new Date(), action: 'push', target, request: about }],
  })
}

function post(url: string, proof: object, body: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...proof }
  return new Promise((resolve, reject) => {
    const message = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0))
    })
    message.on('error', reject)
    message.end(body)
  })
}

/** Repositories that were not asked for after the last hint about them; waits for late looks until the time given. */
async function unasked(untilMs: number): Promise<string[]> {
  for (;;) {
    const left = [...hintedAtMs].filter(([name, atMs]) => (askedAtMs.get(name) ?? 0) < atMs).map(([name]) => name)
    if (left.length === 0 || performance.now() > untilMs) return left
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

import { Buffer } from 'node:buffer'
import { parseCommit } from '../../../core/change/commit.ts'
import { FairleadError } from '../../../errors.ts'
import type { GitObject } from '../../../ports.ts'
import type { PushOrder } from '../backend.ts'
import { branchRef } from '../branch-name.ts'
import { type RefusedRef, refusedRef, serverWords } from '../failure.ts'
import type { GitExchange } from './http.ts'
import { encodePack, newTreeObjects, type ReadObject } from './pack.ts'
import { decodePackets, encodePacket, flushPacket, type Packet } from './pkt-line.ts'

const service = 'git-receive-pack'
const nothing = '0'.repeat(40)

export interface PushParts {
  /** Without credentials. */
  url: string
  exchange: GitExchange
  read: ReadObject
}

/**
 * Pushes by the smart HTTP protocol (gitprotocol-http, gitprotocol-pack): the old id in the request is the server's
 * compare-and-swap, and only objects that the base lacks are sent. isomorphic-git's own push walks the whole tree.
 */
export async function pushCommits(order: PushOrder, parts: PushParts): Promise<void> {
  const { url, exchange } = parts
  const ref = branchRef(order.branch)
  const offer = await readOffer(url, exchange)
  const here = offer.refs.get(ref) ?? ''
  if (here === order.commit) return
  if (here !== order.base) {
    throw new FairleadError('PushRejected', `${ref} of ${url} has moved from ${order.base} to ${here || 'nothing'}`)
  }
  const wanted = ['report-status', 'side-band-64k'].filter((name) => offer.capabilities.has(name))
  const objects = await collectObjects(order, parts.read)
  const command = `${order.base || nothing} ${order.commit} ${ref}\0 ${wanted.join(' ')} agent=fairlead`
  const response = await exchange({
    method: 'POST',
    url: `${url}/${service}`,
    headers: { 'content-type': `application/x-${service}-request`, accept: `application/x-${service}-result` },
    body: Buffer.concat([encodePacket(command), flushPacket, encodePack(objects)]),
  })
  const { how, commit } = order
  readReport(response.body, { how, url, ref, commit, isBanded: wanted.includes('side-band-64k') })
}

interface Offer {
  refs: ReadonlyMap<string, string>
  capabilities: ReadonlySet<string>
}

async function readOffer(url: string, exchange: GitExchange): Promise<Offer> {
  const response = await exchange({ method: 'GET', url: `${url}/info/refs?service=${service}` })
  if (!response.headers['content-type']?.startsWith(`application/x-${service}-advertisement`)) {
    throw new FairleadError(
      'RepositoryNotFound',
      `${url} does not speak Git's smart HTTP protocol; is the address right?`,
    )
  }
  const refs = new Map<string, string>()
  let capabilities = new Set<string>()
  for (const packet of decodePackets(response.body)) {
    const [line = '', offered] = (packet?.toString('utf8').replace(/\n$/, '') ?? '').split('\0')
    if (offered !== undefined) capabilities = new Set(offered.split(' '))
    const match = /^([0-9a-f]{40}) (\S+)$/.exec(line)
    if (match) refs.set(match[2] ?? '', match[1] ?? '')
  }
  return { refs, capabilities }
}

/** Every commit of the chain with what its tree has over its first parent's. */
async function collectObjects(order: PushOrder, read: ReadObject): Promise<GitObject[]> {
  const objects = new Map<string, GitObject>()
  for (const id of order.commits) {
    const commit = await read(id)
    const facts = parseCommit(commit.bytes)
    if (!facts) throw new FairleadError('Internal', `${id} is not a commit`)
    const parent = facts.parents[0]
    const olderId = parent === undefined ? undefined : parseCommit((await read(parent)).bytes)?.tree
    objects.set(id, commit)
    for (const object of await newTreeObjects({ id: facts.tree, olderId }, read)) objects.set(object.id, object)
  }
  return [...objects.values()]
}

interface ReportContext extends Pick<RefusedRef, 'how' | 'url' | 'ref' | 'commit'> {
  isBanded: boolean
}

function readReport(body: Uint8Array, { how, url, ref, commit, isBanded }: ReportContext): void {
  const { report, words } = isBanded ? splitBands(decodePackets(body)) : { report: decodePackets(body), words: '' }
  const lines = report.map((packet) => packet?.toString('utf8').trim() ?? '')
  const unpack = lines.find((line) => line.startsWith('unpack '))
  if (unpack === undefined) {
    const said = serverWords(words)
    throw new FairleadError('GitUnavailable', `${url} did not report what became of the push to ${ref}: ${said}`)
  }
  if (lines.includes(`ok ${ref}`)) return
  const refused = lines.find((line) => line.startsWith(`ng ${ref} `))
  const reason = unpack !== 'unpack ok' ? `unpacker error: ${unpack.slice(7)}` : (refused?.slice(ref.length + 4) ?? '')
  throw refusedRef({ how, url, ref, commit, reason, words })
}

/** Band 1 carries the report as packets of its own, 2 and 3 what the server says to people. */
function splitBands(packets: readonly Packet[]): { report: Packet[]; words: string } {
  const report: Buffer[] = []
  let words = ''
  for (const packet of packets) {
    if (packet?.[0] === 1) report.push(packet.subarray(1))
    else if (packet) words += packet.subarray(1).toString('utf8')
  }
  return { report: decodePackets(Buffer.concat(report)), words }
}

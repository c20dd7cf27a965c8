import { commitAt, type GitObject, type ObjectStore } from './git-object.ts'
import { writePack } from './pack.ts'
import { flushPacket, packetLine, packetText, readPackets, sideBand } from './packet-line.ts'
import { collectTree, commitDepths, reachableCommits } from './reachability.ts'
import type { Repository } from './repository.ts'

export const uploadPackCapabilities = [
  'multi_ack_detailed',
  'no-done',
  'side-band-64k',
  'ofs-delta',
  'shallow',
  'deepen-relative',
  'no-progress',
  'include-tag',
  'allow-tip-sha1-in-want',
  'allow-reachable-sha1-in-want',
]

interface FetchRequest {
  wants: string[]
  haves: string[]
  /** Commits whose parents the client lacks. */
  shallows: Set<string>
  depth: number | undefined
  capabilities: Set<string>
  done: boolean
}

/**
 * Answers one POST to `git-upload-pack` of the stateless smart protocol, version 0 (gitprotocol-pack of Git's own
 * documentation). Every POST repeats all that was agreed before.
 */
export function answerUploadPack(repository: Repository, body: Buffer): Buffer {
  const request = parseRequest(body)
  const { objects } = repository
  const unknown = request.wants.find((id) => !objects.has(id))
  if (unknown !== undefined) return packetLine(`ERR upload-pack: not our ref ${unknown}`)
  if (request.wants.length === 0) return Buffer.alloc(0)
  const boundary = shallowBoundary(objects, request)
  const parts: Buffer[] = request.depth === undefined ? [] : [shallowLines(objects, request, boundary)]
  const common = request.haves.filter((id) => objects.has(id))
  const mayEnd = canStop(objects, request, common)
  parts.push(acknowledge(request, common, mayEnd))
  const sendsPack =
    request.done || (mayEnd && request.capabilities.has('no-done') && request.capabilities.has('multi_ack_detailed'))
  if (sendsPack) {
    const pack = writePack(objectsToSend(objects, request, boundary, common))
    parts.push(request.capabilities.has('side-band-64k') ? Buffer.concat([sideBand(1, pack), flushPacket]) : pack)
  }
  return Buffer.concat(parts)
}

function parseRequest(body: Buffer): FetchRequest {
  const request: FetchRequest = {
    wants: [],
    haves: [],
    shallows: new Set(),
    depth: undefined,
    capabilities: new Set(),
    done: false,
  }
  for (const packet of readPackets(body).packets) {
    if (packet === 'flush') continue
    const [verb = '', argument = '', ...capabilities] = packetText(packet).split(' ')
    if (verb === 'want') {
      request.wants.push(argument)
      for (const capability of capabilities) request.capabilities.add(capability)
    } else if (verb === 'have') request.haves.push(argument)
    else if (verb === 'shallow') request.shallows.add(argument)
    else if (verb === 'deepen') request.depth = Number(argument)
    else if (verb === 'done') request.done = true
  }
  return request
}

/** Commits that the client will hold without their parents after this fetch. */
function shallowBoundary(objects: ObjectStore, request: FetchRequest): Set<string> {
  if (request.depth === undefined) return request.shallows
  const limit = request.capabilities.has('deepen-relative')
    ? request.depth + presentDepth(objects, request)
    : request.depth
  const depths = commitDepths(objects, request.wants, limit)
  const cut = [...depths].filter(([id, depth]) => depth === limit && (commitAt(objects, id)?.parents.length ?? 0) > 0)
  return new Set(cut.map(([id]) => id))
}

function presentDepth(objects: ObjectStore, { wants, shallows }: FetchRequest): number {
  const depths = commitDepths(objects, wants, Number.POSITIVE_INFINITY)
  return Math.max(0, ...[...shallows].map((id) => depths.get(id) ?? 0))
}

function shallowLines(objects: ObjectStore, request: FetchRequest, boundary: ReadonlySet<string>): Buffer {
  const held = reachableCommits(objects, request.wants, boundary)
  const added = [...boundary].filter((id) => !request.shallows.has(id)).map((id) => packetLine(`shallow ${id}`))
  const removed = [...request.shallows]
    .filter((id) => held.has(id) && !boundary.has(id))
    .map((id) => packetLine(`unshallow ${id}`))
  return Buffer.concat([...added, ...removed, flushPacket])
}

/** True when each want descends from something that both sides have. */
function canStop(objects: ObjectStore, { wants, haves }: FetchRequest, common: readonly string[]): boolean {
  if (haves.length === 0 || common.length === 0) return false
  return wants.every((want) => {
    const reachable = reachableCommits(objects, [want])
    return common.some((id) => reachable.has(id))
  })
}

function acknowledge({ capabilities, done, haves }: FetchRequest, common: readonly string[], mayEnd: boolean): Buffer {
  const detailed = capabilities.has('multi_ack_detailed')
  const last = common.at(-1)
  const lines: string[] = []
  if (detailed) lines.push(...common.map((id) => `ACK ${id} common`))
  if (done) return Buffer.concat([...lines, last === undefined ? 'NAK' : `ACK ${last}`].map(withNewline))
  if (haves.length === 0) return Buffer.alloc(0)
  if (detailed && mayEnd) lines.push(`ACK ${last} ready`)
  if (detailed || last === undefined) lines.push('NAK')
  else lines.push(`ACK ${last}`)
  if (detailed && mayEnd && capabilities.has('no-done')) lines.push(`ACK ${last}`)
  return Buffer.concat(lines.map(withNewline))
}

function withNewline(line: string): Buffer {
  return packetLine(`${line}\n`)
}

/**
 * Commits that the client lacks with what their trees hold, less what the trees of its own commits next to them hold.
 * Sending a little too much is harmless; the client's shallow boundary decides what it has.
 */
function objectsToSend(
  objects: ObjectStore,
  { wants, shallows }: FetchRequest,
  boundary: ReadonlySet<string>,
  common: readonly string[],
): GitObject[] {
  const held = reachableCommits(objects, common, shallows)
  const wanted = [...reachableCommits(objects, wants, boundary)]
  const sent = wanted.filter((id) => !held.has(id))
  const had = new Set<string>()
  const edge = new Set([
    ...sent.flatMap((id) => commitAt(objects, id)?.parents ?? []).filter((id) => held.has(id)),
    ...common,
  ])
  for (const id of edge) collectTree(objects, commitAt(objects, id)?.tree ?? '', had)
  const ids = new Set(sent)
  const contents = new Set(had)
  for (const id of sent) collectTree(objects, commitAt(objects, id)?.tree ?? '', contents)
  for (const id of contents) if (!had.has(id)) ids.add(id)
  for (const id of wants) if (!held.has(id)) ids.add(id)
  return [...ids].map((id) => objects.get(id)).filter((object) => object !== undefined)
}

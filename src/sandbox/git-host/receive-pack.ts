import { commitAt, type ObjectStore, zeroId } from './git-object.ts'
import { readPack } from './pack.ts'
import { flushPacket, packetLine, packetText, readPackets, sideBand } from './packet-line.ts'
import { findMissing, reachableCommits } from './reachability.ts'
import type { Repository } from './repository.ts'

export const receivePackCapabilities = ['report-status', 'delete-refs', 'side-band-64k', 'quiet', 'atomic', 'ofs-delta']

/** A reference that a push wants to move. */
export interface RefUpdate {
  ref: string
  before: string
  after: string
}

/** Why an update is refused: the reason in the report, and lines for whoever pushes. */
export interface PushRefusal {
  reason: string
  words?: string
}

/** The rules of a repository; undefined when an update is allowed. */
export type PushRule = (update: RefUpdate, isFastForward: boolean) => PushRefusal | undefined

export interface PushOutcome {
  response: Buffer
  /** References that moved. */
  moved: RefUpdate[]
}

/**
 * Answers one POST to `git-receive-pack`: unpack, check, then move each reference if it still stands where the client
 * believed. `hookMessage` refuses everything with those words, as a pre-receive hook does.
 */
export function answerReceivePack(
  repository: Repository,
  body: Buffer,
  { rule, hookMessage }: { rule: PushRule; hookMessage: string | undefined },
): PushOutcome {
  const { packets, rest } = readPackets(body, 1)
  // A shallow clone names its boundary first; what the host has is complete, so that changes nothing.
  const texts = packets.filter((packet) => packet !== 'flush').map(packetText)
  const lines = texts.filter((line) => !line.startsWith('shallow '))
  const capabilities = new Set((lines[0]?.split('\0')[1] ?? '').split(' '))
  const updates = lines.map(parseUpdate)
  if (updates.length === 0) return { response: Buffer.alloc(0), moved: [] }

  const unpacked = unpack(repository, rest, updates)
  const stopped = unpacked ?? (hookMessage === undefined ? undefined : 'pre-receive hook declined')
  const refusals = new Map<RefUpdate, PushRefusal>()
  for (const update of updates) {
    const refusal = stopped === undefined ? problemOf(repository, update, rule) : { reason: stopped }
    if (refusal !== undefined) refusals.set(update, refusal)
  }
  const words = [hookMessage, ...[...refusals.values()].map((refusal) => refusal.words)].filter(
    (one) => one !== undefined,
  )
  if (capabilities.has('atomic') && refusals.size > 0) {
    const others = updates.filter((update) => !refusals.has(update))
    for (const update of others) refusals.set(update, { reason: 'atomic transaction failed' })
  }
  const moved = updates.filter((update) => !refusals.has(update))
  for (const { ref, after } of moved) {
    if (after === zeroId) repository.refs.delete(ref)
    else repository.refs.set(ref, after)
  }
  const report = [
    packetLine(unpacked === undefined ? 'unpack ok\n' : `unpack ${unpacked}\n`),
    ...updates.map((update) => {
      const refusal = refusals.get(update)
      return packetLine(refusal === undefined ? `ok ${update.ref}\n` : `ng ${update.ref} ${refusal.reason}\n`)
    }),
    flushPacket,
  ]
  return { response: wrap(Buffer.concat(report), capabilities, words), moved }
}

function wrap(report: Buffer, capabilities: ReadonlySet<string>, words: readonly string[]): Buffer {
  if (!capabilities.has('report-status')) return Buffer.alloc(0)
  if (!capabilities.has('side-band-64k')) return report
  const spoken = words.map((one) => sideBand(2, Buffer.from(`${one}\n`)))
  return Buffer.concat([...spoken, sideBand(1, report), flushPacket])
}

function parseUpdate(line: string): RefUpdate {
  const [before = '', after = '', ref = ''] = (line.split('\0')[0] ?? '').split(' ')
  return { before, after, ref }
}

/** Takes the objects in only when all that the new commits need is there. Returns what is wrong, if anything. */
function unpack(repository: Repository, pack: Buffer, updates: readonly RefUpdate[]): string | undefined {
  const wanted = updates.map((update) => update.after).filter((id) => id !== zeroId)
  try {
    const incoming: ObjectStore = pack.length === 0 ? new Map() : readPack(pack, repository.objects)
    const missing = findMissing(incoming, wanted, repository.objects)
    if (missing !== undefined) return `missing necessary objects: ${missing}`
    for (const [id, object] of incoming) repository.objects.set(id, object)
    return undefined
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown)
  }
}

function problemOf(repository: Repository, update: RefUpdate, rule: PushRule): PushRefusal | undefined {
  const { ref, before, after } = update
  const { refs, objects } = repository
  if (!/^refs\/[^\s~^:?*[\\]+[^/.]$/.test(ref) || ref.includes('..')) return { reason: 'funny refname' }
  const present = refs.get(ref) ?? zeroId
  if (present !== before) return { reason: `cannot lock ref '${ref}': ${standing(present, before)}` }
  const clash = clashWith(repository, ref)
  if (clash !== undefined && after !== zeroId) return { reason: `'${clash}' exists; cannot create '${ref}'` }
  if (ref.startsWith('refs/heads/') && after !== zeroId && commitAt(objects, after) === undefined) {
    return { reason: 'bad ref' }
  }
  const grows = before === zeroId || (after !== zeroId && reachableCommits(objects, [after]).has(before))
  return rule(update, grows)
}

/** A reference that is a folder above or below this name, which Git cannot have beside it. */
export function clashWith({ refs }: Repository, ref: string): string | undefined {
  return [...refs.keys()].find((other) => other.startsWith(`${ref}/`) || ref.startsWith(`${other}/`))
}

/** GitHub's words when a reference is not where the client believed. */
function standing(present: string, before: string): string {
  if (present === zeroId) return 'reference does not exist'
  return before === zeroId ? 'reference already exists' : `is at ${present} but expected ${before}`
}

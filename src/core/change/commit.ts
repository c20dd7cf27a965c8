import { Buffer } from 'node:buffer'
import { FairleadError } from '../../errors.ts'
import { isObjectId, type RenderedObject, renderObject } from './object-id.ts'

/** Who wrote or made a commit. */
export interface Ident {
  name: string
  email: string
}

/** Everything a commit is made of. Equal drafts give equal bytes on every backend and every replica. */
export interface CommitDraft {
  /** Id of the root tree. */
  tree: string
  /** Ids of the parents, first parent first. */
  parents: readonly string[]
  author: Ident
  committer: Ident
  /** Used for author and committer, cut to seconds, written in UTC. */
  date: Date
  /** Subject, blank line, body and trailers. */
  message: string
  /** Armoured signature for the `gpgsig` header. */
  signature?: string
}

/** The parts of a stored commit that fairlead reads. */
export interface CommitFacts {
  tree: string
  parents: readonly string[]
  message: string
}

/**
 * Canonical commit bytes: LF only, no leading blank line, exactly one final newline, idents cleaned the way Git
 * cleans them, `+0000`. `UsageInvalid` when a part cannot be written (NUL, empty name, a date before 1970).
 */
export function renderCommit(draft: CommitDraft): RenderedObject & { type: 'commit' } {
  const seconds = Math.floor(draft.date.getTime() / 1000)
  if (!Number.isSafeInteger(seconds) || seconds < 0) throw unwritable('its date is not a time after 1970')
  const when = `${seconds} +0000`
  const header = [
    `tree ${checkedId(draft.tree)}`,
    ...draft.parents.map((parent) => `parent ${checkedId(parent)}`),
    `author ${renderIdent(draft.author)} ${when}`,
    `committer ${renderIdent(draft.committer)} ${when}`,
  ]
  if (draft.signature !== undefined) header.push(foldHeader('gpgsig', draft.signature))
  return renderObject('commit', Buffer.from(`${header.join('\n')}\n\n${canonicalMessage(draft.message)}`))
}

/** A header whose value has several lines; each further line starts with one blank. */
function foldHeader(name: string, value: string): string {
  return `${name} ${value.replace(/\n+$/, '').split('\n').join('\n ')}`
}

function canonicalMessage(message: string): string {
  if (message.includes('\0')) throw unwritable('its message contains a NUL character')
  const text = message
    .replace(/\r\n?/g, '\n')
    .replace(/^\n+/, '')
    .replace(/[ \t\n]+$/, '')
  if (text === '') throw unwritable('its message is empty')
  return `${text}\n`
}

/** `Name <email>`. Git strips blanks, control characters and `.,:;<>"\'` from both ends, and `<>\n` everywhere. */
function renderIdent(ident: Ident): string {
  const name = cleanIdent(ident.name)
  if (name === '') throw unwritable(`the name "${ident.name}" has no usable character`)
  return `${name} <${cleanIdent(ident.email)}>`
}

function cleanIdent(text: string): string {
  if (text.includes('\0')) throw unwritable('a name or e-mail address contains a NUL character')
  return text.replace(/^[\0-\x20.,:;<>"\\']+|[\0-\x20.,:;<>"\\']+$/g, '').replace(/[<>\n]/g, '')
}

function checkedId(id: string): string {
  if (!isObjectId(id)) throw unwritable(`"${id.slice(0, 60)}" is not a full object id`)
  return id
}

function unwritable(why: string): FairleadError {
  return new FairleadError('UsageInvalid', `the commit cannot be written: ${why}`)
}

/** Reads tree, parents and message of a commit; undefined when the bytes are not a commit. */
export function parseCommit(bytes: Uint8Array): CommitFacts | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  const end = text.indexOf('\n\n')
  const lines = (end < 0 ? text : text.slice(0, end)).split('\n')
  const tree = lines[0]?.startsWith('tree ') ? lines[0].slice(5) : ''
  if (!isObjectId(tree)) return undefined
  const parents: string[] = []
  for (const line of lines.slice(1)) {
    if (!line.startsWith('parent ')) break
    parents.push(line.slice(7))
  }
  return { tree, parents, message: end < 0 ? '' : text.slice(end + 2) }
}

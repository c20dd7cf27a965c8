import { createHash } from 'node:crypto'
import { sanitiseLine } from '../change/text.ts'

/** What fairlead notes for itself at the end of a body, where people do not see it. */
export interface Mark {
  /** Id of the group that the proposal is for. */
  group: string
  /** Hash of the text above it, as fairlead wrote it. */
  text: string
  /** Hash of the title, as fairlead wrote it; older ones have none. */
  title?: string
  /** Why fairlead closed it itself; then its closing is nobody's rejection. */
  withdrawn?: string
  /** Who rejected it elsewhere, and why; then fairlead closed it for them. */
  rejected?: string
  /** Labels, reviewers and assignees have not been asked for yet. */
  isNew?: true
}

/** Hosts keep bodies below 65,536 characters; whatever is longer was not written by fairlead. */
const maxBodyLength = 100_000
const opening = '<!-- fairlead: '
/** Of a body whose mark somebody took away. */
const noGroup = '0'.repeat(16)
/** Between the braces stands no `<` and no `>`, so that nothing in it can end the comment. */
const markPattern = /^<!-- fairlead: (\{[^<>\n]{0,2000}\}) -->/

/** What is noted when a body is written; `title` is the title itself. */
export type Notes = Omit<Mark, 'text'>

/** The body with its mark below; a mark that it has already is replaced. */
export function writeMark(body: string, { group, title, withdrawn, rejected, isNew }: Notes): string {
  const text = canonical(withoutMark(body))
  const wrote = title === undefined ? {} : { title: hashOf(canonical(title)) }
  return withMark(text, { group, text: hashOf(text), ...wrote, ...endOf({ withdrawn, rejected, isNew }) })
}

/** The body with these notes in its mark; what that says about text and title stays. */
export function noteIn(body: string, notes: Partial<Pick<Mark, 'withdrawn' | 'rejected'>>): string {
  const text = canonical(withoutMark(body))
  const { isNew: _, ...mark } = readMark(body) ?? { group: noGroup, text: hashOf(text) }
  return withMark(text, { ...mark, ...endOf(notes) })
}

function withMark(text: string, mark: Mark): string {
  return `${text}\n\n${opening}${safeJson(mark)} -->\n`
}

function endOf({
  withdrawn,
  rejected,
  isNew,
}: { [note in 'withdrawn' | 'rejected' | 'isNew']?: Mark[note] | undefined }) {
  return {
    ...(withdrawn === undefined ? {} : { withdrawn: sanitiseLine(withdrawn) }),
    ...(rejected === undefined ? {} : { rejected: sanitiseLine(rejected) }),
    ...(isNew === true ? { isNew } : {}),
  }
}

/** The mark of a body; undefined when it has none, or one that fairlead did not write. Never throws. */
export function readMark(body: string): Mark | undefined {
  const found = findMark(body)
  if (found === undefined) return undefined
  try {
    const { group, text, title, withdrawn, rejected, isNew } = JSON.parse(found.json) as Record<string, unknown>
    if (!isHash(group) || !isHash(text)) return undefined
    return {
      group,
      text,
      ...(isHash(title) ? { title } : {}),
      ...(typeof withdrawn === 'string' ? { withdrawn: sanitiseLine(withdrawn) } : {}),
      ...(typeof rejected === 'string' ? { rejected: sanitiseLine(rejected) } : {}),
      ...(isNew === true ? { isNew } : {}),
    }
  } catch {
    return undefined
  }
}

/**
 * Whether somebody changed the text since fairlead wrote it, or took the mark away. Line ends and blanks around it do
 * not count, for hosts change them by themselves.
 */
export function isEdited(body: string): boolean {
  const mark = readMark(body)
  return mark === undefined || mark.text !== hashOf(canonical(withoutMark(body)))
}

/** Whether somebody changed the title since fairlead wrote it. */
export function isTitleEdited({ title, body }: { title: string; body: string }): boolean {
  const written = readMark(body)?.title
  return written !== undefined && written !== hashOf(canonical(title))
}

interface FoundMark {
  /** Where it begins and what follows it. */
  start: number
  end: number
  json: string
}

/** The last one; what was quoted above it does not count. */
function findMark(body: string): FoundMark | undefined {
  const start = body.length > maxBodyLength ? -1 : body.lastIndexOf(opening)
  const match = start < 0 ? null : markPattern.exec(body.slice(start, start + 2100))
  if (match === null) return undefined
  const [whole, json = ''] = match
  return { start, end: start + whole.length, json }
}

/** What people can see, also what they wrote below the mark. */
function withoutMark(body: string): string {
  const found = findMark(body)
  return found === undefined ? body : body.slice(0, found.start) + body.slice(found.end)
}

function canonical(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n').trim()
}

/** 16 hex. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value)
}

/** JSON in plain ASCII without a character that could end a comment or begin another one. */
function safeJson(value: object): string {
  return JSON.stringify(value).replaceAll(
    /[<>&-]|[^ -~]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

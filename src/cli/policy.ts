import { parseArgs } from 'node:util'
import { sanitiseLine } from '../core/change/text.ts'
import type { Candidate } from '../core/image/decision.ts'
import { type PolicyFields, parsePolicy } from '../core/image/policy.ts'
import { selectTag } from '../core/image/select.ts'
import { createTagList } from '../core/image/tag-list.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import { type Io, screenText } from './io.ts'

/** Tags on standard input, in bytes. */
const inputLimit = 64 * 1024 * 1024

const usage =
  'fairlead policy check --policy P [--constraint C] [--pattern G] [--filter R --extract X] [--order O]' +
  ' [--prerelease W] --current TAG [-o json] < TAGS'

const fieldOptions = {
  policy: { type: 'string' },
  constraint: { type: 'string' },
  pattern: { type: 'string' },
  filter: { type: 'string' },
  extract: { type: 'string' },
  order: { type: 'string' },
  prerelease: { type: 'string' },
} as const

/**
 * `fairlead policy check`: which of the tags on standard input (one a line) a policy selects, and why not the others.
 * Exit 0 with the decision; 2 for wrong use, an invalid policy or too much input.
 */
export async function policyCheck(args: string[], io: Io): Promise<number> {
  try {
    const { fields, current, json } = readOptions(args)
    const policy = parsePolicy(fields)
    const tags = readTags(await io.stdin())
    const decision = selectTag(policy, current, createTagList(tags), { keep: 'all' })
    const { selected, reason, candidates } = decision
    io.stdout(json ? renderJson({ current, selected, reason, candidates }) : renderLines(current, decision))
    return 0
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown)
    if (code === 'Internal') throw thrown
    if (wantsJson(args)) io.stdout(renderJson({ error: { code, message } }))
    else io.stderr(screenText(`${code}: ${message}\n`))
    return 2
  }
}

interface CheckOptions {
  fields: PolicyFields
  current: string
  json: boolean
}

function readOptions(args: string[]): CheckOptions {
  const values = parseOptions(args)
  const { current, output, ...fields } = values
  const problems = [
    ...(fields.policy === undefined ? ['--policy is missing'] : []),
    ...(current === undefined ? ['--current is missing'] : []),
    ...(output === undefined || output === 'json' ? [] : [`-o ${output} is not known: use json`]),
  ]
  if (current === undefined || problems.length > 0) throw wrongUse(problems.join(', '))
  return { fields, current, json: output === 'json' }
}

function parseOptions(args: string[]) {
  try {
    const options = { ...fieldOptions, current: { type: 'string' }, output: { type: 'string', short: 'o' } } as const
    return parseArgs({ args: joinNegative(args), options, allowPositionals: false }).values
  } catch (thrown) {
    throw wrongUse(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

/** `--current -5` would be read as two options; values that begin with a dash are tied to their option. */
function joinNegative(args: string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const previous = joined.at(-1)
    const open = previous?.startsWith('--') && !previous.includes('=') && Object.hasOwn(fieldOptions, previous.slice(2))
    if (arg.startsWith('-') && (open || previous === '--current')) joined[joined.length - 1] = `${previous}=${arg}`
    else joined.push(arg)
  }
  return joined
}

function wantsJson(args: readonly string[]): boolean {
  return args.some((arg, index) => {
    if (arg === '-ojson' || arg === '--output=json') return true
    return (arg === '-o' || arg === '--output') && args[index + 1] === 'json'
  })
}

function wrongUse(problem: string): FairleadError {
  return new FairleadError('UsageInvalid', `${problem}; usage: ${usage}`)
}

function readTags(input: Uint8Array): string[] {
  if (input.byteLength > inputLimit) {
    throw new FairleadError('TooLarge', `standard input has ${input.byteLength} bytes; at most ${inputLimit} are read`)
  }
  const lines = new TextDecoder().decode(input).split(/\r?\n/)
  return lines.filter((line) => line !== '')
}

function renderJson(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}

function renderLines(
  current: string,
  decision: { selected: string | null; reason: string; candidates: Candidate[] },
): string {
  const { selected, reason } = decision
  const candidates = decision.candidates.map(({ tag, verdict }) => ({ tag: sanitiseLine(tag), verdict }))
  const width = candidates.reduce((most, { tag }) => Math.max(most, Math.min(tag.length, 60)), 0)
  const lines = candidates.map(({ tag, verdict }) => `  ${tag.padEnd(width)}  ${verdict}`)
  const chosen = selected === null ? '(stays)' : sanitiseLine(selected)
  return [`${sanitiseLine(current)} -> ${chosen}  ${reason}`, ...lines, ''].join('\n')
}

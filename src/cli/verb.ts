import { parseArgs } from 'node:util'
import { asFairleadError, type ErrorCode, FairleadError } from '../errors.ts'
import { type Io, screenJson } from './io.ts'
import { optionMistake } from './option-mistake.ts'

/** Codes that say the command was used wrongly or was given something unreadable. */
const wrongUse: ReadonlySet<ErrorCode> = new Set(['UsageInvalid', 'ManifestInvalid', 'ConfigInvalid', 'PolicyInvalid'])

/**
 * Runs a verb whose answer is JSON: prints it and returns 0. A failure prints `{"error":{"code","message"}}` and returns
 * 2 for wrong use or invalid input, else 1.
 */
export async function answerJson(io: Io, answer: () => Promise<unknown>): Promise<number> {
  try {
    io.stdout(`${screenJson(await answer())}\n`)
    return 0
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown)
    io.stdout(`${JSON.stringify({ error: { code, message } })}\n`)
    return wrongUse.has(code) ? 2 : 1
  }
}

/** Options of the form `--name value` (`-f` is short for `file`, `-o` for `output`); anything else is `UsageInvalid`. */
export function readOptions<Name extends string>(
  args: readonly string[],
  names: readonly Name[],
  usage: string,
): Partial<Record<Name, string>> {
  const shorts: Readonly<Record<string, string>> = { file: 'f', output: 'o' }
  const options = Object.fromEntries(
    [...names, 'output'].map((name) => [
      name,
      { type: 'string' as const, ...(shorts[name] !== undefined && { short: shorts[name] }) },
    ]),
  )
  const { output, ...values } = parse(args, options, usage)
  if (output !== undefined && output !== 'json')
    throw new FairleadError('UsageInvalid', `-o ${output}: only json is known`)
  return values as Partial<Record<Name, string>>
}

function parse(args: readonly string[], options: Record<string, { type: 'string'; short?: string }>, usage: string) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (thrown) {
    const reason = optionMistake(thrown, Object.keys(options))
    throw new FairleadError('UsageInvalid', `${reason}\nusage: ${usage}`, { cause: thrown })
  }
}

/** An RFC 3339 time; `UsageInvalid` with the option's name when it is none. */
export function readTime(option: string, value: string): Date {
  const time = new Date(value)
  const isRfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value)
  if (!isRfc3339 || Number.isNaN(time.getTime())) {
    throw new FairleadError('UsageInvalid', `--${option} ${value}: want a time such as 2026-03-01T10:00:00Z`)
  }
  return time
}

import { asFairleadError, type ErrorCode, type FairleadError } from '../errors.ts'
import { type Io, screenText } from './io.ts'

/** What the caller gave cannot be used. */
const wrongUse: ReadonlySet<ErrorCode> = new Set(['UsageInvalid', 'ConfigInvalid', 'KubeconfigInvalid'])

/** Runs a command: wrong use is exit 2, no answer in time is exit 3, every refusal is exit 1 with its evidence. */
export async function refusing(io: Io, isJson: boolean, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (thrown) {
    const error = asFairleadError(thrown)
    return wrongUse.has(error.code) ? reportWrongUse(io, isJson, error) : reportRefusal(io, isJson, error)
  }
}

function reportWrongUse(io: Io, isJson: boolean, { code, message }: FairleadError): number {
  if (isJson) io.stdout(`${JSON.stringify({ error: { code, message } })}\n`)
  else io.stderr(screenText(`${code}: ${message}\n`))
  return 2
}

function reportRefusal(io: Io, isJson: boolean, { code, message, evidence }: FairleadError): number {
  if (isJson) io.stdout(`${JSON.stringify({ refused: { code, message, evidence } })}\n`)
  else io.stderr(screenText([`${code}: ${message}`, ...evidence.map((line) => `  ${line}`), ''].join('\n')))
  return code === 'Timeout' ? 3 : 1
}

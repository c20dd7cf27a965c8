import { asFairleadError, type FairleadError } from '../errors.ts'
import { type Io, screenText } from './io.ts'

/** Runs an offline command: wrong use is exit 2, everything the core refuses is exit 1 with its evidence. */
export async function refusing(io: Io, isJson: boolean, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (thrown) {
    const error = asFairleadError(thrown)
    return error.code === 'UsageInvalid' ? reportWrongUse(io, isJson, error) : reportRefusal(io, isJson, error)
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
  return 1
}

import { parseArgs } from 'node:util'
import { FairleadError } from '../errors.ts'

/** `fairlead controller`: runs until it is told to stop. The program behind it is only loaded for this. */
export async function controllerCommand(args: string[]): Promise<number> {
  const config = readConfigOption(args)
  return (await import('../main.ts')).runController(config)
}

function readConfigOption(args: string[]): string | undefined {
  try {
    return parseArgs({ args, options: { config: { type: 'string' } } }).values.config
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FairleadError('UsageInvalid', `${why}; usage: fairlead controller --config FILE`, { cause })
  }
}

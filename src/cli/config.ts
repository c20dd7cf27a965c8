import { readFile, writeFile } from 'node:fs/promises'
import { loadConfig } from '../config.ts'
import { configJsonSchema } from '../config-schema.ts'
import { asFairleadError } from '../errors.ts'
import type { Io } from './io.ts'

const usage = 'usage: fairlead config check FILE [-o json] | schema [--write FILE | --check FILE]\n'

/** `fairlead config`: `check FILE` names every mistake at once (exit 2); `schema` prints the JSON Schema of the file. */
export async function configCommand(args: string[], io: Io): Promise<number> {
  const [verb, ...rest] = args
  if (verb === 'check' && rest[0] !== undefined) return check(rest[0], rest.includes('json'), io)
  if (verb === 'schema') return schema(rest, io)
  io.stderr(usage)
  return 2
}

async function check(path: string, asJson: boolean, io: Io): Promise<number> {
  try {
    await loadConfig(path)
    io.stdout(asJson ? '{"ok":true,"mistakes":[]}\n' : `${path}: no mistakes\n`)
    return 0
  } catch (thrown) {
    const { code, message, evidence } = asFairleadError(thrown)
    if (asJson) io.stdout(`${JSON.stringify({ error: { code, message }, mistakes: evidence })}\n`)
    else io.stderr([`${code}: ${message}`, ...evidence.map((line) => `  ${line}`), ''].join('\n'))
    return 2
  }
}

async function schema([option, path]: string[], io: Io): Promise<number> {
  const text = `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`
  if (option === undefined) {
    io.stdout(text)
    return 0
  }
  if (path === undefined || (option !== '--write' && option !== '--check')) {
    io.stderr(usage)
    return 2
  }
  if (option === '--write') {
    await writeFile(path, text)
    return 0
  }
  if ((await readFile(path, 'utf8').catch(() => '')) === text) return 0
  io.stderr(`${path} is stale; run npm run generate\n`)
  return 1
}

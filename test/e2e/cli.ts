import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Lab } from './lab.ts'

const bundle = join(import.meta.dirname, '..', '..', 'dist', 'cli.js')

/** How a command ended, and all that it printed. */
export interface Outcome {
  exit: number | null
  out: string
  err: string
}

/** The command as people run it against the API, with their token from a file. */
export async function runCli(
  { dir }: Lab,
  { server, token }: { server: string; token: string },
  ...args: string[]
): Promise<Outcome> {
  const tokenFile = join(dir, 'cli-token')
  await writeFile(tokenFile, token, { mode: 0o600 })
  const all = [bundle, ...args, '--server', server, '--token-file', tokenFile]
  const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'pipe'] })
  const printed = { out: '', err: '' }
  child.stdout.on('data', (piece) => {
    printed.out += piece
  })
  child.stderr.on('data', (piece) => {
    printed.err += piece
  })
  const exit = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { exit, ...printed }
}

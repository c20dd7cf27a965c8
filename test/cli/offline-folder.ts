import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Io } from '../../src/cli/io.ts'

/** A folder on disk with these files; `remove` takes it away. */
export async function folderOnDisk(
  files: Record<string, string>,
): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fairlead-cli-'))
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
    await writeFile(path.join(folder, file), text)
  }
  return { folder, remove: () => rm(folder, { recursive: true }) }
}

/** Runs a verb and keeps what it says. */
export async function run(verb: (args: string[], io: Io) => Promise<number>, args: string[]) {
  let [stdout, stderr] = ['', '']
  const io: Io = {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    stdin: async () => new Uint8Array(),
  }
  const code = await verb(args, io)
  return { code, stdout, stderr }
}

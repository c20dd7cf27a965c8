import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import type { Io } from '../../src/cli/io.ts'
import type { ApiBackend } from '../../src/server/api/backend.ts'
import { startApi } from '../server/api/api-world.ts'
import { terminal } from './terminal.ts'

type Command = (args: string[], io: Io) => Promise<number>

/** For a test file: verbs that ask an API of their own, as alice, who may read and approve in `prod`. */
export function apiTerminals() {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-api-'))
  const tokenFile = join(folder, 'token')
  writeFileSync(tokenFile, 'alice-token\n')
  const worlds: Awaited<ReturnType<typeof startApi>>[] = []
  afterAll(() => rmSync(folder, { recursive: true }))
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close()
  })

  return {
    folder,
    tokenFile,
    async api(backend: Partial<ApiBackend>, requests: readonly UpdateRequest[]) {
      const world = await startApi(requests, { backend })
      worlds.push(world)
      const run = async (command: Command, ...args: string[]) => {
        const { io, printed } = terminal()
        const exit = await command([...args, '--server', world.url, '--token-file', tokenFile], io)
        return { exit, ...printed, json: () => JSON.parse(printed.out) }
      }
      return { world, run }
    },
  }
}

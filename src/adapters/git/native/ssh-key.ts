import { existsSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FairleadError } from '../../../errors.ts'
import { createMountedFile } from '../../../runtime/mounted-file.ts'

/** Login by ssh key: the command for git and what must happen before each use. */
export interface SshKey {
  /** For `core.sshCommand`; contains only paths made here. */
  command: string
  /** Copies key and known hosts again when they changed. ssh refuses the modes of a mounted Secret. */
  prepare(): Promise<void>
}

/** Copies of the key live in `folder`, readable by us only. Host keys are always checked. */
export function createSshKey(files: { sshKeyFile: string; knownHostsFile: string }, folder: string): SshKey {
  if (/['\0-\x1f]/.test(folder)) {
    throw new FairleadError('ConfigInvalid', `the cache folder ${JSON.stringify(folder)} must not contain a quote`)
  }
  const keyCopy = join(folder, 'key')
  const hostsCopy = join(folder, 'known_hosts')
  const key = createMountedFile({ path: files.sshKeyFile, parse: (text) => ({ text }), maxBytes: 64 * 1024 })
  const hosts = createMountedFile({ path: files.knownHostsFile, parse: (text) => ({ text }) })
  const written = new Map<string, object>()

  async function copy(path: string, content: { text: string }): Promise<void> {
    // The copy is part of a cache that anybody may clean.
    if (written.get(path) === content && existsSync(path)) return
    await mkdir(folder, { recursive: true, mode: 0o700 })
    // OpenSSH does not read a key without its final line break.
    await writeFile(`${path}.new`, content.text.endsWith('\n') ? content.text : `${content.text}\n`, { mode: 0o600 })
    await rename(`${path}.new`, path)
    written.set(path, content)
  }

  const options = ['BatchMode=yes', 'IdentitiesOnly=yes', 'StrictHostKeyChecking=yes', 'ConnectTimeout=15']
  const words = ['ssh', '-F', '/dev/null', '-i', `'${keyCopy}'`, ...options.flatMap((option) => ['-o', option])]
  return {
    command: [...words, '-o', `'UserKnownHostsFile="${hostsCopy}"'`, '-o', 'GlobalKnownHostsFile=/dev/null'].join(' '),
    async prepare() {
      await copy(keyCopy, await key.read())
      await copy(hostsCopy, await hosts.read())
    },
  }
}

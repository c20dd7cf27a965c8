import { readFile, stat } from 'node:fs/promises'
import { FairleadError } from '../errors.ts'

/** A file that somebody may replace while we run, as the kubelet does with Secrets and ConfigMaps. */
export interface MountedFile<T> {
  readonly path: string
  /** The parsed content, read again only when the file changed. `ConfigInvalid` when it cannot be read or is too large. */
  read(): Promise<T>
}

export interface MountedFileOptions<T> {
  path: string
  /** May throw a `FairleadError`; it must name the file and never quote the content. */
  parse: (content: string) => T
  /** Default 1 MiB, the most a Secret can hold. */
  maxBytes?: number
}

/**
 * A change is seen by modification time, size and inode: the kubelet swaps a symbolic link, which `stat` follows. Those
 * who ask while a look at the file is under way share it. A failed read or parse is not remembered.
 */
export function createMountedFile<T>({ path, parse, maxBytes = 1024 * 1024 }: MountedFileOptions<T>): MountedFile<T> {
  let known: { version: string; value: T } | undefined
  let looking: Promise<T> | undefined

  async function look(): Promise<T> {
    const version = await fileVersion(path, maxBytes)
    if (known?.version === version) return known.value
    const value = parse(await readContent(path))
    known = { version, value }
    return value
  }

  return {
    path,
    read() {
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}

/** A file that holds one secret and perhaps a final line break. */
export function createSecretFile(path: string, seen?: (secret: string) => void): MountedFile<string> {
  const parse = (content: string) => {
    const secret = content.trim()
    if (secret === '')
      throw new FairleadError('ConfigInvalid', `secret file ${path} is empty; write the secret into it`)
    seen?.(secret)
    return secret
  }
  return createMountedFile({ path, parse, maxBytes: 64 * 1024 })
}

async function fileVersion(path: string, maxBytes: number): Promise<string> {
  const facts = await stat(path).catch((error) => {
    throw unreadable(path, error)
  })
  if (facts.size > maxBytes) {
    throw new FairleadError('ConfigInvalid', `file ${path} has ${facts.size} bytes; at most ${maxBytes} are read`)
  }
  return `${facts.mtimeMs}:${facts.size}:${facts.ino}`
}

function readContent(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error) => {
    throw unreadable(path, error)
  })
}

function unreadable(path: string, error: NodeJS.ErrnoException): FairleadError {
  return new FairleadError(
    'ConfigInvalid',
    `file ${path} cannot be read (${error.code ?? error.message}); is it mounted?`,
  )
}

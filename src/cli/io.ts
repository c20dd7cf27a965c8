import type { EventEmitter } from 'node:events'
import { sanitiseLine } from '../core/change/text.ts'

/** What a verb may do to the outside: its streams. Injected, so that verbs can be tested without a process. */
export interface Io {
  stdout(text: string): void
  stderr(text: string): void
  /** All of standard input. */
  stdin(): Promise<Uint8Array>
}

/** Those of this process. */
export const processStreams: Io = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  stdin: async () => {
    const pieces: Buffer[] = []
    for await (const piece of process.stdin) pieces.push(Buffer.from(piece))
    return Buffer.concat(pieces)
  },
}

/**
 * Text for people, line by line without control characters: tags and file contents must not steer a terminal. Lines
 * are cut at 2000 characters and keep their indentation.
 */
export function screenText(text: string): string {
  const lines = text.split('\n').map((line) => `${/^ */.exec(line)?.[0] ?? ''}${sanitiseLine(line, 2000)}`)
  return lines.join('\n')
}

/**
 * Indented JSON for people and programs: what `JSON.stringify` leaves of control and invisible characters is escaped, so
 * that no name turns the line around or steers a terminal, and every parser still reads the same value.
 */
export function screenJson(value: unknown): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, undefined, 2).replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, (one) =>
    one.split('').map(escaped).join(''),
  )
}

/** A diff for people and for `patch`: blanks and tabs stay as they are, other control characters become a blank. */
export function screenDiff(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]|\p{Cf}/gu, ' ')
}

/** Leaves quietly when nobody reads the output any more, as in `fairlead ... | head`. Other errors stay errors. */
export function leaveOnClosedPipe(output: EventEmitter, leave: () => void): void {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    leave()
  })
}

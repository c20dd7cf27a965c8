import type { Io } from '../../src/cli/io.ts'

/** A terminal that keeps what is printed; `input` is what comes on standard input. */
export function terminal(input: string | Uint8Array = '') {
  const printed = { out: '', err: '' }
  const io: Io = {
    stdout: (text) => {
      printed.out += text
    },
    stderr: (text) => {
      printed.err += text
    },
    stdin: async () => (typeof input === 'string' ? new TextEncoder().encode(input) : input),
  }
  return { io, printed, json: () => JSON.parse(printed.out) }
}

import type { IncomingMessage } from 'node:http'
import { FairleadError } from '../errors.ts'
import type { Clock } from '../ports.ts'

/** Reads a body up to a limit: `TooLarge` as soon as it is known, `Aborted` when the client stops halfway. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new FairleadError('TooLarge', `the request body is larger than ${maxBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const cut = () => reject(new FairleadError('Aborted', 'the request body ended too early'))
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) return chunks.push(chunk)
      request.off('data', take)
      return reject(tooLarge())
    }
    request.on('data', take).once('error', cut).once('close', cut)
    request.once('end', () => {
      request.off('close', cut)
      resolve(Buffer.concat(chunks, size))
    })
  })
}

const drainBytes = 8 * 1024 * 1024
const drainMs = 1000

/**
 * Throws away what is left of a body before an early answer. Closing on unread bytes resets the connection, and the
 * client would lose the answer that says what was wrong. Gives up after a second or 8 MiB.
 */
export async function drainBody(request: IncomingMessage, clock: Clock): Promise<void> {
  if (request.complete || request.destroyed) return
  const done = new AbortController()
  let size = 0
  const count = (chunk: Buffer) => {
    size += chunk.length
    if (size > drainBytes) done.abort()
  }
  const finish = () => done.abort()
  request.on('data', count).once('end', finish).once('close', finish)
  await clock.sleep(drainMs, done.signal)
  request.off('data', count).off('end', finish).off('close', finish)
  done.abort()
}

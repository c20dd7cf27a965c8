import { Buffer } from 'node:buffer'
import { FairleadError } from '../../../errors.ts'

/** One packet of Git's wire format; undefined stands for a flush or delimiter packet. */
export type Packet = Buffer | undefined

/** A packet: four hex digits with the length including themselves, then the content. */
export function encodePacket(content: string): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/** Ends a section. */
export const flushPacket = Buffer.from('0000')

/** All packets of an answer. `GitUnavailable` when it is cut off or not in this format. */
export function decodePackets(bytes: Uint8Array): Packet[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const packets: Packet[] = []
  let at = 0
  while (at < buffer.length) {
    const digits = buffer.toString('latin1', at, at + 4)
    const length = /^[0-9a-f]{4}$/i.test(digits) ? Number.parseInt(digits, 16) : -1
    if (length < 0 || length === 3 || at + length > buffer.length) {
      throw new FairleadError('GitUnavailable', 'the answer of the Git host is cut off or not in the Git protocol')
    }
    packets.push(length < 4 ? undefined : buffer.subarray(at + 4, at + length))
    at += Math.max(length, 4)
  }
  return packets
}

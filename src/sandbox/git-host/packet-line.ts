/** One packet line, or a flush, delimiter or end marker. */
export type Packet = Buffer | 'flush'

export const flushPacket = Buffer.from('0000')

/** A line of Git's wire format: four hex digits of length, then the payload. */
export function packetLine(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/** Packet lines from the beginning of `bytes`, up to and with flush number `flushes`; `rest` is what follows. */
export function readPackets(bytes: Buffer, flushes = Number.POSITIVE_INFINITY): { packets: Packet[]; rest: Buffer } {
  const packets: Packet[] = []
  let at = 0
  let seen = 0
  while (at + 4 <= bytes.length && seen < flushes) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (Number.isNaN(length) || at + length > bytes.length) throw new Error('malformed packet line')
    if (length < 4) {
      packets.push('flush')
      seen += 1
      at += 4
    } else {
      packets.push(bytes.subarray(at + 4, at + length))
      at += length
    }
  }
  return { packets, rest: bytes.subarray(at) }
}

export function packetText(packet: Buffer): string {
  return packet.toString('utf8').replace(/\n$/, '')
}

/** `bytes` as packets of one side band: 1 data, 2 progress, 3 fatal error. */
export function sideBand(band: 1 | 2 | 3, bytes: Uint8Array): Buffer {
  const parts: Buffer[] = []
  const size = 65_515
  for (let at = 0; at < bytes.length; at += size) {
    parts.push(packetLine(Buffer.concat([Buffer.from([band]), bytes.subarray(at, at + size)])))
  }
  return Buffer.concat(parts)
}

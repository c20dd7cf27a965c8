import type { Exchange } from '../loopback.ts'
import { zeroId } from './git-object.ts'
import { flushPacket, packetLine } from './packet-line.ts'
import { receivePackCapabilities } from './receive-pack.ts'
import type { Repository } from './repository.ts'
import { uploadPackCapabilities } from './upload-pack.ts'

/** Reading, or pushing. */
export type Service = 'git-upload-pack' | 'git-receive-pack'

/** Answers `GET info/refs`. */
export function advertise({ response }: Exchange, repository: Repository, service: Service): void {
  response.writeHead(200, {
    'content-type': `application/x-${service}-advertisement`,
    'cache-control': 'no-cache',
  })
  response.end(advertisement(repository, service))
}

/** All references with the capabilities, in protocol version 0; a client that asked for version 2 falls back to it. */
function advertisement({ refs, defaultBranch, objects }: Repository, service: Service): Buffer {
  const head = refs.get(`refs/heads/${defaultBranch}`)
  const reads = service === 'git-upload-pack'
  const capabilities = [
    ...(reads ? uploadPackCapabilities : receivePackCapabilities),
    ...(reads && head !== undefined ? [`symref=HEAD:refs/heads/${defaultBranch}`] : []),
    'object-format=sha1',
    'agent=sandbox/1',
  ].join(' ')
  const lines = [...refs]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([ref, id]) => {
      const object = objects.get(id)
      const peeled = object?.type === 'tag' ? [`${object.bytes.toString('latin1', 7, 47)} ${ref}^{}`] : []
      return [`${id} ${ref}`, ...peeled]
    })
  if (reads && head !== undefined) lines.unshift(`${head} HEAD`)
  if (lines.length === 0) lines.push(`${zeroId} capabilities^{}`)
  const packets = lines.map((line, index) => packetLine(index === 0 ? `${line}\0${capabilities}\n` : `${line}\n`))
  return Buffer.concat([packetLine(`# service=${service}\n`), flushPacket, ...packets, flushPacket])
}

import { createServer } from 'node:net'

/** A loopback port that was free a moment ago; for programs that must be told their port before they start. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given')
  return address.port
}

/** `count` different free ports; none of `promised`, which somebody will listen on later. */
export async function freePorts(count: number, promised: readonly number[] = []): Promise<number[]> {
  const ports = new Set(promised)
  while (ports.size < count + promised.length) ports.add(await freePort())
  return [...ports].slice(promised.length)
}

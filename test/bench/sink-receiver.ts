import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

/**
 * What takes events over HTTP, in a process of its own: reads every body and answers as Pub/Sub, Slack and all others do.
 * Prints its address; for every line of input, how many requests on how many connections have come since the line before.
 * Argument: milliseconds that it is away.
 */
const awayMs = Number(process.argv[2] ?? 0)
let [requests, connections] = [0, 0]
const server = createServer(async (request, response) => {
  requests++
  const body = Buffer.concat(await request.toArray())
  if (awayMs > 0) await setTimeout(awayMs)
  if (!request.url?.endsWith(':publish')) {
    response.writeHead(202).end()
    return
  }
  const { messages } = JSON.parse(body.toString()) as { messages: unknown[] }
  response.end(JSON.stringify({ messageIds: messages.map((_, index) => `${index}`) }))
})
server.on('connection', () => connections++)
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}\n`)
})
process.stdin.on('data', () => {
  process.stdout.write(`${JSON.stringify({ requests, connections })}\n`)
  ;[requests, connections] = [0, 0]
})

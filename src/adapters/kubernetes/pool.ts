import { Agent as HttpAgent } from 'node:http'
import { type AgentOptions, Agent as HttpsAgent, type RequestOptions } from 'node:https'

/** The connections to one API server. */
export interface Pool {
  /** Agent for a request with these TLS settings. Requests share kept connections; a watch has one of its own. */
  agent(tls: RequestOptions, purpose: Purpose): HttpAgent
  close(): void
}

export type Purpose = 'request' | 'watch'

/** Sockets for requests; more calls wait in line, so that nothing of ours floods an API server. */
const maxRequestSockets = 12

/** A kept connection is closed after this time, before usual load balancers drop it. */
const keptIdleMs = 55_000

/**
 * One keep-alive agent for requests and one for watches, replaced when the TLS material changes (rotated CA or client
 * certificate): connections that are in use finish, idle ones run out.
 */
export function createPool(secure: boolean): Pool {
  let current: { tls: AgentOptions; request: HttpAgent; watch: HttpAgent } | undefined
  const created = new Set<HttpAgent>()

  const make = (options: AgentOptions): HttpAgent => {
    const agent = secure ? new HttpsAgent(options) : new HttpAgent(options)
    created.add(agent)
    return agent
  }

  return {
    agent(request, purpose) {
      const tls = tlsOf(request)
      if (current === undefined || !sameTls(current.tls, tls)) {
        // old agents are kept only while they still have sockets, so that close() can end those
        for (const agent of created) if (isIdle(agent)) created.delete(agent)
        current = {
          tls,
          request: make({ ...tls, keepAlive: true, maxSockets: maxRequestSockets, timeout: keptIdleMs }),
          watch: make({ ...tls, keepAlive: false }),
        }
      }
      return current[purpose]
    },
    close() {
      for (const agent of created) agent.destroy()
      created.clear()
      current = undefined
    },
  }
}

function isIdle(agent: HttpAgent): boolean {
  return Object.keys(agent.sockets).length === 0 && Object.keys(agent.freeSockets).length === 0
}

const tlsKeys = ['ca', 'cert', 'key', 'passphrase', 'servername', 'rejectUnauthorized'] as const

/** Only what is set: an undefined option would override the one Node works out per request. */
function tlsOf(request: RequestOptions): AgentOptions {
  const tls: Record<string, unknown> = {}
  for (const key of tlsKeys) if (request[key] !== undefined) tls[key] = request[key]
  return tls
}

function sameTls(left: AgentOptions, right: AgentOptions): boolean {
  return tlsKeys.every((key) => sameBytes(left[key], right[key]))
}

function sameBytes(left: unknown, right: unknown): boolean {
  return Buffer.isBuffer(left) && Buffer.isBuffer(right) ? left.equals(right) : left === right
}

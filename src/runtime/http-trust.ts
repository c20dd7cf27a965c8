import { Agent, type AgentOptions } from 'node:https'
import * as tls from 'node:tls'
import { FairleadError } from '../errors.ts'
import { createMountedFile, type MountedFile } from './mounted-file.ts'

/** Connections over https, kept apart by the authorities they trust. */
export interface Trust {
  /** The agent for a host; with a `caFile`, one that also trusts what is in it now. */
  agentFor(host: string, caFile: string | undefined): Promise<Agent>
  close(): void
}

/**
 * One agent per host with a file of its own. A secure context is shared by its connections, because naming the
 * authorities per request would make every connection's key hundreds of kilobytes long.
 */
export function createTrust(options: AgentOptions): Trust {
  const usual = new Agent(options)
  const special = new Map<string, { file: MountedFile<tls.SecureContext>; context: tls.SecureContext; agent: Agent }>()

  return {
    async agentFor(host, caFile) {
      if (caFile === undefined || caFile === '') return usual
      const key = `${host} ${caFile}`
      const known = special.get(key)
      const file = known?.file ?? createMountedFile({ path: caFile, parse: (pem) => trustAlso(pem, caFile) })
      const context = await file.read()
      const latest = special.get(key)
      if (latest?.context === context) return latest.agent
      if (latest !== undefined) closeIdle(latest.agent)
      const agent = new Agent({ ...options, secureContext: context })
      special.set(key, { file, context, agent })
      return agent
    },
    close() {
      usual.destroy()
      for (const { agent } of special.values()) agent.destroy()
      special.clear()
    },
  }
}

/** What is under way may finish on the old trust; nothing new starts on it. */
function closeIdle(agent: Agent): void {
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

function trustAlso(pem: string, path: string): tls.SecureContext {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new FairleadError('ConfigInvalid', `CA file ${path} holds no PEM certificate`)
  }
  try {
    return tls.createSecureContext({ ca: [...tls.rootCertificates, pem] })
  } catch {
    throw new FairleadError('ConfigInvalid', `CA file ${path} holds a certificate that cannot be parsed`)
  }
}

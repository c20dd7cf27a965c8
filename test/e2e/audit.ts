import { readFile } from 'node:fs/promises'
import { valueAt } from './kubernetes.ts'

/** One write that reached the API server, allowed or not. */
export interface Write {
  user: string
  verb: string
  /** `group/resource[/subresource]`, the core group empty, e.g. `apps/deployments`. */
  resource: string
  namespace: string
  name: string
  /** HTTP status of the answer. */
  code: number
}

/** Every write of a user that the API server's audit log holds, refused ones included. */
export async function writesOf(auditLog: string, user: string): Promise<Write[]> {
  const lines = (await readFile(auditLog, 'utf8')).trimEnd().split('\n')
  return lines.map((line) => toWrite(JSON.parse(line))).filter((write) => write.user === user)
}

function toWrite(event: unknown): Write {
  const text = (...path: string[]) => String(valueAt(event, ...path) ?? '')
  const subresource = text('objectRef', 'subresource')
  return {
    user: text('user', 'username'),
    verb: text('verb'),
    resource: `${text('objectRef', 'apiGroup')}/${text('objectRef', 'resource')}${subresource && `/${subresource}`}`,
    namespace: text('objectRef', 'namespace'),
    name: text('objectRef', 'name'),
    code: Number(valueAt(event, 'responseStatus', 'code') ?? 0),
  }
}

/** fairlead's own kinds, its Lease, Events and the review calls: all it may ever write. */
export function isOwnWrite({ resource }: Write): boolean {
  return (
    resource.startsWith('fairlead.dev/') ||
    resource === 'coordination.k8s.io/leases' ||
    resource === '/events' ||
    resource === 'events.k8s.io/events' ||
    /^authentication\.k8s\.io\/tokenreviews$/.test(resource) ||
    /^authorization\.k8s\.io\/(self)?subjectaccessreviews$/.test(resource)
  )
}

import { fieldsAt, textAt } from '../json.ts'
import { type Exchange, readBody } from '../loopback.ts'
import { ApiFailure, badRequest } from './api-failure.ts'
import type { Kind } from './kind.ts'
import type { Objects, Preconditions } from './objects.ts'
import type { Patcher } from './patch.ts'
import { selectorOf } from './read-request.ts'
import { parsedBody, type Reply } from './reply.ts'
import { namespaceOf, type ResourceRequest } from './request.ts'

export interface WriteParts {
  objects: Objects
  patcher: Patcher
  /** Called with the name that was written, once the write is done. */
  record(name: string): void
}

/** Answers create, update, patch, delete and deletecollection. `dryRun=All` checks without writing. */
export async function answerWrite(
  exchange: Exchange,
  request: ResourceRequest,
  kind: Kind,
  parts: WriteParts,
): Promise<Reply> {
  const query = exchange.url.searchParams
  const namespace = namespaceOf(request, kind)
  const { name, verb } = request
  const dryRun = query.get('dryRun') === 'All'
  const { objects } = parts
  const record = (written: string) => dryRun || parts.record(written)
  if (kind.namespaced && namespace === '' && verb !== 'deletecollection') {
    throw badRequest('an empty namespace may not be set during creation')
  }
  const target = { namespace, name, part: request.subresource === 'status' ? 'status' : 'object', dryRun } as const
  switch (verb) {
    case 'create': {
      const object = objects.create(kind, namespace, await parsedBody(exchange), dryRun)
      record(object.metadata.name)
      return { status: 201, body: object }
    }
    case 'update': {
      const object = objects.update(kind, target, await parsedBody(exchange))
      record(name)
      return { status: 200, body: object }
    }
    case 'patch': {
      const body = (await readBody(exchange.request)).toString('utf8')
      const contentType = exchange.request.headers['content-type'] ?? ''
      const fieldManager = query.get('fieldManager') ?? ''
      const done = parts.patcher.patch(kind, { ...target, contentType, body, fieldManager })
      record(name)
      return { status: done.created ? 201 : 200, body: done.object }
    }
    case 'delete': {
      const removed = objects.remove(kind, namespace, name, preconditionsOf(await parsedBody(exchange)))
      record(name)
      const details = { name, group: kind.group, kind: kind.plural, uid: removed.metadata.uid }
      return { status: 200, body: success(details) }
    }
    case 'deletecollection': {
      for (const object of objects.list(kind).filter(selectorOf(query, namespace, ''))) {
        objects.remove(kind, object.metadata.namespace ?? '', object.metadata.name)
      }
      record('')
      return { status: 200, body: success({ group: kind.group, kind: kind.plural }) }
    }
    default:
      throw new ApiFailure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource')
  }
}

function success(details: object): unknown {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}

function preconditionsOf(body: unknown): Preconditions {
  const { uid, resourceVersion } = fieldsAt(body, 'preconditions')
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    orphan: textAt(body, 'propagationPolicy') === 'Orphan',
  }
}

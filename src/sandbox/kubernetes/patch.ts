import { parse } from 'yaml'
import { fieldsAt, isFields, textAt } from '../json.ts'
import { ApiFailure, badRequest, notFound } from './api-failure.ts'
import { jsonPatch } from './json-patch.ts'
import type { Kind } from './kind.ts'
import { applyMerge, builtInListKeys, mergePatch, noListKeys, strategicMergePatch } from './merge.ts'
import type { ApiObject } from './object.ts'
import type { Objects, Part } from './objects.ts'

/** A PATCH as it came in. */
export interface PatchRequest {
  namespace: string
  name: string
  part: Part
  dryRun: boolean
  contentType: string
  body: string
  fieldManager: string
}

/** Applies all four kinds of patch. */
export interface Patcher {
  /** `created` tells apart 201 and 200: an apply makes what is not there. */
  patch(kind: Kind, request: PatchRequest): { object: ApiObject; created: boolean }
}

/** Remembers what each field manager applied last, so that an apply can remove what it left out. */
export function createPatcher(objects: Objects): Patcher {
  const applied = new Map<string, unknown>()

  function apply(kind: Kind, request: PatchRequest): { object: ApiObject; created: boolean } {
    const wanted: unknown = parse(request.body)
    if (!isFields(wanted)) throw badRequest('an apply patch must be an object')
    if (request.fieldManager === '') {
      throw new ApiFailure(
        422,
        'Invalid',
        'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      )
    }
    const live = objects.find(kind, request.namespace, request.name)
    if (live === undefined) {
      if (request.part === 'status') throw notFound(kind, request.name)
      const metadata = { ...fieldsAt(wanted, 'metadata'), name: request.name }
      const object = objects.create(kind, request.namespace, { ...wanted, metadata }, request.dryRun)
      if (!request.dryRun) applied.set(memoryKey(object, request), wanted)
      return { object, created: true }
    }
    const key = memoryKey(live, request)
    const listKeys = kind.custom ? noListKeys : builtInListKeys
    const merged = applyMerge(live, wanted, applied.get(key), listKeys)
    const object = objects.update(
      kind,
      request,
      withVersion(merged, live, textAt(wanted, 'metadata', 'resourceVersion')),
    )
    if (!request.dryRun) applied.set(key, wanted)
    return { object, created: false }
  }

  return {
    patch(kind, request) {
      const type = request.contentType.split(';')[0]?.trim() ?? ''
      if (type === 'application/apply-patch+yaml') return apply(kind, request)
      const live = objects.get(kind, request.namespace, request.name)
      const patch: unknown = parseJson(request.body)
      const merged = mergeBy(type, kind, live, patch)
      const version = textAt(patch, 'metadata', 'resourceVersion')
      return { object: objects.update(kind, request, withVersion(merged, live, version)), created: false }
    },
  }
}

/** One memory per object and field manager; a new object of the same name starts without one. */
function memoryKey(object: ApiObject, request: PatchRequest): string {
  return `${object.metadata.uid} ${request.part} ${request.fieldManager}`
}

function mergeBy(type: string, kind: Kind, live: ApiObject, patch: unknown): unknown {
  if (type === 'application/merge-patch+json') return mergePatch(live, patch)
  if (type === 'application/json-patch+json') return jsonPatch(live, patch)
  if (type === 'application/strategic-merge-patch+json' && !kind.custom) return strategicMergePatch(live, patch)
  const message = `the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml`
  throw new ApiFailure(415, 'UnsupportedMediaType', message)
}

/** A patch is made against the newest version unless it names one itself. */
function withVersion(merged: unknown, live: ApiObject, version: string): unknown {
  if (!isFields(merged)) return merged
  const resourceVersion = version === '' ? live.metadata.resourceVersion : version
  return { ...merged, metadata: { ...fieldsAt(merged, 'metadata'), resourceVersion } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw badRequest('the patch is not valid JSON')
  }
}

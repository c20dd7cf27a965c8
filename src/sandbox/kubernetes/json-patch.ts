import { isDeepStrictEqual } from 'node:util'
import { isFields, textAt, valueAt } from '../json.ts'
import { ApiFailure, badRequest } from './api-failure.ts'

/** JSON patch of RFC 6902 on a copy of `target`. A patch that does not fit is a 422, as on the API server. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations')
  let document: unknown = structuredClone(target)
  for (const operation of patch) document = applyOperation(document, operation)
  return document
}

function applyOperation(document: unknown, operation: unknown): unknown {
  const path = parsePointer(textAt(operation, 'path'))
  switch (textAt(operation, 'op')) {
    case 'add':
      return edit(document, path, 'add', valueAt(operation, 'value'))
    case 'replace':
      readAt(document, path)
      return edit(document, path, 'replace', valueAt(operation, 'value'))
    case 'remove':
      readAt(document, path)
      return edit(document, path, 'remove', undefined)
    case 'test':
      if (!isDeepStrictEqual(readAt(document, path), valueAt(operation, 'value'))) {
        throw unfit(`testing value ${textAt(operation, 'path')} failed`)
      }
      return document
    case 'copy':
      return edit(document, path, 'add', structuredClone(readAt(document, fromOf(operation))))
    case 'move': {
      const moved = readAt(document, fromOf(operation))
      return edit(edit(document, fromOf(operation), 'remove', undefined), path, 'add', moved)
    }
    default:
      throw unfit(`unexpected kind: ${textAt(operation, 'op')}`)
  }
}

function fromOf(operation: unknown): string[] {
  return parsePointer(textAt(operation, 'from'))
}

function parsePointer(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function readAt(document: unknown, path: readonly string[]): unknown {
  let current = document
  for (const key of path) {
    const next = Array.isArray(current) ? current[Number(key)] : valueAt(current, key)
    if (next === undefined) throw unfit(`the path /${path.join('/')} does not exist`)
    current = next
  }
  return current
}

function edit(document: unknown, path: readonly string[], how: 'add' | 'replace' | 'remove', value: unknown): unknown {
  const key = path.at(-1)
  if (key === undefined) return value
  const parent = readAt(document, path.slice(0, -1))
  if (Array.isArray(parent)) editList(parent, key, how, value)
  else if (!isFields(parent) || key === '__proto__') throw unfit(`the path /${path.join('/')} does not exist`)
  else if (how === 'remove') delete parent[key]
  else parent[key] = value
  return document
}

function editList(list: unknown[], key: string, how: 'add' | 'replace' | 'remove', value: unknown): void {
  const index = key === '-' ? list.length : Number(key)
  if (!Number.isInteger(index) || index < 0 || index > list.length) throw unfit(`the index ${key} is out of bounds`)
  if (how === 'remove') list.splice(index, 1)
  else list.splice(index, how === 'add' ? 0 : 1, value)
}

function unfit(message: string): ApiFailure {
  return new ApiFailure(422, 'Invalid', `the server rejected our request due to an error in our request: ${message}`)
}

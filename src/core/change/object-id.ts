import { createHash } from 'node:crypto'

/** The kinds of Git object that a change consists of. */
export type ObjectType = 'blob' | 'tree' | 'commit'

/** A rendered object. The same shape as the `GitObject` of the Git port. */
export interface RenderedObject {
  type: ObjectType
  /** 40 lower-case hex. */
  id: string
  /** Content without the `type length\0` header. */
  bytes: Uint8Array
}

/** SHA-1 over `<type> <length>\0<bytes>`, the name Git gives an object. */
export function objectId(type: ObjectType, bytes: Uint8Array): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}

/** An object together with its id. */
export function renderObject<T extends ObjectType>(type: T, bytes: Uint8Array): RenderedObject & { type: T } {
  return { type, id: objectId(type, bytes), bytes }
}

/** A full SHA-1 object id in lower-case hex. Nothing shorter is ever given to Git. */
export function isObjectId(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}

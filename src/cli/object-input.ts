import { readFile, stat } from 'node:fs/promises'
import { Composer, Lexer, Parser } from 'yaml'
import type { KubernetesObject } from '../api/kubernetes.ts'
import { FairleadError } from '../errors.ts'
import { jsonOrNothing } from '../runtime/json.ts'
import type { Io } from './io.ts'

const maxBytes = 64 * 1024 * 1024
/** Kubernetes objects are about 20 levels deep. Deeper input is refused before a recursive parser sees it. */
const maxDepth = 64

/**
 * The Kubernetes objects of a file (`-` is standard input), in order: YAML documents, or a JSON object or array; Lists
 * are opened. `ManifestInvalid` when the input is no such thing, too large (64 MiB) or too deep (64 levels).
 */
export async function readObjects(file: string, io: Io): Promise<KubernetesObject[]> {
  const bytes = file === '-' ? await io.stdin() : await readBytes(file)
  const name = file === '-' ? 'standard input' : file
  if (bytes.length > maxBytes) throw tooLarge(name)
  return parseValues(name, decode(name, bytes)).flatMap((value) => openLists(name, value))
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    // a pipe or a device has no size; it is bounded after reading
    if ((await stat(file)).size > maxBytes) throw tooLarge(file)
    return await readFile(file)
  } catch (thrown) {
    if (thrown instanceof FairleadError) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new FairleadError('ManifestInvalid', `${file} cannot be read: ${reason}`, { cause: thrown })
  }
}

function tooLarge(name: string): FairleadError {
  return new FairleadError('ManifestInvalid', `${name} is larger than 64 MiB; give fewer objects at a time`)
}

function decode(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (thrown) {
    throw new FairleadError('ManifestInvalid', `${name} is not UTF-8 text`, { cause: thrown })
  }
}

function parseValues(name: string, text: string): readonly unknown[] {
  if (/^\s*[[{]/.test(text)) {
    refuseDeepJson(name, text)
    // When it is no JSON: YAML in flow style begins in the same way.
    const value = jsonOrNothing(text)
    if (value !== undefined) return [value]
  }
  try {
    return [...yamlValues(name, text)]
  } catch (thrown) {
    if (thrown instanceof FairleadError) throw thrown
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new FairleadError('ManifestInvalid', `${name} is neither YAML nor JSON: ${reason}`, { cause: thrown })
  }
}

function refuseDeepJson(name: string, text: string): void {
  let depth = 0
  let isString = false
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index]
    if (isString) {
      if (character === '\\') index += 1
      else if (character === '"') isString = false
    } else if (character === '"') isString = true
    else if (character === '{' || character === '[') depth += 1
    else if (character === '}' || character === ']') depth -= 1
    if (depth > maxDepth) throw tooDeep(name)
  }
}

/** Documents one by one, so that only one of them is held as a syntax tree. */
function* yamlValues(name: string, text: string): Generator<unknown> {
  const composer = new Composer({ merge: true, uniqueKeys: false, logLevel: 'silent' })
  for (const document of composer.compose(shallowTokens(name, text), false, text.length)) {
    const mistake = document.errors[0]
    if (mistake !== undefined) throw mistake
    const value: unknown = document.toJS()
    if (text.includes('&')) refuseCycles(name, value)
    if (value !== null && value !== undefined) yield value
  }
}

/** The parser's stack is its depth; it is watched while the parser reads, before anything recursive happens. */
function* shallowTokens(name: string, text: string) {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > maxDepth + 2) throw tooDeep(name)
  }
  yield* parser.end()
}

/** An alias within its own anchor makes a value that never ends. */
function refuseCycles(name: string, value: unknown): void {
  const [open, closed] = [new Set<unknown>(), new Set<unknown>()]
  const visit = (one: unknown): void => {
    if (typeof one !== 'object' || one === null || closed.has(one)) return
    if (open.has(one)) throw new FairleadError('ManifestInvalid', `${name} has an alias within its own anchor`)
    open.add(one)
    for (const content of Object.values(one)) visit(content)
    open.delete(one)
    closed.add(one)
  }
  visit(value)
}

function tooDeep(name: string): FairleadError {
  return new FairleadError(
    'ManifestInvalid',
    `${name} is nested deeper than ${maxDepth} levels; that is no Kubernetes object`,
  )
}

function openLists(name: string, value: unknown): KubernetesObject[] {
  if (Array.isArray(value)) return value.flatMap((entry) => openLists(name, entry))
  const object = asObject(name, value)
  const { items } = object as { items?: unknown }
  if (!object.kind.endsWith('List') || !Array.isArray(items)) return [object]
  // the API server leaves kind and apiVersion out of the items of a typed list
  const kind = object.kind.slice(0, -'List'.length)
  const typed = kind === '' ? {} : { kind, apiVersion: object.apiVersion }
  return items.map((entry) => asObject(name, isMap(entry) ? { ...typed, ...entry } : entry))
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asObject(name: string, value: unknown): KubernetesObject {
  if (!isMap(value) || typeof value.kind !== 'string') {
    throw new FairleadError('ManifestInvalid', `${name} holds something without a kind, which is no Kubernetes object`)
  }
  const metadata = isMap(value.metadata) ? value.metadata : {}
  const own = typeof metadata.name === 'string' ? metadata.name : ''
  const apiVersion = typeof value.apiVersion === 'string' ? value.apiVersion : ''
  return { ...value, kind: value.kind, apiVersion, metadata: { ...metadata, name: own } }
}

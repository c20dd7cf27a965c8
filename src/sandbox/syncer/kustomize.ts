import { parse, parseAllDocuments } from 'yaml'
import { type Fields, isFields, listAt, textAt } from '../json.ts'
import { transform } from './kustomize-transform.ts'

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

/** What this build understands; any other field is an error, so that nothing is silently built differently. */
const knownFields = new Set([
  'apiVersion',
  'kind',
  'metadata',
  'resources',
  'bases',
  'components',
  'namespace',
  'namePrefix',
  'nameSuffix',
  'images',
  'patches',
  'replicas',
])

/**
 * Builds a folder as kustomize-controller does: with its kustomization file, or, without one, from all YAML files
 * below it, where a sub-folder that has a kustomization file is built by that. Throws an Error that says which file.
 */
export function buildFolder(files: ReadonlyMap<string, string>, path: string): Fields[] {
  const folder = normalise(path)
  const isThere = folder === '' || [...files.keys()].some((file) => file.startsWith(`${folder}/`))
  if (!isThere) throw new Error(`kustomization path not found: stat ${folder}: no such file or directory`)
  const objects = build(files, folder, [])
  const seen = new Set<string>()
  for (const object of objects) {
    const id = `${textAt(object, 'kind')}/${textAt(object, 'metadata', 'namespace')}/${textAt(object, 'metadata', 'name')}`
    if (seen.has(id)) throw new Error(`may not add resource with an already registered id: ${id}`)
    seen.add(id)
  }
  return objects
}

function build(files: ReadonlyMap<string, string>, folder: string, above: readonly string[]): Fields[] {
  if (above.includes(folder)) throw new Error(`cycle detected: ${[...above, folder].join(' -> ')}`)
  const name = kustomizationNames.find((one) => files.has(join(folder, one)))
  if (name === undefined) return generate(files, folder, above)
  const path = join(folder, name)
  const kustomization = parseKustomization(files.get(path) ?? '', path)
  const inside = [...above, folder]
  const entries = [...listAt(kustomization, 'resources'), ...listAt(kustomization, 'bases')]
  const resources = entries.flatMap((entry) => load(files, join(folder, String(entry)), inside))
  const withComponents = listAt(kustomization, 'components').reduce<Fields[]>(
    (objects, entry) => buildComponent(files, join(folder, String(entry)), objects),
    resources,
  )
  return transform(withComponents, kustomization, (file) => readFile(files, join(folder, file)))
}

/** A component adds its resources and transforms all that came before it too. */
function buildComponent(files: ReadonlyMap<string, string>, folder: string, before: readonly Fields[]): Fields[] {
  const name = kustomizationNames.find((one) => files.has(join(folder, one)))
  if (name === undefined) throw new Error(`unable to find one of ${kustomizationNames.join(', ')} in ${folder}`)
  const path = join(folder, name)
  const component = parseKustomization(files.get(path) ?? '', path)
  const own = listAt(component, 'resources').flatMap((entry) => load(files, join(folder, String(entry)), [folder]))
  return transform([...before, ...own], component, (file) => readFile(files, join(folder, file)))
}

/** The controller's own kustomization for a folder that has none. */
function generate(files: ReadonlyMap<string, string>, folder: string, above: readonly string[]): Fields[] {
  const prefix = folder === '' ? '' : `${folder}/`
  const below = [...files.keys()].filter((file) => file.startsWith(prefix)).sort()
  const children = new Set(
    below
      .filter((file) => file.slice(prefix.length).includes('/'))
      .map((file) => prefix + file.slice(prefix.length).split('/')[0]),
  )
  const own = below.filter((file) => !file.slice(prefix.length).includes('/') && /\.ya?ml$/.test(file))
  return [
    ...own.flatMap((file) => parseManifests(readFile(files, file), file)),
    ...[...children].flatMap((child) => build(files, child, above)),
  ]
}

function load(files: ReadonlyMap<string, string>, path: string, above: readonly string[]): Fields[] {
  if (files.has(path)) return parseManifests(readFile(files, path), path)
  const isFolder = [...files.keys()].some((file) => file.startsWith(`${path}/`))
  if (!isFolder)
    throw new Error(
      `accumulating resources: accumulation err='accumulating resources from '${path}': no such file or directory'`,
    )
  if (!kustomizationNames.some((name) => files.has(join(path, name)))) {
    throw new Error(
      `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${path}'`,
    )
  }
  return build(files, path, above)
}

function readFile(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path)
  if (text === undefined) throw new Error(`open ${path}: no such file or directory`)
  return text
}

function parseKustomization(text: string, path: string): Fields {
  let content: unknown
  try {
    content = parse(text)
  } catch (thrown) {
    throw new Error(`invalid Kustomization ${path}: ${messageOf(thrown)}`)
  }
  const kustomization = isFields(content) ? content : {}
  const unknown = Object.keys(kustomization).find((field) => !knownFields.has(field))
  if (unknown !== undefined)
    throw new Error(`invalid Kustomization ${path}: field ${unknown} is not built by the sandbox`)
  return kustomization
}

function parseManifests(text: string, path: string): Fields[] {
  const documents = parseAllDocuments(text)
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined)
      throw new Error(`MalformedYAMLError: yaml: ${error.message.split('\n')[0]} in File: ${path}`)
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    if (value === null || value === undefined) return []
    if (!isFields(value) || textAt(value, 'kind') === '' || textAt(value, 'apiVersion') === '') {
      throw new Error(`failed to decode Kubernetes YAML from ${path}: Object 'Kind' is missing`)
    }
    return textAt(value, 'kind') === 'List' ? listAt(value, 'items').filter(isFields) : [value]
  })
}

/** Joins and resolves `.` and `..`; a path that leaves the repository is refused. */
function join(folder: string, path: string): string {
  if (/^[a-z+]+:\/\//.test(path)) throw new Error(`remote resources are not built by the sandbox: ${path}`)
  return normalise(path.startsWith('/') ? path : `${folder}/${path}`)
}

function normalise(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined) throw new Error(`the path ${path} leaves the repository`)
    if (part !== '' && part !== '.' && part !== '..') parts.push(part)
  }
  return parts.join('/')
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown)
}

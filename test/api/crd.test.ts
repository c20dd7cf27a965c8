import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { customResourceDefinitions } from '../../src/api/crd.ts'
import { apiVersionOf, resources } from '../../src/api/kubernetes.ts'
import { finalPhases } from '../../src/api/update-request.ts'
import { crdsCommand } from '../../src/cli/crds.ts'
import { terminal } from '../cli/terminal.ts'

const file = 'fairlead.dev_updaterequests.yaml'

interface Node {
  type?: string
  properties?: Record<string, Node>
  additionalProperties?: Node
  items?: Node
  enum?: string[]
  maxLength?: number
  maxItems?: number
  maxProperties?: number
  format?: string
}

const definition = parse(JSON.stringify(customResourceDefinitions[0]))
const schema: Node = definition.spec.versions[0].schema.openAPIV3Schema

/** Every node of the schema with its path. */
function* nodes(node: Node, path: string): Generator<[string, Node]> {
  yield [path, node]
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodes(child, `${path}.${name}`)
  if (node.additionalProperties !== undefined) yield* nodes(node.additionalProperties, `${path}.*`)
  if (node.items !== undefined) yield* nodes(node.items, `${path}[]`)
}

const ours = [...nodes(schema, '')].filter(([path]) => /^\.(spec|status)/.test(path))

describe('the UpdateRequest definition', () => {
  it('is the resource that fairlead asks for', () => {
    const { group, names, scope, versions } = definition.spec
    expect(definition.metadata.name).toBe(`${names.plural}.${group}`)
    expect([`${group}/${versions[0].name}`, names.plural, names.kind]).toEqual([
      apiVersionOf(resources.updateRequest),
      resources.updateRequest.plural,
      resources.updateRequest.kind,
    ])
    expect(scope).toBe('Namespaced')
    expect(names.shortNames).toEqual(['fur'])
    expect(versions[0].subresources).toEqual({ status: {} })
  })

  it('is left alone by variable substitution of Flux', () => {
    expect(definition.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' })
  })

  it.each(ours)('%s has a type and a limit', (_, node) => {
    expect(node.type).toBeDefined()
    if (node.type === 'array') expect(node.maxItems).toBeGreaterThan(0)
    if (node.type === 'string')
      expect(node.maxLength !== undefined || node.enum !== undefined || node.format === 'date-time').toBe(true)
    if (node.additionalProperties !== undefined) expect(node.maxProperties).toBeGreaterThan(0)
  })

  it('knows every phase', () => {
    const phases = schema.properties?.status?.properties?.phase?.enum ?? []
    expect(phases).toEqual(expect.arrayContaining(['Pending', 'Approved', ...finalPhases]))
    expect(phases).toHaveLength(2 + finalPhases.length)
  })

  it('shows columns that exist in the schema', () => {
    const paths = new Set(ours.map(([path]) => path))
    const columns = definition.spec.versions[0].additionalPrinterColumns.map((column: { jsonPath: string }) =>
      column.jsonPath.replace(/\[(0|\?\([^)]*\))\]/, '[]'),
    )
    expect(columns.filter((path: string) => !paths.has(path))).toEqual(['.metadata.creationTimestamp'])
  })
})

describe('fairlead crds', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crds-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function crds(...args: string[]) {
    const { io, printed } = terminal()
    return { exit: await crdsCommand(args, io), ...printed }
  }

  it('prints what Kubernetes can read', async () => {
    const { exit, out } = await crds()
    expect(exit).toBe(0)
    expect(parseAllDocuments(out).map((document) => document.toJS())).toEqual([definition])
    expect(JSON.parse((await crds('-o', 'json')).out).items).toEqual([definition])
  })

  it('finds what it has written up to date', async () => {
    expect((await crds('--write', folder)).exit).toBe(0)
    expect((await crds('--check', folder)).exit).toBe(0)
  })

  it('names a stale and a missing file', async () => {
    expect(await crds('--check', folder)).toMatchObject({ exit: 1, err: expect.stringContaining(`${file} is missing`) })
    await writeFile(join(folder, file), 'old\n')
    expect(await crds('--check', folder)).toMatchObject({ exit: 1, err: expect.stringContaining(`${file} is stale`) })
  })

  it('is what stands in deploy/crds', async () => {
    expect(await readFile(join('deploy/crds', file), 'utf8')).toBe((await crds()).out)
  })

  it.each([[['--force']], [['-o', 'xml']], [['--write', 'a', '--check', 'b']], [['more']]])(
    'exits 2 for %j',
    async (args) => {
      expect((await crds(...args)).exit).toBe(2)
    },
  )
})

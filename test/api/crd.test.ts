import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { customResourceDefinitions } from '../../src/api/crd.ts'
import { apiVersionOf, resources } from '../../src/api/kubernetes.ts'
import { finalPhases } from '../../src/api/update-request.ts'
import { rolloutPhases } from '../../src/api/workload-rollout-state.ts'
import { crdsCommand } from '../../src/cli/crds.ts'
import { terminal } from '../cli/terminal.ts'

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

interface Definition {
  metadata: { name: string; annotations: object }
  spec: {
    group: string
    scope: string
    names: { plural: string; kind: string; shortNames: string[] }
    versions: {
      name: string
      subresources: object
      additionalPrinterColumns: { jsonPath: string }[]
      schema: { openAPIV3Schema: Node }
    }[]
  }
}

const definitions: Definition[] = parse(JSON.stringify(customResourceDefinitions))
const kinds = [
  { resource: resources.updateRequest, shortName: 'fur', phases: ['Pending', 'Approved', ...finalPhases] },
  { resource: resources.workloadRolloutState, shortName: 'wrs', phases: [...rolloutPhases] },
]
const fileOf = ({ spec }: Definition) => `${spec.group}_${spec.names.plural}.yaml`

/** Every node of the schema with its path. */
function* nodes(node: Node, path: string): Generator<[string, Node]> {
  yield [path, node]
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodes(child, `${path}.${name}`)
  if (node.additionalProperties !== undefined) yield* nodes(node.additionalProperties, `${path}.*`)
  if (node.items !== undefined) yield* nodes(node.items, `${path}[]`)
}

test('every kind of ours is looked at', () => expect(definitions).toHaveLength(kinds.length))

describe.each(kinds)('the definition of $resource.kind', ({ resource, shortName, phases }) => {
  const definition = definitions.find(({ spec }) => spec.names.kind === resource.kind)
  const version = definition?.spec.versions[0]
  const schema = version?.schema.openAPIV3Schema
  if (definition === undefined || version === undefined || schema === undefined) throw new Error('there is none')
  const ours = [...nodes(schema, '')].filter(([path]) => /^\.(spec|status)/.test(path))

  it('is the resource that fairlead asks for', () => {
    const { group, names, scope } = definition.spec
    expect(definition.metadata.name).toBe(`${names.plural}.${group}`)
    expect([`${group}/${version.name}`, names.plural, names.kind]).toEqual([
      apiVersionOf(resource),
      resource.plural,
      resource.kind,
    ])
    expect(scope).toBe('Namespaced')
    expect(names.shortNames).toEqual([shortName])
    expect(version.subresources).toEqual({ status: {} })
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
    expect(schema.properties?.status?.properties?.phase?.enum?.toSorted()).toEqual(phases.toSorted())
  })

  it('shows columns that exist in the schema', () => {
    const paths = new Set(ours.map(([path]) => path))
    const columns = version.additionalPrinterColumns.map((column) =>
      column.jsonPath.replace(/\[(0|\?\([^)]*\))\]/, '[]'),
    )
    expect(columns.filter((path) => path !== '.metadata.creationTimestamp' && !paths.has(path))).toEqual([])
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
    expect(parseAllDocuments(out).map((document) => document.toJS())).toEqual(definitions)
    expect(JSON.parse((await crds('-o', 'json')).out).items).toEqual(definitions)
  })

  it('finds what it has written up to date', async () => {
    expect((await crds('--write', folder)).exit).toBe(0)
    expect((await crds('--check', folder)).exit).toBe(0)
  })

  it('names a stale and a missing file', async () => {
    const file = 'fairlead.dev_updaterequests.yaml'
    expect(await crds('--check', folder)).toMatchObject({ exit: 1, err: expect.stringContaining(`${file} is missing`) })
    await writeFile(join(folder, file), 'old\n')
    expect(await crds('--check', folder)).toMatchObject({ exit: 1, err: expect.stringContaining(`${file} is stale`) })
  })

  it('is what stands in deploy/crds', async () => {
    const files = definitions.map((definition) => readFile(join('deploy/crds', fileOf(definition)), 'utf8'))
    expect((await Promise.all(files)).join('---\n')).toBe((await crds()).out)
    const listed: { resources: string[] } = parse(await readFile('deploy/crds/kustomization.yaml', 'utf8'))
    expect(listed.resources).toEqual(definitions.map(fileOf))
  })

  it.each([[['--force']], [['-o', 'xml']], [['--write', 'a', '--check', 'b']], [['more']]])(
    'exits 2 for %j',
    async (args) => {
      expect((await crds(...args)).exit).toBe(2)
    },
  )
})

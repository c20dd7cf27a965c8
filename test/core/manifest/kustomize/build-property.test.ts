import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { trace } from '../../../../src/core/manifest/trace.ts'
import { hasKubectl, kustomize } from '../flux-render.ts'
import { folder, refusalOf } from '../folder.ts'

/** Each example runs kubectl, so there are few of them; a fresh seed every time finds the rest. */
const runs = 12

const names = ['web', 'side', 'log'] as const
const image = fc
  .tuple(fc.constantFrom('app', 'acme/app', 'side'), fc.constantFrom('1', '2', '3'))
  .map((it) => it.join(':'))
const container = fc.record({ name: fc.constantFrom(...names), image })
const containers = fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: ({ name }) => name })
const target = fc.constantFrom(
  '{kind: Deployment}',
  '{name: w.*}',
  '{labelSelector: team=shop}',
  '{labelSelector: "tier!=back", namespace: one}',
  '{kind: StatefulSet}',
)
const strategic = fc.tuple(target, containers).map(([at, list]) => {
  const spec = `spec: {template: {spec: {containers: ${JSON.stringify(list)}}}}`
  return `- target: ${at}\n  patch: |\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: any}\n    ${spec}\n`
})
const json = fc.tuple(target, image).map(([at, value]) => {
  const operation = `- {op: replace, path: /spec/template/spec/containers/0/image, value: "${value}"}`
  return `- target: ${at}\n  patch: |\n    ${operation}\n`
})
const entry = fc.record({
  name: fc.constantFrom('app', 'acme/app', '.*app', 'side'),
  change: fc.constantFrom('newTag: "7"', 'newName: acme/app', 'newName: side, newTag: "8"', 'tagSuffix: -x'),
})
const layer = fc.record({
  prefix: fc.constantFrom('', 'eu-'),
  namespace: fc.constantFrom('', 'one', 'two'),
  label: fc.constantFrom('', 'team: shop', 'tier: back'),
  patches: fc.array(fc.oneof(strategic, json), { maxLength: 2 }),
  images: fc.array(entry, { maxLength: 2 }),
  component: fc.boolean(),
})
const overlay = fc.record({ written: containers, layers: fc.array(layer, { minLength: 1, maxLength: 3 }) })

type Layer = typeof layer extends fc.Arbitrary<infer T> ? T : never

function filesOf({ written, layers }: { written: { name: string; image: string }[]; layers: Layer[] }) {
  const spec = `spec: {template: {spec: {containers: ${JSON.stringify(written)}}}}`
  const files: Record<string, string> = {
    'l0/web.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: one}\n${spec}\n`,
  }
  layers.forEach(({ prefix, namespace, label, patches, images, component }, index) => {
    const inner = index === 0 ? 'web.yaml' : `../l${index - 1}`
    const lines = [
      prefix === '' ? '' : `namePrefix: ${prefix}\n`,
      namespace === '' ? '' : `namespace: ${namespace}\n`,
      label === '' ? '' : `labels: [{pairs: {${label}}}]\n`,
      images.length === 0
        ? ''
        : `images:\n${images.map(({ name, change }) => `- {name: "${name}", ${change}}\n`).join('')}`,
      patches.length === 0 ? '' : `patches:\n${patches.join('')}`,
    ].join('')
    const folderName = `l${index}`
    if (!component) files[`${folderName}/kustomization.yaml`] = `resources: [${inner}]\n${lines}`
    else {
      const head = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {a: b}\n'
      files[`${folderName}/kustomization.yaml`] = `resources: [${inner}]\ncomponents: [../c${index}]\n`
      files[`c${index}/kustomization.yaml`] = `${head}${lines}`
    }
  })
  return { files, root: `l${layers.length - 1}` }
}

interface Rendered {
  metadata: { name: string; namespace: string }
  spec: { template: { spec: { containers: { name: string; image: string }[] } } }
}

function render(files: Record<string, string>, root: string): Rendered {
  const top = mkdtempSync(path.join(tmpdir(), 'fairlead-overlay-'))
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.join(top, path.dirname(file)), { recursive: true })
      writeFileSync(path.join(top, file), text)
    }
    return parseAllDocuments(kustomize(path.join(top, root)))[0]?.toJS() as Rendered
  } finally {
    rmSync(top, { recursive: true })
  }
}

describe.skipIf(!hasKubectl)('a random overlay', () => {
  test('is traced to the image that kustomize renders, container by container', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(overlay, (given) => {
        const { files, root } = filesOf(given)
        const { metadata, spec } = render(files, root)
        const query = { kind: 'Deployment', namespace: metadata.namespace, name: metadata.name }
        for (const { name, image: wanted } of spec.template.spec.containers) {
          let found = ''
          const refusal = refusalOf(() => {
            found = trace(folder(files), root, { ...query, container: name }).image
          })
          // Refusing is no mistake; a wrong answer is.
          if (refusal === undefined) expect({ name, image: found }).toEqual({ name, image: wanted })
          else expect(['Masked', 'SharedBase']).toContain(refusal.code)
        }
      }),
      { numRuns: runs },
    )
  })
})

import { describe, expect, test } from 'vitest'
import { trace } from '../../../../src/core/manifest/trace.ts'
import { deployment, folder, refusalOf } from '../folder.ts'

const query = { kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }

const ownImage = '0:spec.template.spec.containers[0].image'
const byInline = `0:patches[0].patch|${ownImage}`

/** The code of the refusal, `manifest`, or the key path in the kustomization. */
function outcome(rest: string, files: Record<string, string> = {}): string {
  const snapshot = folder({
    'prod/kustomization.yaml': `namespace: prod\nresources: [web.yaml]\n${rest}`,
    'prod/web.yaml': `${deployment('web', 'app:1')}        - {name: second, image: b}\n`,
    ...files,
  })
  let keyPath = ''
  const refusal = refusalOf(() => {
    keyPath = trace(snapshot, 'prod', query).keyPath
  })
  return refusal?.code ?? (keyPath === ownImage ? 'manifest' : keyPath)
}

const strategic = (spec: string, name = 'web') =>
  `kind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {spec: ${spec}}}\n`
const inline = (text: string, target = '') => `patches:\n- ${target}patch: |\n${text.replace(/^/gm, '    ')}\n`
const operation = (op: string, path: string) =>
  inline(`- {op: ${op}, path: ${path}, value: x}`, 'target: {kind: Deployment}\n  ')
const replacing = (target: string) =>
  `replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.x}\n  targets:\n  - ${target}\n`

describe('a patch decides the image, hides it, or is no obstacle', () => {
  test.each([
    ['sets the image', inline(strategic('{containers: [{name: web, image: x}]}')), byInline],
    ['sets another container’s image', inline(strategic('{containers: [{name: side, image: x}]}')), 'manifest'],
    ['sets the environment', inline(strategic('{containers: [{name: web, env: []}]}')), 'manifest'],
    ['removes the container', inline(strategic('{containers: [{name: web, $patch: delete}]}')), 'Masked'],
    ['replaces the pod', inline(strategic('{$patch: replace, containers: []}')), 'Masked'],
    ['removes the list', inline(strategic('{containers: null}')), 'Masked'],
    ['is for another object', inline(strategic('{containers: [{name: web, image: x}]}', 'other')), 'manifest'],
    [
      'is for a pattern of names',
      inline(strategic('{containers: [{name: web, image: x}]}', 'any'), 'target: {name: w.b}\n  '),
      byInline,
    ],
    [
      'is for another pattern',
      inline(strategic('{containers: [{name: web, image: x}]}', 'any'), 'target: {name: we}\n  '),
      'manifest',
    ],
    [
      'is in the older field',
      `patchesStrategicMerge:\n- |\n${strategic('{containers: [{name: web, image: x}]}').replace(/^/gm, '  ')}`,
      `0:patchesStrategicMerge[0]|${ownImage}`,
    ],
    ['cannot be found', 'patches: [{path: gone.yaml}]\n', 'Masked'],
    ['cannot be read', inline('a: [', 'target: {kind: Deployment}\n  '), 'Masked'],
  ])('%s', (_, rest, code) => {
    expect(outcome(rest)).toBe(code)
  })

  test.each([
    ['replace', '/spec/template/spec/containers/0/image', '0:patches[0].patch|0:[0].value'],
    ['add', '/spec/template/spec/containers/0/image', '0:patches[0].patch|0:[0].value'],
    ['remove', '/spec/template/spec/containers/0/image', 'Masked'],
    ['replace', '/spec/template/spec/containers/[name=web]/image', 'Masked'],
    ['move', '/spec/template/spec/containers/0/name', 'Masked'],
    ['replace', '/spec/template/spec/containers/1/image', 'manifest'],
    ['add', '/spec/template/spec/containers/0', 'Masked'],
    ['add', '/spec/template/spec/containers/1', 'manifest'],
    ['add', '/spec/template/spec/containers/-', 'manifest'],
    ['add', '/spec/template/spec/containers/0/env', 'manifest'],
    ['remove', '/spec/template', 'Masked'],
    ['replace', '/spec/replicas', 'manifest'],
    ['test', '/spec/template/spec/containers/0/image', 'manifest'],
    ['replace', '/spec/template/spec/initContainers/0/image', 'manifest'],
  ])('JSON6902 %s %s', (op, path, code) => {
    expect(outcome(operation(op, path))).toBe(code)
  })

  test.each([
    ['{select: {kind: Deployment}, fieldPaths: [spec.template.spec.containers.0.image]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=web].image"]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=side].image"]}', 'manifest'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.*.image"]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: [spec.replicas]}', 'manifest'],
    ['{select: {kind: Service}, fieldPaths: [spec.template]}', 'manifest'],
    ['{select: {name: web}, fieldPaths: [spec.template.spec]}', 'Masked'],
  ])('replacement in %s', (target, code) => {
    expect(outcome(replacing(target))).toBe(code)
    const file = { 'prod/r.yaml': replacing(target).split('\n').slice(1).join('\n') }
    expect(outcome('replacements: [{path: r.yaml}]\n', file)).toBe(code)
  })

  test('a patch sees the name of its own layer', () => {
    const files = {
      'o/kustomization.yaml': `namePrefix: eu-\nresources: [../prod]\n${inline(strategic('{containers: [{name: web, image: x}]}'))}`,
      'prod/kustomization.yaml': 'resources: [web.yaml]\n',
      'prod/web.yaml': deployment('web', 'app:1'),
    }
    expect(trace(folder(files), 'o', { ...query, namespace: '', name: 'eu-web' }).file).toBe('o/kustomization.yaml')
    const named = {
      ...files,
      'o/kustomization.yaml': files['o/kustomization.yaml'].replace('name: web}', 'name: eu-web}'),
    }
    expect(trace(folder(named), 'o', { ...query, namespace: '', name: 'eu-web' }).file).toBe('prod/web.yaml')
  })

  test('a container that only a patch may bring is said to come from there', () => {
    const adding = inline(
      '- {op: add, path: /spec/template/spec/initContainers, value: []}',
      'target: {kind: Deployment}\n  ',
    )
    const snapshot = folder({
      'prod/kustomization.yaml': `resources: [web.yaml]\n${adding}`,
      'prod/web.yaml': deployment('web', 'app:1'),
    })
    const refusal = refusalOf(() => trace(snapshot, 'prod', { ...query, container: 'side' }))
    expect(refusal).toMatchObject({ code: 'Masked', evidence: [expect.stringContaining('prod/kustomization.yaml:3')] })
    expect(trace(snapshot, 'prod', query).image).toBe('app:1')
  })

  test('a list of a kind without schema is replaced as a whole', () => {
    const rollout = (text: string) => text.replace('Deployment', 'Rollout')
    const patch = rollout(inline(strategic('{containers: [{name: web, image: "app:2"}]}')))
    const files = (rest: string) => ({
      'prod/kustomization.yaml': `namespace: prod\nresources: [web.yaml]\n${patch}${rest}`,
      'prod/web.yaml': rollout(`${deployment('web', 'app:1')}        - {name: second, image: b}\n`),
    })
    const asked = { ...query, kind: 'Rollout' }
    expect(trace(folder(files('')), 'prod', asked).image).toBe('app:2')
    expect(refusalOf(() => trace(folder(files('')), 'prod', { ...asked, container: 'second' }))?.code).toBe('NotTraced')
    expect(refusalOf(() => trace(folder(files('openapi: {path: s.json}\n')), 'prod', asked))?.code).toBe('Masked')
  })
})

import { describe, expect, test } from 'vitest'
import { trace } from '../../../src/core/manifest/trace.ts'
import { deployment, folder, refusalOf } from './folder.ts'

const query = { kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }

function outcome(rest: string, files: Record<string, string> = {}): string {
  const snapshot = folder({
    'prod/kustomization.yaml': `namespace: prod\nresources: [web.yaml]\n${rest}`,
    'prod/web.yaml': `${deployment('web', 'app:1')}        - {name: second, image: b}\n`,
    ...files,
  })
  return refusalOf(() => trace(snapshot, 'prod', query))?.code ?? 'traced'
}

const strategic = (spec: string, name = 'web') =>
  `kind: Deployment\nmetadata: {name: ${name}}\nspec: {template: {spec: ${spec}}}\n`
const inline = (text: string, target = '') => `patches:\n- ${target}patch: |\n${text.replace(/^/gm, '    ')}\n`
const operation = (op: string, path: string) =>
  inline(`- {op: ${op}, path: ${path}, value: x}`, 'target: {kind: Deployment}\n  ')
const replacing = (target: string) =>
  `replacements:\n- source: {kind: ConfigMap, name: c, fieldPath: data.x}\n  targets:\n  - ${target}\n`

describe('a patch that decides the image is refused, another is no obstacle', () => {
  test.each([
    ['sets the image', inline(strategic('{containers: [{name: web, image: x}]}')), 'Masked'],
    ['sets another container’s image', inline(strategic('{containers: [{name: side, image: x}]}')), 'traced'],
    ['sets the environment', inline(strategic('{containers: [{name: web, env: []}]}')), 'traced'],
    ['removes the container', inline(strategic('{containers: [{name: web, $patch: delete}]}')), 'Masked'],
    ['replaces the pod', inline(strategic('{$patch: replace, containers: []}')), 'Masked'],
    ['removes the list', inline(strategic('{containers: null}')), 'Masked'],
    ['is for another object', inline(strategic('{containers: [{name: web, image: x}]}', 'other')), 'traced'],
    [
      'is for a pattern of names',
      inline(strategic('{containers: [{name: web, image: x}]}', 'any'), 'target: {name: w.b}\n  '),
      'Masked',
    ],
    [
      'is for another pattern',
      inline(strategic('{containers: [{name: web, image: x}]}', 'any'), 'target: {name: we}\n  '),
      'traced',
    ],
    [
      'is in the older field',
      `patchesStrategicMerge:\n- |\n${strategic('{containers: [{name: web, image: x}]}').replace(/^/gm, '  ')}`,
      'Masked',
    ],
    ['cannot be found', 'patches: [{path: gone.yaml}]\n', 'Masked'],
    ['cannot be read', inline('a: [', 'target: {kind: Deployment}\n  '), 'Masked'],
  ])('%s', (_, rest, code) => {
    expect(outcome(rest)).toBe(code)
  })

  test.each([
    ['replace', '/spec/template/spec/containers/0/image', 'Masked'],
    ['replace', '/spec/template/spec/containers/1/image', 'traced'],
    ['add', '/spec/template/spec/containers/0', 'Masked'],
    ['add', '/spec/template/spec/containers/1', 'traced'],
    ['add', '/spec/template/spec/containers/-', 'traced'],
    ['add', '/spec/template/spec/containers/0/env', 'traced'],
    ['remove', '/spec/template', 'Masked'],
    ['replace', '/spec/replicas', 'traced'],
    ['test', '/spec/template/spec/containers/0/image', 'traced'],
    ['replace', '/spec/template/spec/initContainers/0/image', 'traced'],
  ])('JSON6902 %s %s', (op, path, code) => {
    expect(outcome(operation(op, path))).toBe(code)
  })

  test.each([
    ['{select: {kind: Deployment}, fieldPaths: [spec.template.spec.containers.0.image]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=web].image"]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.[name=side].image"]}', 'traced'],
    ['{select: {kind: Deployment}, fieldPaths: ["spec.template.spec.containers.*.image"]}', 'Masked'],
    ['{select: {kind: Deployment}, fieldPaths: [spec.replicas]}', 'traced'],
    ['{select: {kind: Service}, fieldPaths: [spec.template]}', 'traced'],
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
    expect(refusalOf(() => trace(folder(files), 'o', { ...query, name: 'eu-web' }))?.code).toBe('Masked')
  })

  test('a container that a patch adds is said to come from there', () => {
    const snapshot = folder({
      'prod/kustomization.yaml': `resources: [web.yaml]\n${inline(strategic('{containers: [{name: side, image: x}]}'))}`,
      'prod/web.yaml': deployment('web', 'app:1'),
    })
    const refusal = refusalOf(() => trace(snapshot, 'prod', { ...query, container: 'side' }))
    expect(refusal).toMatchObject({ code: 'Masked', evidence: [expect.stringContaining('prod/kustomization.yaml:3')] })
  })
})

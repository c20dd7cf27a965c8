import { describe, expect, it } from 'vitest'
import { buildFolder } from '../../../src/sandbox/syncer/kustomize.ts'

const workload = (name: string, image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}}
spec:
  template:
    spec:
      initContainers: [{name: init, image: "${image}"}]
      containers: [{name: main, image: "${image}"}]
`

function build(files: Record<string, string>, path: string): unknown[] {
  return buildFolder(new Map(Object.entries(files)), path)
}

const imageOf = (object: unknown) =>
  (object as { spec: { template: { spec: { containers: { image: string }[] } } } }).spec.template.spec.containers[0]
    ?.image

describe('a build of a folder', () => {
  it('takes all YAML files below when there is no kustomization, and other files not', () => {
    const files = {
      'apps/a.yaml': workload('a', 'acme/a:1'),
      'apps/deep/b.yml': `${workload('b', 'acme/b:1')}---\n${workload('c', 'acme/c:1')}`,
      'apps/README.md': '# no manifest',
      'other/d.yaml': workload('d', 'acme/d:1'),
    }
    expect(build(files, './apps')).toMatchObject([
      { metadata: { name: 'a' } },
      { metadata: { name: 'b' } },
      { metadata: { name: 'c' } },
    ])
  })

  it('builds a sub-folder with a kustomization by that', () => {
    const files = {
      'apps/a.yaml': workload('a', 'acme/a:1'),
      'apps/b/kustomization.yaml': 'resources: [used.yaml]\nnamePrefix: x-\n',
      'apps/b/used.yaml': workload('b', 'acme/b:1'),
      'apps/b/unused.yaml': workload('unused', 'acme/c:1'),
    }
    expect(build(files, 'apps')).toMatchObject([{ metadata: { name: 'a' } }, { metadata: { name: 'x-b' } }])
  })

  it('layers overlays, bases and components', () => {
    const files = {
      'base/kustomization.yaml': 'resources: [web.yaml]\nnameSuffix: -v1\n',
      'base/web.yaml': workload('web', 'acme/web:1'),
      'parts/kustomization.yaml': 'kind: Component\nresources: [extra.yaml]\nnamespace: parts\n',
      'parts/extra.yaml': workload('extra', 'acme/extra:1'),
      'prod/kustomization.yaml':
        'bases: [../base]\ncomponents: [../parts]\nnamePrefix: prod-\nreplicas: [{name: web-v1, count: 5}]\n',
    }
    expect(build(files, 'prod')).toMatchObject([
      { metadata: { name: 'prod-web-v1', namespace: 'parts' }, spec: { replicas: 5 } },
      { metadata: { name: 'prod-extra', namespace: 'parts' } },
    ])
  })

  // Results as kustomize 5.8.1 renders them.
  it.each([
    ['a new tag', 'acme/web:1', '{name: acme/web, newTag: "2"}', 'acme/web:2'],
    ['a new name, keeping the tag', 'acme/web:1', '{name: acme/web, newName: host:5000/web}', 'host:5000/web:1'],
    ['a digest instead of the tag', 'acme/web:1', '{name: acme/web, digest: "sha256:ab"}', 'acme/web@sha256:ab'],
    [
      'tag and digest',
      'acme/web:1',
      '{name: acme/web, newTag: 2.0.0, digest: "sha256:ab"}',
      'acme/web:2.0.0@sha256:ab',
    ],
    ['a new tag instead of a digest', 'acme/web@sha256:ab', '{name: acme/web, newTag: "2"}', 'acme/web:2'],
    ['nothing for another image', 'acme/web-api:1', '{name: acme/web, newTag: "2"}', 'acme/web-api:1'],
    ['a host with a port', 'host:5000/web', '{name: "host:5000/web", newTag: "2"}', 'host:5000/web:2'],
  ])('sets %s', (_case, image, entry, expected) => {
    const files = { 'kustomization.yaml': `resources: [a.yaml]\nimages: [${entry}]\n`, 'a.yaml': workload('a', image) }
    const [object] = build(files, '.')
    expect(imageOf(object)).toBe(expected)
  })

  it('patches by merge and by operations', () => {
    const files = {
      'kustomization.yaml': `resources: [a.yaml]
patches:
- path: merge.yaml
- target: {kind: Deployment}
  patch: |
    - {op: replace, path: /spec/replicas, value: 7}
`,
      'merge.yaml':
        'kind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3, template: {spec: {containers: [{name: main, image: patched}]}}}\n',
      'a.yaml': workload('a', 'acme/a:1'),
    }
    const [object] = build(files, '')
    expect(object).toMatchObject({ spec: { replicas: 7 } })
    expect(imageOf(object)).toBe('patched')
  })

  it.each([
    ['a missing folder', { 'a.yaml': workload('a', 'x') }, 'nowhere', 'kustomization path not found'],
    [
      'a missing resource',
      { 'kustomization.yaml': 'resources: [gone.yaml]' },
      '.',
      "accumulating resources from 'gone.yaml'",
    ],
    ['broken YAML', { 'a.yaml': 'kind: [' }, '.', 'MalformedYAMLError'],
    ['a manifest without a kind', { 'a.yaml': 'metadata: {name: a}' }, '.', "Object 'Kind' is missing"],
    [
      'a cycle',
      { 'a/kustomization.yaml': 'resources: [../b]', 'b/kustomization.yaml': 'resources: [../a]' },
      'a',
      'cycle',
    ],
    ['a way out of the repository', { 'kustomization.yaml': 'resources: [../../etc]' }, '.', 'leaves the repository'],
    ['a field that is not built', { 'kustomization.yaml': 'helmCharts: []' }, '.', 'field helmCharts is not built'],
    ['one object twice', { 'a.yaml': workload('a', 'x'), 'b.yaml': workload('a', 'x') }, '.', 'already registered id'],
  ])('fails on %s', (_case, files, path, message) => {
    expect(() => build(files as Record<string, string>, path)).toThrow(message)
  })
})

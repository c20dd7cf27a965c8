import { describe, expect, test } from 'vitest'
import { trace } from '../../../../src/core/manifest/trace.ts'
import { deployment, folder, refusalOf } from '../folder.ts'

const query = { kind: 'Deployment', namespace: '', name: 'web' }

function traced(files: Record<string, string | null>, entry = 'labels.yaml') {
  const kustomization = `resources: [web.yaml]\ntransformers: [${entry}]\nimages: [{name: app, newTag: v2}]\n`
  return trace(
    folder({ 'a/kustomization.yaml': kustomization, 'a/web.yaml': deployment('web', 'app:v1'), ...files }),
    'a',
    query,
  )
}

const of = (kind: string, rest = '') => `apiVersion: builtin\nkind: ${kind}\nmetadata: {name: x}\n${rest}`
const specs = (path: string) => `fieldSpecs:\n- {path: ${path}, create: true}\n`
const labels = of('LabelTransformer', `labels: {team: shop}\n${specs('spec/template/metadata/labels')}`)

describe('a transformer file', () => {
  test.each([
    ['of labels', labels],
    ['of annotations', of('AnnotationsTransformer', `annotations: {a: b}\n${specs('metadata/annotations')}`)],
    ['of both', `${labels}---\n${of('AnnotationsTransformer', 'annotations: {a: b}\n')}`],
    ['in JSON', JSON.stringify({ apiVersion: 'builtin', kind: 'LabelTransformer', labels: { a: 'b' } })],
  ])('%s does not hide the image', (_, text) => {
    expect(traced({ 'a/labels.yaml': text }).image).toBe('app:v2')
  })

  test.each([
    ['of image tags', of('ImageTagTransformer', 'imageTag: {name: app, newTag: v3}\n'), /1 may change more/],
    ['of name prefixes', of('PrefixTransformer', 'prefix: a-\n'), /may change more/],
    ['of names', of('PrefixSuffixTransformer', 'prefix: a-\n'), /may change more/],
    ['of namespaces', of('NamespaceTransformer'), /may change more/],
    ['of patches', of('PatchTransformer'), /may change more/],
    ['of an unknown kind', of('SeparateTransformer'), /may change more/],
    ['of a plugin with a known name', labels.replace('builtin', 'example.com/v1'), /may change more/],
    ['whose second document is another', `${labels}---\n${of('ImageTagTransformer')}`, /labels\.yaml:\d+ may/],
    ['that sets labels on containers', of('LabelTransformer', specs('spec/template/spec/containers')), /may change/],
    ['with a field that has no path', of('LabelTransformer', 'fieldSpecs: [{kind: Pod}]\n'), /may change more/],
    ['that is a function', labels.replace('{name: x}', '{annotations: {config.kubernetes.io/function: x}}'), /config/],
    ['of our annotations', of('AnnotationsTransformer', 'annotations: {fairlead.dev/policy: semver}\n'), /fairlead/],
    ['of older annotations', of('AnnotationsTransformer', 'annotations: {headwind.sh/policy: semver}\n'), /headwind/],
    ['with escapes', of('AnnotationsTransformer', 'annotations: {"fairlead\\x2edev/policy": all}\n'), /may change/],
    ['of the version label', labels.replace('team', 'app.kubernetes.io/version'), /version/],
    ['that is empty', '', /may change more/],
    ['that cannot be read', 'a: [', /cannot be read/],
  ])('%s is refused', (_, text, why) => {
    const refusal = refusalOf(() => traced({ 'a/labels.yaml': text }))
    expect(refusal?.code).toBe('Masked')
    expect(refusal?.evidence).toEqual([expect.stringMatching(why)])
    expect(refusal?.evidence[0]).toMatch(/^a\/kustomization\.yaml:2 transformers: /)
  })

  test.each([
    ['is missing', 'labels.yaml', {}],
    ['is a symlink', 'labels.yaml', { 'a/labels.yaml': null }],
    ['is a folder', 'more', { 'a/more/kustomization.yaml': 'resources: [l.yaml]\n', 'a/more/l.yaml': labels }],
    ['is outside', '../../labels.yaml', {}],
    ['is written inline', JSON.stringify(labels), {}],
  ])('that %s is refused', (_, entry, files) => {
    expect(refusalOf(() => traced(files, entry))?.code).toBe('Masked')
  })
})

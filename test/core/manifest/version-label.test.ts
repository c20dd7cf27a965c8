import { describe, expect, test } from 'vitest'
import { planBump, trace } from '../../../src/core/manifest/trace.ts'
import { isLabelValue } from '../../../src/core/manifest/version-label.ts'
import { folder } from './folder.ts'

const query = { kind: 'StatefulSet', namespace: '', name: 'db' }
const version = 'app.kubernetes.io/version'

function database(labels: string, rest = ''): string {
  return `kind: StatefulSet
metadata:
  name: db
  labels: {${labels}}
spec:
${rest}
  template:
    metadata:
      labels: {app: db, ${labels}}
    spec:
      containers: [{name: db, image: 'db:1.0.0'}]
`
}

function outcome(files: Record<string, string>, root = 'a') {
  const snapshot = folder(files)
  const found = trace(snapshot, root, query)
  const edits = planBump(snapshot, found, 'db:2.0.0')
  const labels = edits.flatMap(({ after }) => after.match(/version: [\d.]+/g) ?? [])
  return { following: found.versionLabels.length, stale: found.versionLabelStale, labels }
}

describe('the version label', () => {
  test('follows on the object and on the pod', () => {
    expect(outcome({ 'a/db.yaml': database(`${version}: 1.0.0`) })).toEqual({
      following: 2,
      stale: undefined,
      labels: ['version: 2.0.0', 'version: 2.0.0'],
    })
  })

  test('with another value than the tag is nobody’s business', () => {
    const { following, stale, labels } = outcome({ 'a/db.yaml': database(`${version}: 9.9.9`) })
    expect({ following, stale, labels }).toEqual({
      following: 0,
      stale: undefined,
      labels: ['version: 9.9.9', 'version: 9.9.9'],
    })
  })

  const label = database(`${version}: 1.0.0`)
  const service = (selector: string) => `kind: Service\nmetadata: {name: s}\nspec: {selector: {${selector}}}\n`
  const kustomization = (rest: string) => `resources: [db.yaml]\n${rest}`
  test.each([
    [
      'the selector has it',
      { 'a/db.yaml': database(`${version}: 1.0.0`, `  selector: {matchLabels: {${version}: 1.0.0}}`) },
      /selector or volume/,
    ],
    [
      'a volume claim template has it',
      {
        'a/db.yaml': database(
          `${version}: 1.0.0`,
          `  volumeClaimTemplates: [{metadata: {labels: {${version}: 1.0.0}}}]`,
        ),
      },
      /a\/db.yaml:6/,
    ],
    [
      'a Service chooses by it',
      { 'a/db.yaml': label, 'a/s.yaml': service(`app: db, ${version}: 1.0.0`) },
      /selector at a\/s.yaml:3/,
    ],
    [
      'the kustomization sets it',
      { 'a/db.yaml': label, 'a/kustomization.yaml': kustomization(`labels:\n- pairs: {${version}: 3}\n`) },
      /a\/kustomization.yaml:3 sets it/,
    ],
    [
      'a patch sets it',
      {
        'a/db.yaml': label,
        'a/kustomization.yaml': kustomization(
          `patches:\n- target: {kind: StatefulSet}\n  patch: |\n    kind: x\n    metadata: {name: x, labels: {${version}: x}}\n`,
        ),
      },
      /a\/kustomization.yaml:3 patches it/,
    ],
    [
      'the manifest is deployed again with another image',
      {
        'a/kustomization.yaml': 'resources: [b, c]\n',
        'a/b/kustomization.yaml': 'resources: [../base]\n',
        'a/c/kustomization.yaml': 'namePrefix: c-\nresources: [../base]\nimages: [{name: db, newTag: 7}]\n',
        'a/base/kustomization.yaml': 'resources: [db.yaml]\n',
        'a/base/db.yaml': label,
      },
      /StatefulSet \/c-db is deployed from the same manifest/,
    ],
  ])('stays, and is reported, when %s', (_, files, why) => {
    const { following, stale, labels } = outcome(files)
    expect(following).toBe(0)
    expect(stale).toMatch(why)
    expect(labels).not.toContain('version: 2.0.0')
  })

  test('follows when a Service of others chooses by the same version', () => {
    const files = { 'a/db.yaml': label, 'a/s.yaml': service(`app: other, ${version}: 1.0.0`) }
    expect(outcome(files)).toMatchObject({ following: 2, stale: undefined })
  })

  test('stays when another root deploys the manifest too', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../base]\nimages: [{name: db, newTag: 1.0.0}]\n',
      'b/kustomization.yaml': 'resources: [../base]\n',
      'base/kustomization.yaml': 'resources: [db.yaml]\n',
      'base/db.yaml': label,
    }
    expect(outcome(files)).toMatchObject({ following: 0, stale: expect.stringContaining('b/kustomization.yaml') })
  })

  test.each([
    ['1.0.0', true],
    ['v1', true],
    ['', false],
    ['a'.repeat(64), false],
    ['1.0-', false],
  ])('%j as label value: %s', (text, valid) => {
    expect(isLabelValue(text)).toBe(valid)
  })
})

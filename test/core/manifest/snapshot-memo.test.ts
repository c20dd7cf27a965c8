import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { overlay } from '../../../src/core/change/tree.ts'
import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { createFileMemo, withEdits } from '../../../src/core/manifest/snapshot-memo.ts'
import { planBump, trace } from '../../../src/core/manifest/trace.ts'
import { deployment, folder, refusalOf } from './folder.ts'

type Files = Record<string, string | null>

/** Snapshots of one branch, as the Git adapter makes them: they know what differs between them. */
function branch(): (files: Files) => Snapshot {
  const lineage = {}
  const contents = new WeakMap<Snapshot, Files>()
  return (files) => {
    const snapshot: Snapshot = {
      ...folder(files),
      lineage,
      changesSince(other) {
        const before = contents.get(other)
        const paths = Object.keys(files)
        if (before === undefined || Object.keys(before).length !== paths.length) return undefined
        const isSame = (path: string) => path in before && (before[path] === null) === (files[path] === null)
        return paths.every(isSame) ? new Set(paths.filter((path) => before[path] !== files[path])) : undefined
      },
    }
    contents.set(snapshot, files)
    return snapshot
  }
}

const labelled = (name: string, tag: string) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: {app.kubernetes.io/version: "${tag}"}
spec:
  template:
    metadata:
      labels: {app: ${name}, app.kubernetes.io/version: "${tag}"}
    spec:
      containers:
        - {name: web, image: "app:${tag}"}
`
const service = 'kind: Service\nmetadata: {name: s}\nspec:\n  selector: {app.kubernetes.io/version: "1.0.0"}\n'
const kustomization = (rest: string) => `resources: [web.yaml, ../base/api.yaml]\n${rest}`

/** What each file may be; undefined = it is not there. */
const variants: Record<string, readonly (string | null | undefined)[]> = {
  'apps/web.yaml': [
    deployment('web', 'app:1.0.0'),
    deployment('web', 'app:1.1.0'),
    deployment('api', 'app:1.0.0'),
    labelled('web', '1.0.0'),
    '{{ broken',
    null,
    undefined,
  ],
  'apps/other.yaml': [undefined, deployment('web', 'app:1.0.0', 'prod'), deployment('api', 'app:1.0.0'), service],
  'apps/kustomization.yaml': [
    undefined,
    kustomization(''),
    kustomization('images: [{name: app, newTag: 1.0.0}]\n'),
    kustomization('images: [{name: app, newTag: 1.1.0}]\n'),
    kustomization('namePrefix: blue-\n'),
    kustomization('patches: [{path: patch.yaml}]\n'),
  ],
  'apps/patch.yaml': [undefined, deployment('web', 'app:3'), 'kind: Deployment\nmetadata: {name: web}\n'],
  'base/api.yaml': [deployment('api', 'app:1.0.0'), deployment('api', 'app:2.0.0'), deployment('web', 'app:1.0.0')],
}

const anyFiles = fc
  .record(Object.fromEntries(Object.entries(variants).map(([path, texts]) => [path, fc.constantFrom(...texts)])))
  .map((files) => Object.fromEntries(Object.entries(files).filter(([, text]) => text !== undefined)) as Files)
const anyChange = fc
  .constantFrom(...Object.entries(variants))
  .chain(([path, texts]) => fc.record({ path: fc.constant(path), text: fc.constantFrom(...texts) }))

/** Everything that a user could see of tracing and of a bump. */
function seen(snapshot: Snapshot) {
  return ['web', 'api', 'blue-web'].map((name) => {
    let found: unknown
    const refusal = refusalOf(() => {
      const traced = trace(snapshot, 'apps', { kind: 'Deployment', namespace: '', name })
      const { declared, ...rest } = traced as typeof traced & { declared?: { annotations: unknown } }
      found = { ...rest, annotations: declared?.annotations, edits: planBump(snapshot, traced, 'app:9.9.9') }
    })
    return { name, found, refusal }
  })
}

describe('what is remembered from one snapshot to the next', () => {
  test('never changes what is found, whatever changes between commits, and back', () => {
    fc.assert(
      fc.property(anyFiles, fc.array(anyChange, { minLength: 1, maxLength: 6 }), (first, changes) => {
        const on = branch()
        const states = [first]
        for (const { path, text } of changes) {
          const { [path]: _, ...rest } = states.at(-1) ?? {}
          states.push(text === undefined ? rest : { ...rest, [path]: text })
        }
        const snapshots = states.map(on)
        for (const at of [...snapshots.keys(), ...[...snapshots.keys()].reverse()]) {
          const [files, snapshot] = [states[at] ?? {}, snapshots[at] ?? on({})]
          expect(seen(snapshot)).toEqual(seen(folder(files)))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('never changes what is found in edits upon edits', () => {
    fc.assert(
      fc.property(anyFiles, fc.array(anyChange, { minLength: 1, maxLength: 5 }), (files, changes) => {
        const base = branch()(files)
        let [edited, now] = [base, files]
        const steps = [{ edited, now }]
        for (const { path, text } of changes) {
          if (typeof text !== 'string' || typeof now[path] !== 'string') continue
          edited = withEdits(edited, [{ path, before: now[path] ?? '', after: text }])
          now = { ...now, [path]: text }
          steps.push({ edited, now })
        }
        for (const step of [...steps, ...steps.toReversed()]) expect(seen(step.edited)).toEqual(seen(folder(step.now)))
      }),
      { numRuns: 50 },
    )
  })
})

describe('what an images: entry decides', () => {
  test('is found again when a manifest gets another container', () => {
    const on = branch()
    const files = { 'apps/web.yaml': deployment('web', 'app:1.0.0'), 'apps/api.yaml': deployment('api', 'app:1.0.0') }
    const all = {
      ...files,
      'apps/kustomization.yaml': 'resources: [web.yaml, api.yaml]\nimages: [{name: app, newTag: v1}]\n',
    }
    const decidedIn = (snapshot: Snapshot) =>
      trace(snapshot, 'apps', { kind: 'Deployment', namespace: '', name: 'web' }).containers.map((one) => one.name)
    expect(decidedIn(on(all))).toEqual(['web', 'api'])
    expect(decidedIn(on({ ...all, 'apps/api.yaml': deployment('api', 'other:1.0.0') }))).toEqual(['web'])
  })
})

describe('a file that nobody can read any more', () => {
  test('is told as such, though its path and mode stay the same', () => {
    const on = branch()
    const files = { 'apps/web.yaml': deployment('web', 'app:1.0.0'), 'apps/api.yaml': deployment('api', 'app:1.0.0') }
    const before = on(files)
    const after: Snapshot = {
      ...before,
      text: (path) => (path === 'apps/api.yaml' ? undefined : before.text(path)),
      changesSince: () => new Set(['apps/api.yaml']),
    }
    const lookFor = (snapshot: Snapshot) =>
      refusalOf(() => trace(snapshot, 'apps', { kind: 'Deployment', namespace: '', name: 'none' }))?.evidence
    expect(lookFor(before)).toEqual([])
    expect(lookFor(after)).toEqual(['apps/api.yaml is larger than 1 MiB or not UTF-8; it was not read'])
  })
})

describe('a memory for files', () => {
  const texts = { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n' }

  /** A memory that tells what it had to read. */
  function reading() {
    const memo = createFileMemo<string>()
    const reads: string[] = []
    const read = (snapshot: Snapshot, path: string) =>
      memo(snapshot, path, () => {
        reads.push(path)
        return snapshot.text(path) ?? ''
      })
    return { read, reads }
  }

  test('reads a file again only when it has changed since the commit before', () => {
    const on = branch()
    const { read, reads } = reading()
    const [first, second] = [on(texts), on({ ...texts, 'a.yaml': 'a: 2\n' })]
    for (const snapshot of [first, second]) for (const path of ['a.yaml', 'b.yaml']) read(snapshot, path)
    expect(reads).toEqual(['a.yaml', 'b.yaml', 'a.yaml'])
    expect(read(second, 'a.yaml')).toBe('a: 2\n')
  })

  test('forgets everything when a file comes or goes', () => {
    const on = branch()
    const { read, reads } = reading()
    read(on(texts), 'a.yaml')
    read(on({ ...texts, 'c.yaml': '' }), 'a.yaml')
    expect(reads).toEqual(['a.yaml', 'a.yaml'])
  })

  test('shares nothing between branches', () => {
    const { read, reads } = reading()
    read(branch()(texts), 'a.yaml')
    read(branch()(texts), 'a.yaml')
    expect(reads).toEqual(['a.yaml', 'a.yaml'])
  })

  test('keeps what is known of the commit under a commit that is rendered on it', () => {
    const base = branch()(texts)
    const { read, reads } = reading()
    read(base, 'b.yaml')
    const rendered = { root: '', objects: [], tree: () => undefined }
    const edits = new Map([['a.yaml', 'a: 2\n']])
    const next = overlay({ ...base, tree: () => undefined }, { rendered, edits, revision: 'f'.repeat(40) })
    expect([read(next, 'b.yaml'), read(next, 'a.yaml')]).toEqual(['b: 1\n', 'a: 2\n'])
    expect(next.revision).toBe('f'.repeat(40))
    expect(reads.at(-1)).toBe('a.yaml')
  })
})

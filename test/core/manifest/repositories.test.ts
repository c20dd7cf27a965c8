import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../../src/core/change/diff.ts'
import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { withEdits } from '../../../src/core/manifest/snapshot-memo.ts'
import { planBump, type TraceQuery, trace } from '../../../src/core/manifest/trace.ts'
import { folder, refusalOf } from './folder.ts'

interface Case {
  says: string
  root: string
  query: TraceQuery
  to: string
  keyPath?: string
  marker?: object
  versionLabelStale?: boolean
  error?: string
  evidence?: string
}

const repositories = path.resolve(import.meta.dirname, '../../../fixtures/repositories')
const cases = readdirSync(repositories).map((name) => {
  const json = JSON.parse(readFileSync(path.join(repositories, name, 'case.json'), 'utf8')) as Case
  return { name, ...json }
})
const changing = cases.filter(({ error }) => error === undefined)

function read(name: string, side: 'before' | 'after'): Snapshot {
  const top = path.join(repositories, name, side)
  const files = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const text = (file: string) =>
    new TextDecoder('utf-8', { ignoreBOM: true }).decode(readFileSync(path.join(top, file)))
  const paths = files.map((entry) => path.relative(top, path.join(entry.parentPath, entry.name)))
  return folder(Object.fromEntries(paths.map((file) => [file, text(file)])))
}

describe('a repository is changed as its golden folder says', () => {
  test.each(changing)('$name: $says', ({ name, root, query, to, keyPath, marker, versionLabelStale }) => {
    const before = read(name, 'before')
    const traced = trace(before, root, query)
    const edited = withEdits(before, planBump(before, traced, to))
    const after = read(name, 'after')
    expect(edited.paths.map((file) => [file, edited.text(file)])).toEqual(
      after.paths.map((file) => [file, after.text(file)]),
    )
    expect({ keyPath: traced.keyPath, marker: traced.marker }).toEqual({ keyPath, marker })
    expect(traced.versionLabelStale !== undefined).toBe(versionLabelStale === true)
    expect(trace(after, root, query).image).toBe(to)
  })

  test.each(changing)('$name: the same change again is no change', ({ name, root, query, to }) => {
    const after = read(name, 'after')
    expect(planBump(after, trace(after, root, query), to)).toEqual([])
  })

  test.each(cases.filter(({ error }) => error !== undefined))('$name is refused: $says', (one) => {
    const before = read(one.name, 'before')
    const refusal = refusalOf(() => planBump(before, trace(before, one.root, one.query), one.to))
    expect(refusal?.code).toBe(one.error)
    if (one.evidence !== undefined) expect(refusal?.evidence.join('\n')).toContain(one.evidence)
  })
})

const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0
const rendered = changing.filter(
  ({ name, root }) => read(name, 'before').mode(`${root}/kustomization.yaml`) !== undefined,
)

/** What kustomize itself makes of a folder, line by line. */
function render(name: string, side: 'before' | 'after', root: string): string[] {
  const result = spawnSync('kubectl', ['kustomize', path.join(repositories, name, side, root)], { encoding: 'utf8' })
  expect(result.stderr).toBe('')
  return result.stdout.split('\n')
}

describe.skipIf(!hasKubectl)('kustomize renders the change and nothing else', () => {
  test.each(rendered)('$name', ({ name, root, query, to }) => {
    const before = render(name, 'before', root)
    const after = render(name, 'after', root)
    expect(after.length).toBe(before.length)
    const changed = after.filter((line, index) => line !== before[index]).map((line) => line.trim())
    const labels = changed.filter((line) => line.startsWith('app.kubernetes.io/version:'))
    const images = changed.filter((line) => !labels.includes(line)).map((line) => line.replace(/^- /, ''))
    expect(images).toEqual([`image: ${to}`])
    expect(trace(read(name, 'before'), root, query).image).toBe(
      /image: (\S+)/.exec(before.find((line, index) => line !== after[index] && line.includes('image:')) ?? '')?.[1],
    )
  })
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('the printed diff', () => {
  test.each(changing)('$name: git applies it and gets the golden folder', ({ name, root, query, to }) => {
    const before = read(name, 'before')
    const edits = planBump(before, trace(before, root, query), to)
    const diff = edits.map((edit) => unifiedDiff(edit.path, edit.before, edit.after)).join('')
    const copy = mkdtempSync(path.join(tmpdir(), 'fairlead-diff-'))
    try {
      spawnSync('cp', ['-r', `${path.join(repositories, name, 'before')}/.`, copy])
      writeFileSync(path.join(copy, 'change.diff'), diff)
      const applied = spawnSync('git', ['apply', '--whitespace=nowarn', 'change.diff'], { cwd: copy, encoding: 'utf8' })
      expect(applied.stderr).toBe('')
      const after = read(name, 'after')
      const found = after.paths.map((file) => readFileSync(path.join(copy, file), 'utf8'))
      expect(found).toEqual(after.paths.map((file) => after.text(file)))
    } finally {
      rmSync(copy, { recursive: true })
    }
  })
})

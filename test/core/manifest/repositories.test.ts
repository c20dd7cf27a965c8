import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { folderApplier } from '../../../src/cli/folder-applier.ts'
import { unifiedDiff } from '../../../src/core/change/diff.ts'
import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { withEdits } from '../../../src/core/manifest/snapshot-memo.ts'
import type { TraceQuery } from '../../../src/core/manifest/trace.ts'
import { type AppliedTrace, planThrough, traceThrough } from '../../../src/core/manifest/trace-through.ts'
import { hasKubectl, kustomize, renderFlux } from './flux-render.ts'
import { folder, refusalOf } from './folder.ts'

interface Case {
  says: string
  root: string
  query: TraceQuery
  to: string
  /** The cluster does not run yet what Git says. */
  behind?: boolean
  /** File of a HelmRelease whose chart is in the repository. */
  helmRelease?: string
  keyPath?: string
  marker?: object
  versionLabelStale?: boolean
  error?: string
  evidence?: string
  /** Images that the change gives to containers, where several follow one scalar. */
  images?: string[]
  /** File that declares the Flux Kustomization which points at the root, and what else its rendering needs. */
  flux?: string
  fluxRoot?: string
  configMaps?: string[]
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

/** `image` is the one that runs now; for what a chart makes it tells what is meant. */
function look(snapshot: Snapshot, { root, query, behind }: Case, image = query.image): AppliedTrace {
  const asked = image === undefined ? query : { ...query, image }
  return traceThrough(folderApplier(snapshot, root, asked, behind !== true), asked)
}

describe('a repository is changed as its golden folder says', () => {
  test.each(changing)('$name: $says', (one) => {
    const { name, to, keyPath, marker, versionLabelStale } = one
    const before = read(name, 'before')
    const traced = look(before, one)
    const edited = withEdits(before, planThrough(traced, to))
    const after = read(name, 'after')
    expect(edited.paths.map((file) => [file, edited.text(file)])).toEqual(
      after.paths.map((file) => [file, after.text(file)]),
    )
    expect({ keyPath: traced.keyPath, marker: traced.marker }).toEqual({ keyPath, marker })
    expect(traced.versionLabelStale !== undefined).toBe(versionLabelStale === true)
    expect(look(after, one, one.query.image && to).image).toBe(to)
  })

  test.each(changing)('$name: the same change again is no change', (one) => {
    expect(planThrough(look(read(one.name, 'after'), one, one.query.image && one.to), one.to)).toEqual([])
  })

  test.each(cases.filter(({ error }) => error !== undefined))('$name is refused: $says', (one) => {
    const refusal = refusalOf(() => planThrough(look(read(one.name, 'before'), one), one.to))
    expect(refusal?.code).toBe(one.error)
    if (one.evidence !== undefined) expect(refusal?.evidence.join('\n')).toContain(one.evidence)
  })
})

const rendered = changing.filter(({ name, root, flux, query }) => {
  if (query.kind === 'HelmRelease' || name.startsWith('argocd-')) return false
  return flux !== undefined || read(name, 'before').mode(`${root}/kustomization.yaml`) !== undefined
})

/** What the engine makes of a folder, line by line. */
function render(
  { name, root, flux, fluxRoot, configMaps }: (typeof cases)[number],
  side: 'before' | 'after',
): string[] {
  const top = path.join(repositories, name, side)
  const text =
    flux === undefined ? kustomize(path.join(top, root)) : renderFlux(top, { file: flux, root: fluxRoot, configMaps })
  return text.split('\n')
}

describe.skipIf(!hasKubectl)('kustomize renders the change and nothing else', () => {
  test.each(rendered)('$name', (one) => {
    const [before, after] = [render(one, 'before'), render(one, 'after')]
    expect(after.length).toBe(before.length)
    const changed = after.filter((line, index) => line !== before[index]).map((line) => line.trim())
    const labels = changed.filter((line) => line.startsWith('app.kubernetes.io/version:'))
    const images = changed.filter((line) => !labels.includes(line)).map((line) => line.replace(/^- /, ''))
    const found = look(read(one.name, 'before'), one)
    const wanted = one.images ?? found.containers.map(() => one.to)
    expect(images).toEqual(wanted.map((image) => `image: ${image}`))
    expect(found.containers).toHaveLength(wanted.length)
    expect(found.image).toBe(
      /image: (\S+)/.exec(before.find((line, index) => line !== after[index] && line.includes('image:')) ?? '')?.[1],
    )
  })
})

/** Names of generated ConfigMaps end in a hash of their content. */
const hashed = /^name: \S+-[a-z0-9]{10}$/

describe.skipIf(!hasKubectl)('kustomize renders the change of a HelmRelease and nothing else', () => {
  const releases = changing.filter(
    ({ name, root, query }) =>
      query.kind === 'HelmRelease' && read(name, 'before').mode(`${root}/kustomization.yaml`) !== undefined,
  )
  test.each(releases)('$name', (one) => {
    const { to } = one
    const [before, after] = [render(one, 'before'), render(one, 'after')]
    expect(after.length).toBe(before.length)
    const changed = after.filter((line, index) => line !== before[index]).map((line) => line.replace(/#.*/, '').trim())
    expect(changed.filter((line) => !hashed.test(line))).toEqual([`tag: ${to.slice(to.indexOf(':') + 1)}`])
  })
})

const hasHelm = spawnSync('helm', ['version']).status === 0

/** What helm itself makes of a release whose chart is in the repository, line by line. */
function renderChart(name: string, side: 'before' | 'after', release: string): string[] {
  const top = path.join(repositories, name, side)
  const { spec, metadata } = parse(readFileSync(path.join(top, release), 'utf8'))
  const files: string[] = spec.chart.spec.valuesFiles ?? []
  const listed = files.flatMap((file) => ['-f', path.join(top, file)])
  const args = ['template', metadata.name, path.join(top, spec.chart.spec.chart), ...listed, '-f', '-']
  const result = spawnSync('helm', args, { encoding: 'utf8', input: stringify(spec.values ?? {}) })
  expect(result.stderr).toBe('')
  return result.stdout.split('\n')
}

describe.skipIf(!hasHelm)('helm renders the change and nothing else', () => {
  const charts = changing.flatMap((one) =>
    one.helmRelease === undefined ? [] : [{ ...one, release: one.helmRelease }],
  )
  test.each(charts)('$name', ({ name, release, to }) => {
    const before = renderChart(name, 'before', release)
    const after = renderChart(name, 'after', release)
    expect(after.length).toBe(before.length)
    const changed = after.filter((line, index) => line !== before[index])
    expect(changed.map((line) => line.trim())).toEqual([`image: "${to}"`])
  })
})

describe.skipIf(spawnSync('git', ['--version']).status !== 0)('the printed diff', () => {
  test.each(changing)('$name: git applies it and gets the golden folder', (one) => {
    const { name } = one
    const edits = planThrough(look(read(name, 'before'), one), one.to)
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

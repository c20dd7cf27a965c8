import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { unifiedDiff } from '../../src/core/change/diff.ts'
import { editMarkers } from '../../src/core/manifest/slot/marker.ts'
import { after, before, habitNames, habitOf, image, manifest, policy } from './kyaml-sample.ts'
import { type BenchRow, percentile, round } from './row.ts'

const files = 500
const rounds = 3

/** One way to edit all files of a folder, and how long it took without starting a process. */
interface Editor {
  name: string
  edit(folder: string): number
}

/**
 * Our edit beside Flux's editing library on the same files: one value in each. Without Go, or where its module cannot be
 * had, that row says so.
 */
export async function kyamlRows(): Promise<BenchRow[]> {
  const root = mkdtempSync(join(tmpdir(), 'kyaml-bench-'))
  try {
    const original = join(root, 'original')
    mkdirSync(original)
    for (let at = 0; at < files; at++) writeFileSync(join(original, nameOf(at)), manifest(at))
    const kyaml = buildKyaml(join(root, 'kyaml'))
    const editors = [ours, ...('edit' in kyaml ? [kyaml] : [])]
    const times = new Map(editors.map(({ name }) => [name, [] as number[]]))
    const collateral = new Map<string, Collateral>()
    for (let at = 0; at < rounds; at++) {
      for (const { name, edit } of editors) {
        const folder = join(root, `${name}-${at}`)
        cpSync(original, folder, { recursive: true })
        times.get(name)?.push(edit(folder))
        collateral.set(name, collateralOf(original, folder))
      }
    }
    const rows = editors.map(({ name }) => rowOf(name, times.get(name) ?? [], collateral.get(name) ?? {}))
    return 'skipped' in kyaml ? [...rows, skippedRow(kyaml.skipped)] : rows
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const ours: Editor = {
  name: 'fairlead',
  edit(folder) {
    const start = performance.now()
    for (const file of readdirSync(folder)) {
      const path = join(folder, file)
      writeFileSync(path, editMarkers(file, readFileSync(path, 'utf8'), policy, image))
    }
    return performance.now() - start
  },
}

/** The Go program beside this file, built; or why not. */
function buildKyaml(binary: string): Editor | { skipped: string } {
  const source = join(process.cwd(), 'test/bench/kyaml')
  const built = spawnSync('go', ['build', '-o', binary, '.'], { cwd: source, encoding: 'utf8', timeout: 300_000 })
  if (built.error !== undefined) return { skipped: `go cannot be run (${built.error.message})` }
  if (built.status !== 0) return { skipped: `go build failed: ${built.stderr.trim().split('\n').at(-1) ?? ''}` }
  return {
    name: 'kyaml',
    edit(folder) {
      const args = [folder, `${policy.namespace}:${policy.name}`, after]
      const { status, stdout, stderr } = spawnSync(binary, args, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`kyaml ended with ${status}: ${stderr}`)
      return (JSON.parse(stdout) as { ms: number }).ms
    },
  }
}

/** Lines that went or came beside the wanted one, by the habit of the file's author. */
type Collateral = Readonly<Record<string, number>>

function collateralOf(original: string, edited: string): Collateral {
  const lines: Record<string, number> = Object.fromEntries(habitNames.map((habit) => [habit, 0]))
  for (let at = 0; at < files; at++) {
    const [old, now] = [original, edited].map((folder) => readFileSync(join(folder, nameOf(at)), 'utf8'))
    if (old === undefined || now?.split(after).length !== 2 || now.includes(before)) {
      throw new Error(`${nameOf(at)} does not hold the new image`)
    }
    const changed = unifiedDiff(nameOf(at), old, now).split('\n').slice(2)
    lines[habitOf(at)] = (lines[habitOf(at)] ?? 0) + changed.filter((line) => /^[-+]/.test(line)).length - 2
  }
  return lines
}

const nameOf = (at: number) => `web-${at}.yaml`

function rowOf(name: string, times: readonly number[], collateral: Collateral): BenchRow {
  const p50Ms = percentile(times, 0.5)
  const total = Object.values(collateral).reduce((sum, lines) => sum + lines, 0)
  const byHabit = Object.fromEntries(Object.entries(collateral).map(([habit, lines]) => [`in ${habit} files`, lines]))
  const isOurs = name === ours.name
  return {
    row: rowName(name),
    aim: isOurs ? 'no other line changed' : 'reported only, for comparison',
    ...(isOurs ? { met: total === 0 } : {}),
    result: { p50Ms: round(p50Ms), perFileMs: round(p50Ms / files, 3), collateralLines: total, ...byHabit },
  }
}

const rowName = (editor: string) => `kyaml: one marked value in each of ${files} files, by ${editor}`

function skippedRow(why: string): BenchRow {
  return { row: rowName('kyaml'), aim: 'reported only, for comparison', result: { skipped: why } }
}

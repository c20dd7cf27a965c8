import { performance } from 'node:perf_hooks'
import semver from 'semver'
import { type PolicyFields, parsePolicy } from '../../src/core/image/policy.ts'
import { selecting } from '../../src/core/image/select.ts'
import { parsingTags } from '../../src/core/image/tag-list.ts'
import { runInSlices } from '../../src/runtime/cooperative.ts'
import type { BenchRow } from './row.ts'

const tagCount = 100_000
const rounds = 5

/** The ten policies of the row, each with a current tag that it can leave. */
const cases: readonly { fields: PolicyFields; current: string }[] = [
  { fields: { policy: 'patch' }, current: '3.4.1' },
  { fields: { policy: 'minor' }, current: 'v3.4.1' },
  { fields: { policy: 'major' }, current: '3.4.1-alpine3.16' },
  { fields: { policy: 'all', prerelease: 'always' }, current: '3.4.1' },
  { fields: { policy: 'glob', pattern: '[0-9]*.{1,2,3}*' }, current: '1.2.3' },
  { fields: { policy: 'semver', constraint: '^3.1' }, current: '3.4.1' },
  { fields: { policy: 'semver', constraint: '>=1.0.0-0, <9 || ~12.1' }, current: 'latest' },
  { fields: { policy: 'semver', constraint: '>= 2.0, < 4.0, != 3.5' }, current: '2.0.0' },
  {
    fields: { policy: 'numerical', filter: '^main-[0-9a-f]+-(?P<at>[0-9]+)$', extract: '$at' },
    current: 'main-abc1234-1',
  },
  { fields: { policy: 'alphabetical' }, current: '0' },
]

/** 100,000 tags as large repositories have them, the same ones every time. */
export function realisticTags(count: number): string[] {
  const next = createRandom(20_240_101)
  const below = (limit: number) => Math.floor(next() * limit)
  const version = () => `${below(20)}.${below(30)}.${below(40)}`
  const commit = () =>
    below(2 ** 28)
      .toString(16)
      .padStart(7, '0')
  const makers: (() => string)[] = [
    version,
    version,
    version,
    () => `v${version()}`,
    () => `v${version()}`,
    () => `${version()}-alpine3.${below(20)}`,
    () => `${version()}-debian-${10 + below(3)}-r${below(200)}`,
    () => `${version()}-rc.${below(9)}`,
    () => `${version()}-${commit()}`,
    () => `main-${commit()}-${1_600_000_000 + below(100_000_000)}`,
    commit,
    () => `${below(20)}.${below(30)}`,
    () => `2024${String(1 + below(12)).padStart(2, '0')}${String(1 + below(28)).padStart(2, '0')}`,
    () => `pr-${below(9000)}`,
    () => `feature_${commit()}.${below(99)}`,
    () => `sha256-${commit().repeat(10).slice(0, 64)}.sig`,
  ]
  return Array.from({ length: count }, () => (makers[below(makers.length)] ?? version)())
}

/** Ten policies over 100,000 tags, the way controllers run them: in slices, between which the event loop turns. */
export async function policyRows(): Promise<BenchRow[]> {
  const tags = realisticTags(tagCount)
  const policies = cases.map(({ fields, current }) => ({ policy: parsePolicy(fields), current }))
  const timesMs: number[] = []
  const blocksMs: number[] = []
  let extraBytes = 0
  for (let round = 0; round < rounds; round++) {
    collectGarbage()
    const before = process.memoryUsage()
    const block = watchEventLoop()
    const startedMs = performance.now()
    const list = await runInSlices(parsingTags(tags))
    for (const { policy, current } of policies) await runInSlices(selecting(policy, current, list))
    timesMs.push(performance.now() - startedMs)
    blocksMs.push(block.stop())
    const after = process.memoryUsage()
    extraBytes = Math.max(extraBytes, Math.min(after.heapUsed - before.heapUsed, after.rss - before.rss))
  }
  const medianMs = round1(median(timesMs))
  const longestBlockMs = round1(Math.max(...blocksMs.slice(1)))
  const extraMB = round1(extraBytes / 1024 / 1024)
  return [
    {
      row: 'policies: 100,000 tags, 10 policies, parsing included',
      aim: 'at most 200 ms in all, no block over 20 ms (after the first round), at most 60 MB more',
      met: medianMs <= 200 && longestBlockMs <= 20 && extraMB <= 60,
      result: {
        medianMs,
        longestBlockMs,
        firstRoundBlockMs: round1(blocksMs[0] ?? 0),
        extraMB,
        nodeSemverOnePassMs: round1(nodeSemverPass(tags)),
      },
    },
  ]
}

/** The longest time between two turns of the event loop until `stop`, in milliseconds. */
function watchEventLoop(): { stop(): number } {
  let running = true
  let lastMs = performance.now()
  let longestMs = 0
  const turn = () => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  return {
    stop() {
      running = false
      return Math.max(longestMs, performance.now() - lastMs)
    },
  }
}

/** What the usual library takes for a single pass: parse all, keep those in range, find the highest. */
function nodeSemverPass(tags: readonly string[]): number {
  const startedMs = performance.now()
  const range = new semver.Range('^3.1')
  let best: semver.SemVer | undefined
  for (const tag of tags) {
    const version = semver.parse(tag)
    if (version !== null && range.test(version) && (best === undefined || version.compare(best) > 0)) best = version
  }
  return best === undefined ? Number.NaN : performance.now() - startedMs
}

function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function collectGarbage(): void {
  if (typeof globalThis.gc === 'function') globalThis.gc()
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

function round1(value: number): number {
  return Math.round(value * 10) / 10
}

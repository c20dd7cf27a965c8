import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { exportedNames } from './exposition.ts'

interface Panel {
  id: number
  type: string
  title: string
  description?: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; datasource: { uid: string } }[]
}

const dashboard = JSON.parse(readFileSync('deploy/grafana/fairlead.json', 'utf8'))
const panels: Panel[] = dashboard.panels
const charts = panels.filter(({ type }) => type !== 'row')
const variables: { name: string; query: unknown }[] = dashboard.templating.list
/** As Prometheus gets it when all namespaces are chosen. */
const asked = (expr: string) => expr.replaceAll('$namespace', '.*')
const queries = charts.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr: asked(expr) })))

describe('the dashboard', () => {
  it('asks only for series that are exported or recorded', async () => {
    const recording = parse(readFileSync('deploy/base/monitoring/recording.yaml', 'utf8'))
    const records: string[] = recording.spec.groups[0].rules.map(({ record }: { record: string }) => record)
    const known = new Set([...(await exportedNames()), ...records])
    const names = queries.flatMap(({ expr }) =>
      [...expr.matchAll(/(?:fairlead|apptrail)[_:][\w:]+/g)].map(([name]) => name),
    )
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !known.has(name))).toEqual([])
    expect(records.filter((record) => !names.includes(record))).toEqual([])
  })

  it('has no two panels in one place, each with a title, and each chart with a question and a word about it', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(panels.filter(({ title }) => title === '')).toEqual([])
    expect(charts.filter(({ targets = [], description = '' }) => targets.length === 0 || description === '')).toEqual(
      [],
    )
  })

  it('asks the Prometheus that is chosen, and uses no variable that is not there', () => {
    const sources = charts.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource.uid))
    expect(new Set(sources)).toEqual(new Set([`\${datasource}`]))
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]+)/g)].map(([, name]) => name)
    expect([...new Set(used)].sort()).toEqual(variables.map(({ name }) => name).sort())
  })

  it('never asks about one replica what all of them tell', () => {
    const perWorkload = queries.filter(({ expr }) => /fairlead_(rollout_phase|workload_version_info)/.test(expr))
    const bare = perWorkload.filter(({ expr }) => !/max by \([^)]*\bname\b[^)]*\) \(fairlead_/.test(expr))
    expect(perWorkload.length).toBeGreaterThan(3)
    expect(bare).toEqual([])
  })
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const isRequired = process.env['FAIRLEAD_E2E_REQUIRED'] === '1'

// of Debian's package prometheus
describe.skipIf(!hasPromtool && !isRequired)('promtool', { timeout: 60_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), 'fairlead-dashboard-'))
  afterAll(() => rmSync(work, { recursive: true }))
  const promtool = (...args: string[]) => execFileSync('promtool', args, { cwd: work, encoding: 'utf8', stdio: 'pipe' })

  it('can read every question of the dashboard', () => {
    const rules = queries.map(({ expr }, at) => ({ record: `question:${at}`, expr }))
    writeFileSync(join(work, 'rules.yaml'), stringify({ groups: [{ name: 'dashboard', rules }] }))
    expect(promtool('check', 'rules', 'rules.yaml')).toContain(`SUCCESS: ${queries.length} rules found`)
  })

  it('answers those about workloads once, whatever the number of replicas', () => {
    const questionOf = (wanted: string) => queries.find(({ title }) => title === wanted)?.expr ?? ''
    const workload = (name: string, pod: string) => `namespace="prod",kind="Deployment",name="${name}",pod="${pod}"`
    const series = ['a', 'b'].flatMap((pod) => [
      { series: `fairlead_rollout_phase{${workload('web', pod)},phase="success"}`, values: '1x5' },
      { series: `fairlead_rollout_phase{${workload('web', pod)},phase="failed"}`, values: '0x5' },
      { series: `fairlead_rollout_phase{${workload('api', pod)},phase="failed"}`, values: '1x5' },
      { series: `fairlead_rollout_phase{${workload('api', pod)},phase="success"}`, values: '0x5' },
      { series: `fairlead_rollout_end_timestamp_seconds{${workload('api', pod)}}`, values: '60x5' },
      {
        series: `fairlead_workload_version_info{${workload('web', pod)},version="1.0.0",image="web:1"}`,
        values: '1x5',
      },
      {
        series: `fairlead_workload_version_info{${workload('api', pod)},version="2.0.0",image="api:2"}`,
        values: '1x5',
      },
    ])
    const answer = (title: string, ...samples: [labels: string, value: number][]) => ({
      expr: questionOf(title),
      eval_time: '4m',
      exp_samples: samples.map(([labels, value]) => ({ labels, value })),
    })
    const questions = [
      answer('Failed', ['{}', 1]),
      answer('Rolling out'),
      answer('Past their deadline', ['{}', 0]),
      answer('Failed rollouts', ['{namespace="prod",kind="Deployment",name="api"}', 60_000]),
      answer(
        'Versions and phases',
        ['{namespace="prod",kind="Deployment",name="web",phase="success",version="1.0.0",image="web:1"}', 1],
        ['{namespace="prod",kind="Deployment",name="api",phase="failed",version="2.0.0",image="api:2"}', 1],
      ),
    ]
    const tests = [{ interval: '1m', input_series: series, promql_expr_test: questions }]
    writeFileSync(join(work, 'tests.yaml'), stringify({ rule_files: [], evaluation_interval: '1m', tests }))
    expect(promtool('test', 'rules', 'tests.yaml')).toContain('SUCCESS')
  })
})

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { exportedNames, exposition } from './exposition.ts'

interface Rule {
  alert?: string
  record?: string
  expr: string
  for?: string
  labels?: { severity: string }
  annotations?: Record<string, string>
}

const folder = 'deploy/base/monitoring'
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'))
const groups: { name: string; rules: Rule[] }[] = ['alerts.yaml', 'recording.yaml'].flatMap(
  (file) => read(file).spec.groups,
)
const rules = groups.flatMap((group) => group.rules)
const alerts = rules.filter(({ alert }) => alert !== undefined)

describe('the rules', () => {
  it('ask only for metrics that are exported', async () => {
    const exported = await exportedNames()
    const asked = rules.flatMap(({ expr }) => [...expr.matchAll(/fairlead_\w+/g)].map(([name]) => name))
    expect(asked.length).toBeGreaterThan(10)
    expect(asked.filter((name) => !exported.has(name))).toEqual([])
  })

  it('are in the README, each with what to do', () => {
    const readme = readFileSync('README.md', 'utf8')
    const section = readme.slice(readme.indexOf('## Alerts'))
    const rows = [
      ...section.slice(0, section.indexOf('\n## ', 3)).matchAll(/^\| `(Fairlead\w+)` \| \S.+ \| \S.+ \|$/gm),
    ]
    expect(rows.map(([, name]) => name)).toEqual(alerts.map(({ alert }) => alert))
    const records = rules.flatMap(({ record }) => (record === undefined ? [] : [record]))
    expect(records.filter((record) => !section.includes(`\`${record}\``))).toEqual([])
  })

  it('say how bad it is, what it is and where to read on', () => {
    for (const { alert, labels, annotations } of alerts) {
      expect(['info', 'warning', 'critical'], alert).toContain(labels?.severity)
      expect(Object.keys(annotations ?? {}), alert).toEqual(['summary', 'description', 'runbook_url'])
    }
  })

  it('never compare versions', () => {
    expect(rules.filter(({ expr }) => /version/.test(expr))).toEqual([])
  })

  it('are part of the kustomization, and of no other that must work without the operator', () => {
    expect(read('kustomization.yaml').resources).toEqual(['alerts.yaml', 'recording.yaml', 'service-monitor.yaml'])
    for (const base of ['deploy/base/kustomization.yaml', 'deploy/standalone/kustomization.yaml']) {
      expect(parse(readFileSync(base, 'utf8')).resources.join(' ')).not.toContain('monitoring')
    }
  })
})

describe('the monitor', () => {
  it("keeps the labels of the series and scrapes the Service's port for metrics", () => {
    const [endpoint] = read('service-monitor.yaml').spec.endpoints
    expect(endpoint).toMatchObject({ port: 'metrics', honorLabels: true })
    const service = parse(readFileSync('deploy/base/service.yaml', 'utf8'))
    expect(service.spec.ports.map(({ name }: { name: string }) => name)).toContain('metrics')
    expect(service.metadata.labels).toMatchObject(read('service-monitor.yaml').spec.selector.matchLabels)
  })
})

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const isRequired = process.env['FAIRLEAD_E2E_REQUIRED'] === '1'

// of Debian's package prometheus
describe.skipIf(!hasPromtool && !isRequired)('promtool', { timeout: 60_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), 'fairlead-rules-'))
  afterAll(() => rmSync(work, { recursive: true }))
  writeFileSync(join(work, 'rules.yaml'), stringify({ groups }))
  copyFileSync('test/deploy/alerts.yaml', join(work, 'alerts.yaml'))
  const promtool = (args: string[], input = '') =>
    execFileSync('promtool', args, { cwd: work, input, encoding: 'utf8', stdio: 'pipe' })

  it('finds no mistake in the rules', () => {
    expect(promtool(['check', 'rules', 'rules.yaml'])).toContain(`SUCCESS: ${rules.length} rules found`)
  })

  it('finds that they fire when they should, and not when they should not', () => {
    expect(promtool(['test', 'rules', 'alerts.yaml'])).toContain('SUCCESS')
  })

  it('is given a test of every alert and every figure', () => {
    const tests = readFileSync('test/deploy/alerts.yaml', 'utf8')
    const named = rules.map(({ alert, record }) => alert ?? record ?? '')
    expect(named.filter((name) => !tests.includes(name))).toEqual([])
  })

  it('finds no mistake in what is exported', async () => {
    expect(promtool(['check', 'metrics'], await exposition())).toBe('')
  })
})

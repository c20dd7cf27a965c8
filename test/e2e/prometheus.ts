import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { eventually } from './eventually.ts'
import { valueAt } from './kubernetes.ts'
import type { Lab } from './lab.ts'
import { freePort } from './port.ts'

const monitoring = join(import.meta.dirname, '..', '..', 'deploy', 'base', 'monitoring')

/** As Prometheus reads it from a file; the operator makes the same of a PrometheusRule. */
export interface RuleFile {
  groups: { name: string; interval?: string; rules: Rule[] }[]
}

interface Rule {
  alert?: string
  for?: string
}

/** The rules that are shipped. */
export async function shippedRules(): Promise<RuleFile> {
  const files = ['alerts.yaml', 'recording.yaml'].map((name) => readFile(join(monitoring, name), 'utf8'))
  return { groups: (await Promise.all(files)).flatMap((text) => parse(text).spec.groups) }
}

/** The same rules, but that one alert waits so long before it fires: a minute is long for a test. */
export function hasten({ groups }: RuleFile, alert: string, duration: string): RuleFile {
  const hastened = (rule: Rule) => (rule.alert === alert ? { ...rule, for: duration } : rule)
  return { groups: groups.map((group) => ({ ...group, rules: group.rules.map(hastened) })) }
}

export interface Alert {
  labels: Record<string, string>
  annotations: Record<string, string>
  state: 'pending' | 'firing'
}

/** A running Prometheus. */
export interface Prometheus {
  /** Those that are pending or firing now. */
  alerts(): Promise<Alert[]>
  /** What went wrong when it scraped or evaluated; empty when every target is up and no evaluation failed. */
  troubles(): Promise<string[]>
}

/** Starts Debian's Prometheus, which looks every second. `target`: fairlead's `host:port`. */
export async function startPrometheus(lab: Lab, target: string, rules: RuleFile): Promise<Prometheus> {
  const port = await freePort()
  const at = (name: string) => join(lab.dir, name)
  const monitor = parse(await readFile(join(monitoring, 'service-monitor.yaml'), 'utf8'))
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [at('rules.yaml')],
    scrape_configs: [
      {
        job_name: 'fairlead',
        honor_labels: monitor.spec.endpoints[0].honorLabels,
        // the labels that the operator gives a target
        static_configs: [{ targets: [target], labels: { namespace: 'fairlead', pod: 'fairlead-0' } }],
      },
    ],
  }
  // JSON is YAML
  await writeFile(at('rules.yaml'), JSON.stringify(rules))
  await writeFile(at('prometheus.yaml'), JSON.stringify(config))
  const args = [
    ...[`--config.file=${at('prometheus.yaml')}`, `--storage.tsdb.path=${at('prometheus')}`],
    ...[`--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'],
  ]
  const component = lab.start({ name: 'prometheus', file: 'prometheus', args })
  const read = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  const ready = async () => ((await fetch(`http://127.0.0.1:${port}/-/ready`)).ok ? true : undefined)
  await eventually('Prometheus is ready', ready, { watched: [component] })
  return {
    alerts: async () => valueAt(await read('/api/v1/alerts'), 'data', 'alerts') as Alert[],
    troubles: async () => {
      const targets = valueAt(await read('/api/v1/targets'), 'data', 'activeTargets') as Health[]
      const groups = valueAt(await read('/api/v1/rules'), 'data', 'groups') as { rules: Health[] }[]
      // rules that are evaluated every five minutes may not have been yet
      const bad = groups.flatMap((group) => group.rules).filter(({ health }) => health === 'err')
      return [...targets.filter(({ health }) => health !== 'up'), ...bad].map((one) => JSON.stringify(one))
    },
  }
}

interface Health {
  health: string
}

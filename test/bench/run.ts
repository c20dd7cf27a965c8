import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { nodeFlags } from '../../src/cli/demo-controller.ts'
import { deliveryRows } from './delivery.ts'
import { gitRows } from './git.ts'
import { kyamlRows } from './kyaml.ts'
import { locateRows } from './locate.ts'
import { gitVersion, mainJobRows } from './main-job.ts'
import { memoryRows } from './memory.ts'
import { policyRows } from './policy.ts'
import { restartRows } from './restart.ts'
import { rolloutRows } from './rollout.ts'
import { type BenchRow, summary } from './row.ts'
import { scrapeRows } from './scrape.ts'
import { sinkRows } from './sink.ts'
import { traceRows } from './trace.ts'
import { webhookRows } from './webhook.ts'

/** Every measurement there is; `npm run bench -- <name>` runs those whose name contains it. */
const benches: Readonly<Record<string, () => Promise<BenchRow[]> | AsyncIterable<BenchRow>>> = {
  policy: policyRows,
  locate: locateRows,
  trace: traceRows,
  memory: memoryRows,
  git: gitRows,
  delivery: deliveryRows,
  kyaml: kyamlRows,
  'main-job': mainJobRows,
  webhook: webhookRows,
  scrape: scrapeRows,
  rollout: rolloutRows,
  restart: restartRows,
  sink: sinkRows,
}

const [wanted = ''] = process.argv.slice(2)
const chosen = Object.entries(benches).filter(([name]) => name.includes(wanted))
if (chosen.length === 0) {
  process.stderr.write(`no benchmark is named ${wanted}; there are ${Object.keys(benches).join(', ')}\n`)
  process.exitCode = 2
} else {
  print({
    node: process.version,
    flags: process.execArgv,
    controllerFlags: nodeFlags,
    cores: availableParallelism(),
    git: gitVersion(),
    commit: commitOfThis(),
  })
  const rows: BenchRow[] = []
  for (const [, measure] of chosen) {
    for await (const row of await measure()) {
      print(row)
      rows.push(row)
    }
  }
  process.stdout.write(`\n${summary(rows)}`)
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

/** What was measured; empty outside of a checkout. */
function commitOfThis(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return ''
  }
}

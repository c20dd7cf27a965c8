import type { FileEdit, Snapshot } from '../../src/core/manifest/snapshot.ts'
import { planBump, trace } from '../../src/core/manifest/trace.ts'
import type { BenchRow } from './row.ts'

const files = 5_000
const rounds = 20
const workloads = 500

/** How long it takes to find one image in a large repository and to change it. */
export async function locateRows(): Promise<BenchRow[]> {
  const texts = manifests()
  return [oneWorkload(texts), manyWorkloads(texts)]
}

function oneWorkload(texts: ReadonlyMap<string, string>): BenchRow {
  let otherBytes = 0
  const times = Array.from({ length: rounds }, (_, round) => {
    // A new snapshot object has nothing in memory yet.
    const snapshot = snapshotOf(texts)
    const name = `web-${(round * 241) % files}`
    const started = performance.now()
    const found = trace(snapshot, 'apps', { kind: 'Deployment', namespace: 'prod', name, container: 'web' })
    const edits = planBump(snapshot, found, 'ghcr.io/acme/web:1.4.2')
    const elapsed = performance.now() - started
    otherBytes += edits.reduce((sum, edit) => sum + bytesBesides(edit, '1.4.1', '1.4.2'), 0)
    if (edits.length !== 1) throw new Error(`${name}: ${edits.length} files changed instead of one`)
    return elapsed
  })
  const medianMs = median(times)
  return {
    row: `locate, splice and verify one workload in ${files} files`,
    aim: 'at most 30 ms (median of cold runs), no other byte changed',
    met: medianMs <= 30 && otherBytes === 0,
    result: { medianMs, maxMs: round(Math.max(...times)), otherBytesChanged: otherBytes },
  }
}

function manyWorkloads(texts: ReadonlyMap<string, string>): BenchRow {
  const snapshot = snapshotOf(texts)
  const started = performance.now()
  for (let index = 0; index < workloads; index += 1) {
    trace(snapshot, 'apps', { kind: 'Deployment', namespace: 'prod', name: `web-${index * 10}`, container: 'web' })
  }
  const elapsed = performance.now() - started
  return {
    row: `trace ${workloads} workloads in one snapshot of ${files} files`,
    aim: 'cheap enough for every reconciliation',
    result: { totalMs: round(elapsed), perWorkloadMs: round(elapsed / workloads) },
  }
}

function manifests(): Map<string, string> {
  const texts = new Map<string, string>()
  for (let index = 0; index < files; index += 1) {
    const path = `apps/team-${index % 50}/web-${index}.yaml`
    texts.set(path, manifest(`web-${index}`))
  }
  return texts
}

/** About 2.6 kB in three documents, as real ones are. */
function manifest(name: string): string {
  const environment = Array.from(
    { length: 30 },
    (_, index) => `            - name: SETTING_${index}\n              value: "${index}"`,
  )
  return `# owned by the platform team
apiVersion: v1
kind: ServiceAccount
metadata:
  name: ${name}
  namespace: prod
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: prod
spec:
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      containers:
        - name: web
          image: ghcr.io/acme/web:1.4.1 # the application
          env:
${environment.join('\n')}
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: prod}
spec:
  selector: {app: ${name}}
`
}

function snapshotOf(texts: ReadonlyMap<string, string>): Snapshot {
  return {
    revision: '',
    paths: [...texts.keys()].sort(),
    text: (path) => texts.get(path),
    mode: (path) => (texts.has(path) ? '100644' : undefined),
  }
}

/** Bytes that differ beside the one replacement that was asked for. */
function bytesBesides(edit: FileEdit, from: string, to: string): number {
  const expected = edit.before.replace(`web:${from} #`, `web:${to} #`)
  return [...edit.after].filter((byte, index) => byte !== expected[index]).length
}

function median(values: readonly number[]): number {
  return round([...values].sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0)
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

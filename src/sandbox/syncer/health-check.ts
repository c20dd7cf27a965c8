import { valueAt } from '../json.ts'
import type { ApiClient } from './api-client.ts'
import { healthCheckEntries, readEntry } from './apply.ts'
import { formatDuration } from './duration.ts'
import { healthOf } from './health.ts'
import type { InventoryEntry } from './inventory.ts'
import { type Run, StepFailed } from './run.ts'

/** What looking at health needs: the API, and a pause that ends early with false when the syncer ends. */
export interface HealthCheckParts {
  api: ApiClient
  pause(ms: number): Promise<boolean>
}

/** Pause between two looks at what is not healthy yet. */
const healthPauseMs = 250

/** Waits for what `wait` or `healthChecks` name; fails early on what can no longer become healthy. */
export async function checkHealth(
  parts: HealthCheckParts,
  run: Run,
  inventory: readonly InventoryEntry[],
): Promise<void> {
  const checked = valueAt(run.object, 'spec', 'wait') === true ? inventory : healthCheckEntries(run.object)
  if (checked.length === 0) return
  const startedAt = Date.now()
  const elapsed = () => formatDuration(Date.now() - startedAt)
  const message = `Running health checks for revision ${run.revision} with a timeout of ${formatDuration(run.timeoutMs)}`
  await run.progress('Running health checks', {}, [
    { type: 'Healthy', status: 'Unknown', reason: 'Progressing', message },
  ])
  for (;;) {
    const unhealthy = await unhealthyOf(parts.api, checked)
    if (unhealthy.length === 0) break
    const failed = unhealthy.filter((one) => one.endsWith("'Failed'"))
    const isLate = Date.now() - startedAt > run.timeoutMs
    if (failed.length > 0 || isLate || !(await parts.pause(healthPauseMs))) {
      const which = failed.length > 0 ? 'failed early due to stalled resources' : 'timeout waiting for'
      const cause = `${which}: [${(failed.length > 0 ? failed : unhealthy).join(', ')}]`
      await run.write({}, [{ type: 'Healthy', status: 'False', reason: 'HealthCheckFailed', message: cause }])
      throw new StepFailed('HealthCheckFailed', `health check failed after ${elapsed()}: ${cause}`)
    }
  }
  const passed = `Health check passed in ${elapsed()}`
  await run.write({}, [{ type: 'Healthy', status: 'True', reason: 'Succeeded', message: passed }])
}

/** `Deployment/default/web status: 'InProgress'` for each that is not there yet. */
async function unhealthyOf(api: ApiClient, entries: readonly InventoryEntry[]): Promise<string[]> {
  const states = await Promise.all(
    entries.map(async (entry) => {
      const [namespace = '', name = '', , kind = ''] = entry.id.split('_')
      const found = await readEntry(api, entry)
      const health = found === undefined ? 'NotFound' : healthOf(found.object)
      return { text: `${kind}/${namespace}/${name} status: '${health}'`, health }
    }),
  )
  return states.filter((state) => state.health !== 'Current').map((state) => state.text)
}

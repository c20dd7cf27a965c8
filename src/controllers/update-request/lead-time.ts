import { isAboutChart, type UpdateRequest } from '../../api/update-request.ts'
import { hasArrived, leadTimes } from '../../core/change/lead-time.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { Registry } from '../../ports.ts'
import type { Metrics } from '../../runtime/metrics.ts'

export interface LeadTimeDeps {
  registry: Pick<Registry, 'builtAt'>
  metrics: Pick<Metrics, 'leadTime'>
}

/** Measures the way of a version once, when `next` first says that it runs everywhere. Never rejects. */
export async function observeLeadTimes(
  request: UpdateRequest,
  next: UpdateRequest,
  { registry, metrics }: LeadTimeDeps,
): Promise<void> {
  if (!hasArrived(request, next)) return
  const builtAtMs = await builtAt(next, registry)
  for (const [segment, seconds] of leadTimes(next, builtAtMs)) metrics.leadTime.observe({ segment }, seconds)
}

/** Undefined when the image does not say, or nobody can be asked now. */
async function builtAt(request: UpdateRequest, registry: LeadTimeDeps['registry']): Promise<number | undefined> {
  const { to, digest } = request.spec.change
  if (digest === undefined || isAboutChart(request)) return undefined
  try {
    return (await registry.builtAt(parseImageReference(to), digest))?.getTime()
  } catch {
    return undefined
  }
}

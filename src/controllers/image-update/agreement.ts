import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateTarget } from '../../api/update-request.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import type { UpdateRule } from '../../core/image/rule.ts'
import { strictestSettings, type UpdateSettings } from '../../core/image/settings.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { LiveContainer, Trace } from '../../core/manifest/trace.ts'
import { matchedImage, traceThrough } from '../../core/manifest/trace-through.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { type OpenApplierDeps, openApplier } from '../../delivery/trace/open-applier.ts'
import { FairleadError } from '../../errors.ts'

/** A container whose slot is known, with its own settings. */
interface Asking {
  workload: UpdateSubject
  container: string
  settings: UpdateSettings
  trace: Trace
}

export interface AgreementDeps extends OpenApplierDeps {
  /** Live containers of workloads that belong to the same release or Application. */
  alongside: (workload: UpdateSubject) => readonly LiveContainer[]
  /** By `Kind/namespace/name`. */
  workload: (key: string) => UpdateSubject | undefined
  rules: readonly UpdateRule[]
  mode: Mode
}

/**
 * One slot may decide several containers; they are updated together, so their policies must agree, and of every other
 * field the strictest wins. All of them are read from Git, as when the decision is carried out: two looks that differ
 * would make and void a decision for ever. `PolicyConflict` names those that differ; no policy at all is the strictest.
 */
export async function agreedSettings(asking: Asking, deps: AgreementDeps): Promise<UpdateSettings> {
  const { workload, container, trace } = asking
  const own = objectKey(workload)
  let { settings } = asking
  for (const target of slotTargets(trace, workload.namespace)) {
    if (objectKey(target) === own && target.container === container) continue
    const other = await declaredSettings(target, deps)
    if (other === 'not-live') continue
    const name = `${objectKey(target)} container ${target.container}`
    if (other === undefined) throw conflict(asking, `${name}: no policy`)
    if (other.policyText !== settings.policyText) throw conflict(asking, `${name}: ${other.policyText}`)
    settings = strictestSettings(settings, other)
  }
  return settings
}

async function declaredSettings(target: UpdateTarget, deps: AgreementDeps) {
  const workload = deps.workload(objectKey(target))
  const live = workload?.containers.find((one) => one.name === target.container)
  if (workload === undefined || live === undefined) return 'not-live'
  const chart = workload.chart === undefined ? {} : { chart: true as const }
  const query = { ...target, image: live.image, alongside: deps.alongside(workload), ...chart }
  const found = traceThrough(await openApplier(workload, deps), query)
  const subject = { ...workload, container: target.container, image: matchedImage(found.image, live.image) }
  return resolveDeclaredSettings(subject, found.declared, deps.rules, deps.mode)
}

function conflict({ container, settings, trace }: Asking, other: string): FairleadError {
  const evidence = [`container ${container}: ${settings.policyText}`, other]
  const message = `${trace.file} decides several containers, and their policies differ (${evidence.join('; ')})`
  return new FairleadError('PolicyConflict', message, { evidence })
}

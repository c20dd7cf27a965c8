import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import { finalPhases, type UpdateRequest, type UpdateTarget } from '../../api/update-request.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import type { UpdateRule } from '../../core/image/settings.ts'
import { trace } from '../../core/manifest/trace.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { BranchReader } from '../../delivery/branch-reader.ts'
import { type Destination, type DestinationDeps, findDestination } from '../../delivery/destination.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'

/** What applies to a request now, whatever was so when it was made. */
export interface Situation {
  /** The strictest mode of its targets; undefined when no policy asks for the change any more. */
  mode: Mode | undefined
  /** An approval is demanded by some target or by the repository. */
  requireApproval: boolean
  /** General or repository kill switch. */
  suspended: boolean
  destination: Destination | undefined
  /** Why its place in Git cannot be reached or may not be used. */
  refusal: FairleadError | undefined
}

export interface SituationDeps extends DestinationDeps {
  /** By `Kind/namespace/name`. */
  workload: (key: string) => Workload | undefined
  rules: readonly UpdateRule[]
  mode: Mode
  suspend: boolean
  readBranch: BranchReader
}

/** Looks at every target of a request: its live workload, what Git declares for it, and where its change would land. */
export async function readSituation(request: UpdateRequest, deps: SituationDeps): Promise<Situation> {
  const situation: Situation = {
    mode: undefined,
    requireApproval: false,
    suspended: deps.suspend,
    destination: undefined,
    refusal: undefined,
  }
  const phase = request.status?.phase
  const isOpen = phase === undefined || !finalPhases.includes(phase)
  try {
    for (const target of request.spec.targets) {
      const workload = deps.workload(objectKey(target))
      if (workload === undefined) continue
      const destination = findDestination(workload, deps)
      situation.destination ??= destination
      // What is delivered is only followed; its settings have no say any more.
      if (isOpen) await addSettings(situation, { target, workload, destination }, deps)
    }
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind !== 'terminal') throw error
    situation.refusal = error
  }
  return situation
}

async function addSettings(
  situation: Situation,
  { target, workload, destination }: { target: UpdateTarget; workload: Workload; destination: Destination },
  deps: SituationDeps,
): Promise<void> {
  const { origin, repository } = destination
  const live = workload.containers.find((one) => one.name === target.container)
  if (live === undefined) return
  const snapshot = await deps.readBranch(destination)
  const { targetNamespace } = origin
  const found = trace(snapshot, origin.root, {
    ...target,
    ...(targetNamespace === undefined ? {} : { targetNamespace }),
  })
  const subject = { ...workload, container: target.container, image: live.image }
  const settings = resolveDeclaredSettings(subject, found.declared, deps.rules, deps.mode)
  if (settings === undefined) return
  situation.requireApproval ||= settings.requireApproval || repository.rules.requireApproval === true
  situation.suspended ||= repository.rules.suspend
  situation.mode = stricter(situation.mode, stricter(repository.rules.mode, settings.mode))
}

/** Observing beats committing; what is undefined has no say. */
function stricter(a: Mode | undefined, b: Mode | undefined): Mode | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a === 'observe' || b === 'observe' ? 'observe' : a
}

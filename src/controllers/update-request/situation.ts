import type { Mode, RollbackScope } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import { finalPhases, isRollback, type UpdateRequest, type UpdateTarget } from '../../api/update-request.ts'
import { claimProblem, slotOf } from '../../core/change/claim.ts'
import { targetId } from '../../core/change/identity.ts'
import {
  type UpdateWindow,
  type WindowDemand,
  type WindowState,
  windowDemands,
  windowState,
} from '../../core/change/window.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import type { UpdateRule } from '../../core/image/rule.ts'
import type { SettingsSubject } from '../../core/image/setting-field.ts'
import { stricterMode, strictestSettings, type UpdateSettings } from '../../core/image/settings.ts'
import type { Owner } from '../../core/manifest/origin.ts'
import { slotNamespaces, slotTargets } from '../../core/manifest/slot/target.ts'
import type { LiveContainer } from '../../core/manifest/trace.ts'
import { type AppliedTrace, matchedImage, traceThrough } from '../../core/manifest/trace-through.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { resolveRollback, resolveRollbackByPerson } from '../../core/rollback/settings.ts'
import type { ChoiceQuestion } from '../../delivery/choice/candidate.ts'
import { type Destination, destinationOn } from '../../delivery/destination.ts'
import { type OpenApplierDeps, openApplier } from '../../delivery/trace/open-applier.ts'
import { decidingOwner } from '../../delivery/trace/owner-chain.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'

/** What applies to a request now, whatever was so when it was made. */
export interface Situation {
  /** The strictest mode of its targets; undefined when no policy asks for the change any more. */
  mode: Mode | undefined
  /** An approval is demanded by some target or by the repository. */
  requireApproval: boolean
  /** General or repository kill switch. */
  suspended: boolean
  /** Why nothing is done, in a user's words. */
  hold: string | undefined
  /** A decision rests so long after it was made. */
  minAgeMs: number
  /** The windows of all targets, now. */
  window: WindowState
  /** How Git differs from what the request says about it; then it is not about this slot any more. */
  moved: string | undefined
  /** The GitOps object that applies the first target. */
  owner: Owner | undefined
  destination: Destination | undefined
  /** The slot as Git has it, the policy for it and its other targets; what the request itself says is only a claim. */
  slot: SituationSlot | undefined
  /** Why its place in Git cannot be reached or may not be used. */
  refusal: FairleadError | undefined
}

export interface SituationSlot extends Pick<ChoiceQuestion, 'trace' | 'settings' | 'namespace'> {
  others: readonly AppliedTrace[]
  /** Some window has a say about it, also while that is open. */
  hasWindow: boolean
}

export interface SituationDeps extends OpenApplierDeps {
  /** Live containers of workloads that belong to the same release or Application. */
  alongside: (workload: UpdateSubject) => readonly LiveContainer[]
  /** By `Kind/namespace/name`. */
  workload: (key: string) => UpdateSubject | undefined
  rules: readonly UpdateRule[]
  mode: Mode
  suspend: boolean
  rollback: { onFailure: RollbackScope; mode: 'commit' | 'pull-request' }
  windows: readonly UpdateWindow[]
  clock: Clock
}

const nothingKnown = {
  mode: undefined,
  hold: undefined,
  minAgeMs: 0,
  window: { isOpen: true },
  moved: undefined,
  owner: undefined,
  destination: undefined,
  slot: undefined,
} as const

/** Looks at every target of a request: its live workload, what Git declares for it, and where its change would land. */
export async function readSituation(request: UpdateRequest, deps: SituationDeps): Promise<Situation> {
  const situation: Situation = { ...nothingKnown, requireApproval: false, suspended: deps.suspend, refusal: undefined }
  try {
    await look(request, situation, deps)
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind !== 'terminal') throw error
    situation.refusal = error
  }
  return situation
}

async function look(request: UpdateRequest, situation: Situation, deps: SituationDeps): Promise<void> {
  const live = request.spec.targets.flatMap((target): LiveTarget[] => {
    const workload = deps.workload(objectKey(target))
    const container = workload?.containers.find((one) => one.name === target.container)
    return workload === undefined || container === undefined ? [] : [{ target, workload, image: container.image }]
  })
  const [first] = live
  if (first === undefined) return
  situation.owner = decidingOwner(first.workload, deps.engine)
  const phase = request.status?.phase
  // What is delivered is only followed; its settings have no say any more.
  if (phase !== undefined && finalPhases.includes(phase)) return
  const problem = claimProblem(request)
  if (problem !== undefined) throw new FairleadError('RequestInvalid', `${problem}; fairlead makes its requests itself`)
  const traced = await Promise.all(live.map(async (one) => ({ ...one, found: await traceTarget(one, deps) })))
  const found = traced[0]?.found
  if (found === undefined) return
  const destination = destinationOn(found.branch, slotNamespaces(found, first.workload.namespace), deps.repositories)
  situation.destination = destination
  situation.moved = difference(request, { found, destination, namespace: first.workload.namespace })
  if (situation.moved !== undefined) return
  const demands: WindowDemand[] = []
  let strictest: UpdateSettings | undefined
  for (const one of traced) {
    const image = matchedImage(one.found.image, one.image)
    const subject = { ...one.workload, container: one.target.container, image }
    const settings = settingsFor(request, subject, one.found, deps)
    if (settings === undefined) {
      // No policy is the strictest there is.
      situation.mode = undefined
      return
    }
    if (strictest !== undefined && strictest.policyText !== settings.policyText)
      throw conflict(one, settings, strictest)
    strictest = strictest === undefined ? settings : strictestSettings(strictest, settings)
    // As rules are: by the labels that Git declares.
    const declared = { ...subject, labels: one.found.declared.labels }
    // The way back is open at any time.
    if (isRollback(request)) continue
    demands.push(...windowDemands(declared, settings.windows, deps.windows))
  }
  if (strictest === undefined) return
  const others = traced.slice(1).map((one) => one.found)
  const { namespace } = first.workload
  situation.slot = { trace: found, others, settings: strictest, namespace, hasWindow: demands.length > 0 }
  situation.window = windowState(demands, deps.clock.now())
  if (isRollback(request)) {
    addRollback(situation, strictest, destination, deps.rollback.mode)
    // Who asked is only claimed; the API notes it where nobody else can write.
    situation.requireApproval = request.spec.requestedBy !== undefined
  } else addSettings(situation, strictest, destination)
  requireHost(situation, destination)
}

/** Undefined when nothing asks for the change: no policy, or on the way back nobody who opted in. */
function settingsFor(
  request: UpdateRequest,
  subject: SettingsSubject,
  { declared }: AppliedTrace,
  { rules, mode, rollback }: SituationDeps,
): UpdateSettings | undefined {
  if (!isRollback(request)) return resolveDeclaredSettings(subject, declared, rules, mode)
  const resolve = request.spec.requestedBy === undefined ? resolveRollback : resolveRollbackByPerson
  const { scope, settings } = resolve(subject, declared, { rules, mode, onFailure: rollback.onFailure })
  return scope === 'off' ? undefined : settings
}

interface LiveTarget {
  target: UpdateTarget
  workload: UpdateSubject
  image: string
}

/** What the live objects say was compared when the decision was made; this is what Git says now. */
function conflict({ target, found }: LiveTarget & { found: AppliedTrace }, own: UpdateSettings, other: UpdateSettings) {
  const evidence = [`${objectKey(target)} container ${target.container}: ${own.policyText}`, other.policyText]
  const message = `${found.file} decides several containers, and their policies in Git differ (${evidence.join('; others: ')})`
  return new FairleadError('PolicyConflict', message, { evidence })
}

async function traceTarget({ target, workload, image }: LiveTarget, deps: SituationDeps): Promise<AppliedTrace> {
  const chart = workload.chart === undefined ? {} : { chart: true as const }
  const query = { ...target, image, alongside: deps.alongside(workload), ...chart }
  return traceThrough(await openApplier(workload, deps), query)
}

/** How the slot that Git has differs from the one the request names; undefined when it is the same. */
function difference(
  request: UpdateRequest,
  { found, destination, namespace }: { found: AppliedTrace; destination: Destination; namespace: string },
): string | undefined {
  const { repository, branch } = destination
  const place = { repository: repository.url, branch, file: found.file, keyPath: found.keyPath }
  if (targetId(place) !== slotOf(request)) {
    return `the image is decided at ${found.file} ${found.keyPath} on ${branch} of ${repository.url} now`
  }
  const names = (targets: readonly UpdateTarget[]) =>
    targets.map((one) => `${objectKey(one)} container ${one.container}`).join(', ')
  const inGit = names(slotTargets(found, namespace))
  return inGit === names(request.spec.targets) ? undefined : `the slot decides ${inGit} now`
}

function addSettings(situation: Situation, settings: UpdateSettings, { repository }: Destination): void {
  const { rules } = repository
  situation.requireApproval ||= settings.requireApproval || rules.requireApproval === true
  situation.suspended ||= rules.suspend
  situation.hold = settings.hold
  situation.minAgeMs = settings.minAgeMs
  situation.mode = rules.mode === undefined ? settings.mode : stricterMode(rules.mode, settings.mode)
}

/** Approvals, ages and windows are for the way forward; only `rollback.mode` decides how the way back lands. */
function addRollback(
  situation: Situation,
  settings: UpdateSettings,
  { repository }: Destination,
  mode: 'commit' | 'pull-request',
): void {
  const { rules } = repository
  situation.suspended ||= rules.suspend
  situation.hold = settings.hold
  situation.mode = settings.mode === 'observe' || rules.mode === 'observe' ? 'observe' : mode
}

function requireHost(situation: Situation, { repository }: Destination): void {
  if (situation.mode !== 'pull-request' || repository.host !== undefined) return
  const message = `mode is pull-request, but git.repositories[].host of ${repository.url} is not set; set it, or mode: commit`
  situation.refusal = new FairleadError('HostNotConfigured', message)
}

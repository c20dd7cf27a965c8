import { type ObjectKey, objectKey } from './api/kubernetes.ts'
import { finalPhases, isRollback, sequenceOf, type UpdateRequest } from './api/update-request.ts'
import type { Config } from './config-schema.ts'
import type { createImageUpdateController } from './controllers/image-update/controller.ts'
import { type ContainerDecision, decideContainer } from './controllers/image-update/decide.ts'
import { explainDecision, withoutPolicy } from './controllers/image-update/explain.ts'
import type { Observation } from './controllers/image-update/observe.ts'
import { watchedContainers } from './controllers/image-update/watched.ts'
import { explainRequest } from './controllers/update-request/explain.ts'
import { type FollowDeps, followCommit } from './controllers/update-request/follow.ts'
import type { PreviewDeps } from './controllers/update-request/preview.ts'
import type { ContainerExplanation, Gate, WorkloadExplanation } from './core/change/gate.ts'
import type { UpdateRule } from './core/image/rule.ts'
import type { UpdateSubject } from './core/manifest/update-subject.ts'
import { type BreakerWait, isAutomaticRollback } from './core/rollback/breaker.ts'
import { slotSiblings } from './delivery/trace/slot-id.ts'
import { asFairleadError, FairleadError } from './errors.ts'
import type { Stores } from './main-stores.ts'
import type { Clock } from './ports.ts'

export interface ExplainDeps extends FollowDeps, Pick<PreviewDeps, 'situation'> {
  fourEyes: boolean
  clock: Clock
  stores: Pick<Stores, 'subject' | 'requests'>
  config: Pick<Config, 'mode'>
  rules: readonly UpdateRule[]
  /** Looks like the one that decides, also on a replica that does not lead; only its eyes are used. */
  imageUpdate: Pick<ReturnType<typeof createImageUpdateController>, 'observe'>
  /** Why a failed workload is (not) rolled back, by container. */
  rollbackGates: (key: ObjectKey) => Promise<ReadonlyMap<string, Gate>>
  breaker: (request: UpdateRequest, now: Date) => BreakerWait | undefined
}

/**
 * Why the images of a workload, or of one `container`, are (not) updated: the questions of the controllers and their
 * answers. Undefined when it is not looked after.
 */
export async function explainWorkload(
  key: ObjectKey,
  container: string | undefined,
  deps: ExplainDeps,
): Promise<WorkloadExplanation | undefined> {
  const workload = deps.stores.subject(objectKey(key))
  if (workload === undefined) return undefined
  const names = workload.containers.map(({ name }) => name)
  if (container !== undefined && !names.includes(container)) {
    const message = `${key.kind} ${key.namespace}/${key.name} has no container ${JSON.stringify(container)}; it has ${names.join(', ')}`
    throw new FairleadError('UsageInvalid', message)
  }
  const observation = await deps.imageUpdate.observe(objectKey(key))
  const wanted = workload.containers.filter(({ name }) => container === undefined || name === container)
  const containers: ContainerExplanation[] = []
  const rollback = await deps.rollbackGates(key)
  for (const one of wanted) {
    const explained = await explainContainer(one, { workload, observation }, deps)
    const back = rollback.get(one.name)
    containers.push({ ...explained, gates: [...explained.gates, ...(back === undefined ? [] : [back])] })
  }
  return { ...identityOf(key), containers }
}

async function explainContainer(
  { name, image }: UpdateSubject['containers'][number],
  { workload, observation }: { workload: UpdateSubject; observation: Observation | undefined },
  deps: ExplainDeps,
): Promise<ContainerExplanation> {
  const { rules, config } = deps
  const live = { container: name, image }
  // What is wrong with the whole workload stands under no container.
  const observed = observation?.containers.find((one) => one.container === name || one.container === '')
  if (observed === undefined) {
    const isLive = watchedContainers(workload, rules, config.mode).some((one) => one.container === name)
    return { ...live, gates: [withoutPolicy(isLive)] }
  }
  const decision =
    'error' in observed ? ({ kind: 'refused', error: observed.error } as const) : decideContainer(observed.facts)
  const { gates, selection } = explainDecision({ observed, decision, now: deps.clock.now() })
  const tags = selection === undefined ? {} : { verdicts: selection.counts, candidates: selection.candidates }
  if ('error' in observed) return { ...live, ...tags, gates }
  const siblings = deps.stores.requests.byIndex(
    'siblings',
    slotSiblings(workload.namespace, { destination: observed.destination, trace: observed.facts.trace }),
  )
  const request = requestOf(decision, siblings)
  if (request === undefined) return { ...live, ...tags, gates }
  const updateRequest = `${request.metadata.namespace}/${request.metadata.name}`
  return { ...live, ...tags, updateRequest, gates: [...gates, ...(await standingOf(request, deps))] }
}

/** The gates of a request; what cannot be read now is said to be unknown. */
async function standingOf(request: UpdateRequest, deps: ExplainDeps): Promise<Gate[]> {
  try {
    const situation = await deps.situation(request)
    const { commit } = request.status ?? {}
    const { owner } = situation
    const isKnown = commit !== undefined && owner !== undefined
    const sync = isKnown ? await followCommit(request, { commit, owner, now: deps.clock.now() }, deps) : undefined
    const now = deps.clock.now()
    const breaker = isAutomaticRollback(request) ? deps.breaker(request, now) : undefined
    return explainRequest({ request, situation, fourEyes: deps.fourEyes, breaker, sync, now })
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown)
    return [{ gate: 'request', verdict: 'unknown', reason: code, message }]
  }
}

/**
 * The request that a decision is about: the one for its tag, while it waits an open one, and where nothing is to be done
 * the newest that came to its end in Git.
 */
function requestOf(decision: ContainerDecision, siblings: readonly UpdateRequest[]): UpdateRequest | undefined {
  const fits = ({ spec, status }: UpdateRequest) => {
    const phase = status?.phase ?? 'Pending'
    if (decision.kind === 'update') return spec.change.to.split('@')[0]?.endsWith(`:${decision.tag}`) === true
    return decision.kind === 'wait' ? !finalPhases.includes(phase) : phase === 'Completed'
  }
  // While something is on its way back, that is what people ask about.
  const back = siblings.find((one) => isRollback(one) && !finalPhases.includes(one.status?.phase ?? 'Pending'))
  if (back !== undefined) return back
  return siblings.filter(fits).sort((a, b) => sequenceOf(b) - sequenceOf(a))[0]
}

function identityOf({ kind, namespace, name }: ObjectKey): ObjectKey {
  return { kind, namespace, name }
}

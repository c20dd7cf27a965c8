import { objectKey, resources } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { EventRecorder, Log, OwnObjects } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type ContainerDecision, decideContainer, wantedReference } from './decide.ts'
import { type ObserveDeps, observeWorkload } from './observe.ts'
import { renderUpdateRequest, slotId } from './request.ts'
import { agreeing } from './slot.ts'

export interface ImageUpdateDeps extends Omit<ObserveDeps, 'lastUpdate'> {
  /** By `Kind/namespace/name`. */
  workload: (key: string) => Workload | undefined
  requests: {
    get(key: string): UpdateRequest | undefined
    byTarget(target: string): readonly UpdateRequest[]
  }
  own: OwnObjects
  events: EventRecorder
  /** How long a decision waits for its approval. */
  expiryMs: number
  /** Only the holder of the lease decides; the others keep their caches warm. */
  isLeader: () => boolean
  log: Log
  metrics: Metrics
}

type Observed = Awaited<ReturnType<typeof observeWorkload>>
type Decided = {
  workload: Workload
  decisions: { container: string; decision: ContainerDecision; at: number }[]
  observed: Observed
}

/** Registry news → decision: for every container with a policy, is there a newer tag, and where does it go? */
export function createImageUpdateController(deps: ImageUpdateDeps): Controller<Observed, Decided, Decided, Decided> {
  const told = new Map<string, string>()

  /** Says a refusal where users look, once until it changes. */
  const tell = async (workload: Workload, container: string, error: FairleadError | undefined) => {
    const key = `${objectKey(workload)}/${container}`
    const text = error === undefined ? '' : `${error.code}: ${error.message}`
    if ((told.get(key) ?? '') === text) return
    if (text === '') told.delete(key)
    else told.set(key, text)
    if (error === undefined) return
    deps.log.warn(
      { workload: objectKey(workload), container, code: error.code, evidence: error.evidence },
      error.message,
    )
    const about = { ...workload, apiVersion: 'apps/v1' }
    await deps.events.record(about, { type: 'Warning', reason: error.code, message: `${container}: ${error.message}` })
  }

  const lastUpdate: ObserveDeps['lastUpdate'] = (slot) => {
    const times = deps.requests
      .byTarget(slotId(slot))
      .filter((request) => request.status?.phase === 'Completed')
      .map((request) => Date.parse(request.metadata.creationTimestamp ?? ''))
      .filter((time) => !Number.isNaN(time))
    return times.length === 0 ? undefined : new Date(Math.max(...times))
  }

  const ensureRequest = async (decided: Decided, index: number) => {
    const one = decided.observed.containers[index]
    const decision = decided.decisions.find(({ at }) => at === index)?.decision
    if (one === undefined || !('facts' in one) || decision?.kind !== 'update') return
    const digest = decision.digest ?? (await resolveDigest(one.facts.trace.image, decision.tag))
    const { requireApproval } = agreeing(one.facts, deps)
    const request = renderUpdateRequest({
      workload: decided.workload,
      facts: { ...one.facts, settings: { ...one.facts.settings, requireApproval } },
      destination: one.destination,
      to: wantedReference(one.facts.trace.image, decision, digest),
      digest,
      reason: decision.reason,
      expiryMs: deps.expiryMs,
      siblings: deps.requests.byTarget(slotId({ destination: one.destination, trace: one.facts.trace })),
    })
    const { namespace = '', name } = request.metadata
    const known = deps.requests.get(`${namespace}/${name}`)
    if (known !== undefined && known.status?.phase !== 'Superseded') return
    // A superseded decision that is made again starts over; every other end of it is an answer that stays.
    if (known !== undefined) await deps.own.delete(resources.updateRequest, namespace, name)
    await createOnce(request)
  }

  const resolveDigest = async (image: string, tag: string) => {
    const digest = await deps.registry.digest(parseImageReference(image), tag)
    if (digest !== undefined) return digest
    throw new FairleadError('DigestUnknown', `${image}: tag ${tag} was listed, but its manifest is gone`)
  }

  const createOnce = async (request: UpdateRequest) => {
    try {
      await deps.own.create(resources.updateRequest, request)
    } catch (thrown) {
      if (asFairleadError(thrown).code !== 'ApiConflict') throw thrown
      return
    }
    const { change, targets } = request.spec
    deps.log.info({ request: request.metadata.name, targets, from: change.from, to: change.to }, 'decided an update')
  }

  return {
    name: 'image-update',
    async observe(key) {
      const workload = deps.workload(key)
      if (workload === undefined || !deps.isLeader()) return undefined
      return observeWorkload(workload, { ...deps, lastUpdate })
    },
    decide(observed) {
      const decisions = observed.containers.map((one, at) => ({
        container: one.container,
        at,
        decision: 'error' in one ? ({ kind: 'refused', error: one.error } as const) : decideContainer(one.facts),
      }))
      return { workload: observed.workload, decisions, observed }
    },
    async propose(decided) {
      for (const entry of decided.decisions) {
        try {
          await ensureRequest(decided, entry.at)
        } catch (thrown) {
          const error = asFairleadError(thrown)
          if (error.kind !== 'terminal') throw error
          entry.decision = { kind: 'refused', error }
        }
      }
      return decided
    },
    verify: async (decided) => decided,
    async report({ workload, decisions }) {
      let requeueAfterMs: number | undefined
      for (const { container, decision } of decisions) {
        const result =
          decision.kind === 'refused' ? decision.error.code : decision.kind === 'update' ? 'selected' : decision.reason
        deps.metrics.imagePolicyChecks.inc({ result })
        await tell(workload, container, decision.kind === 'refused' ? decision.error : undefined)
        if (decision.kind === 'wait') requeueAfterMs = Math.min(requeueAfterMs ?? Infinity, decision.untilMs)
      }
      return requeueAfterMs === undefined ? {} : { requeueAfterMs }
    },
  }
}

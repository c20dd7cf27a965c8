import { type ObjectKey, objectKey, resources } from '../../api/kubernetes.ts'
import { finalPhases, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { recordApproval } from '../../core/change/approval.ts'
import { isRolledOut } from '../../core/change/rolled-out.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import { isSameName } from '../../core/manifest/helm/image-reading.ts'
import { splitImage } from '../../core/manifest/slot/image-text.ts'
import type { OlderValue } from '../../core/rollback/decide.ts'
import type { SlotPast } from '../../core/rollback/past.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { writeContendedStatus } from '../../delivery/contended-status.ts'
import { renderRollbackRequest } from '../../delivery/rollback-request.ts'
import { type TracedSlot, traceSlots } from '../../delivery/workload-slot.ts'
import { FairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, Log, OwnObjects, Registry } from '../../ports.ts'
import { type ObserveDeps, readPast } from './observe.ts'
import type { RequestSituation } from './situation.ts'

/** What a person wants to have again. */
export interface WantedRollback {
  /** The image; undefined = what ran well last, or else what Git held before. */
  to?: string | undefined
  /** Needed where several could be meant. */
  container?: string | undefined
  reason: string
  /** User name from the review. */
  by: string
}

/** Rollbacks that people ask for. Nothing has to have failed for them, and no policy or hold keeps them from it. */
export interface RollbacksByPerson {
  /**
   * The decision, before it is made: its targets tell whose rights are needed. Undefined when there is no such workload;
   * `UsageInvalid` for what Git never held there, `ValueChanged` while another way back is on its way; the refusals of tracing, and `RegistryNotFound` for what is gone.
   */
  wayBack(workload: ObjectKey, wanted: WantedRollback): Promise<UpdateRequest | undefined>
  /** Makes it; an older decision for the same way back gives way to it. */
  rollBack(request: UpdateRequest): Promise<UpdateRequest>
}

export interface RollbacksByPersonDeps extends ObserveDeps {
  own: Pick<OwnObjects, 'create' | 'updateStatus' | 'delete'>
  events: EventRecorder
  registry: Pick<Registry, 'digest'>
  situation: (request: UpdateRequest) => Promise<RequestSituation>
  clock: Clock
  log: Log
}

export function createRollbacksByPerson(deps: RollbacksByPersonDeps): RollbacksByPerson {
  const { cluster, own, events, registry, situation, clock, log } = deps

  /** The status is fairlead's alone, so only there it counts who asked. The loop has its first look at the same time. */
  const approve = (asked: UpdateRequest): Promise<UpdateRequest> =>
    writeContendedStatus(
      asked,
      (request) => {
        if (request.status?.phase === 'Approved') return undefined
        const vote = { by: request.spec.requestedBy ?? '', now: clock.now(), fourEyes: false }
        return { ...request.status, ...recordApproval(request, vote) }
      },
      { cluster, own },
    )

  return {
    async wayBack(key, { to, container, reason, by }) {
      const workload = deps.liveWorkload(objectKey(key))
      if (workload === undefined) return undefined
      const slot = chooseSlot(await traceSlots(workload, deps), { workload, to, container })
      if (to === undefined) refuseSecondWay(slot)
      const past = await readPast(slot, deps)
      const wanted = chooseValue(slot, past, to, deps)
      const image = parseImageReference(wanted)
      const digest = await registry.digest(image, image.digest ?? image.tag ?? 'latest')
      if (digest === undefined) {
        throw new FairleadError('RegistryNotFound', `the registry does not have ${wanted} any more`)
      }
      const { namespace } = workload
      const request = renderRollbackRequest({ ...slot, namespace, to: wanted, digest, why: reason, by })
      const { refusal, moved } = await situation(request)
      if (refusal !== undefined) throw refusal
      if (moved !== undefined) throw new FairleadError('ValueChanged', moved)
      return request
    },
    async rollBack(request) {
      const { namespace = '', name } = request.metadata
      const { from, to } = request.spec.change
      const known = deps.requests.ofWorkload(
        objectKey(request.spec.targets[0] ?? { kind: '', namespace: '', name: '' }),
      )
      const before = known.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
      if (before !== undefined && isSame(before, request)) return approve(before)
      if (before !== undefined) await own.delete(resources.updateRequest, namespace, name)
      const created = (await own.create(resources.updateRequest, request)) as UpdateRequest
      const approved = await approve(created)
      const by = request.spec.requestedBy ?? ''
      log.info({ request: `${namespace}/${name}`, by, from, to, reason: request.spec.reason }, 'a person rolls back')
      const message = `${by} rolls back from ${from} to ${to}: ${request.spec.reason}`
      const { apiVersion, kind } = request
      await events.record(
        { apiVersion, kind, namespace, name, uid: '' },
        { type: 'Normal', reason: 'RollbackRequested', message },
      )
      return approved
    },
  }
}

/** Asked twice by the same person, and not over. */
function isSame({ spec, status }: UpdateRequest, request: UpdateRequest): boolean {
  const isOpen = status?.phase === undefined || !finalPhases.includes(status.phase)
  return isOpen && spec.requestedBy === request.spec.requestedBy
}

/** Two who roll back at once want the same: the second must not put back what the first, or fairlead itself, took away. */
function refuseSecondWay({ trace, siblings }: TracedSlot): void {
  const isOnItsWay = (one: UpdateRequest) => one.status?.phase === 'Completed' && !isRolledOut(one)
  const first = siblings.find((one) => isRollback(one) && one.spec.change.to === trace.image && isOnItsWay(one))
  if (first === undefined) return
  const { metadata, spec } = first
  const message = `${trace.file} holds ${trace.image} already: ${metadata.namespace}/${metadata.name} rolls back from ${spec.change.from}`
  throw new FairleadError('ValueChanged', `${message}, and is on its way; to have another image name it (to)`)
}

function chooseSlot(
  slots: readonly TracedSlot[],
  { workload, to, container }: { workload: Workload; to: string | undefined; container: string | undefined },
): TracedSlot {
  const names = workload.containers.map(({ name }) => name)
  if (container !== undefined && !names.includes(container)) {
    const message = `${objectKey(workload)} has no container ${JSON.stringify(container)}; it has ${names.join(', ')}`
    throw new FairleadError('UsageInvalid', message)
  }
  const isNamed = (value: string) => to === undefined || isSameName(splitImage(value).name, splitImage(to).name)
  const fitting = slots.filter((slot) => isNamed(slot.trace.image))
  const ofContainer = fitting.filter((slot) => container === undefined || slot.containers.includes(container))
  const [slot, ...others] = ofContainer
  if (slot !== undefined && others.length === 0) return slot
  const values = slots.map((one) => `${one.containers.join(', ')}: ${one.trace.image}`).join('; ')
  const what = slot === undefined ? noneIsMeant(to, container) : 'several could be meant: name the container'
  throw new FairleadError('UsageInvalid', `${objectKey(workload)}: ${what} (${values})`)
}

/** People write a version where the whole image is wanted. */
function noneIsMeant(to: string | undefined, container: string | undefined): string {
  const where = container === undefined ? '' : ` in container ${container}`
  return to === undefined
    ? `none of its images is meant${where}`
    : `${to} is none of its images${where}; name the whole one (to)`
}

/** What Git held there before, and nothing else: another version is an update. What was taken back has to be named. */
function chooseValue(
  { workload, trace }: TracedSlot,
  { older, takenBack }: Pick<SlotPast, 'takenBack'> & { older: readonly OlderValue[] },
  to: string | undefined,
  { rollouts }: RollbacksByPersonDeps,
): string {
  const good = rollouts.get(objectKey(workload))?.state.succeededRevision ?? ''
  const chosen =
    to === undefined
      ? (older.find(({ revisions }) => revisions.includes(good)) ??
        older.find(({ image }) => !takenBack.includes(image)))
      : older.find((one) => one.image === to)
  if (chosen !== undefined) return chosen.image
  const held = older.map(({ image }) => image).join(', ') || 'nothing else'
  const past = `before that it held ${held}`
  const message =
    to === undefined && older.length > 0
      ? `${trace.file} holds ${trace.image}; ${past}, which a rollback took away: name it (to) if it is meant`
      : `${trace.file} holds ${trace.image} and never held ${to ?? 'anything before'}; ${past}`
  throw new FairleadError('UsageInvalid', message)
}

import { type ObjectKey, objectKey, resources } from '../../api/kubernetes.ts'
import { finalPhases, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { recordApproval } from '../../core/change/approval.ts'
import { isRolledOut } from '../../core/change/rolled-out.ts'
import type { RollbackWish } from '../../core/change/wish.ts'
import { isSameName } from '../../core/manifest/helm/image-reading.ts'
import { splitImage } from '../../core/manifest/slot/image-text.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { lastGoodChart } from '../../core/rollback/decide-chart.ts'
import { type SlotPast, slotPast } from '../../core/rollback/past.ts'
import { chartHistory } from '../../core/sync/helm-history.ts'
import { findServed, type ServedValueDeps } from '../../delivery/choice/served-value.ts'
import { writeContendedStatus } from '../../delivery/request/contended-status.ts'
import { renderRollbackRequest } from '../../delivery/request/rollback-request.ts'
import { type TracedSlot, traceSlots } from '../../delivery/trace/traced-slot.ts'
import { FairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, Log, OwnObjects } from '../../ports.ts'
import { readPast } from './observe.ts'
import type { ObserveChartDeps } from './observe-chart.ts'
import type { RequestSituation } from './situation.ts'

/** Rollbacks that people ask for. Nothing has to have failed for them, and no policy or hold keeps them from it. */
export interface RollbacksByPerson {
  /**
   * The decision, before it is made: its targets tell whose rights are needed. Undefined when there is no such workload;
   * `UsageInvalid` for what Git never held there, `ValueChanged` while another way back is on its way; the refusals of
   * tracing, and `RegistryNotFound` for what is gone.
   */
  wayBack(workload: ObjectKey, wish: RollbackWish): Promise<UpdateRequest | undefined>
  /** Makes it; an older decision for the same way back gives way to it. */
  rollBack(request: UpdateRequest): Promise<UpdateRequest>
}

export interface RollbacksByPersonDeps extends ObserveChartDeps, ServedValueDeps {
  own: Pick<OwnObjects, 'create' | 'updateStatus' | 'delete'>
  events: EventRecorder
  situation: (request: UpdateRequest) => Promise<RequestSituation>
  clock: Clock
  log: Log
}

export function createRollbacksByPerson(deps: RollbacksByPersonDeps): RollbacksByPerson {
  const { cluster, own, events, situation, clock, log } = deps

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
      const workload = deps.workload(objectKey(key))
      if (workload === undefined) return undefined
      const slot = chooseSlot(await traceSlots(workload, deps), { workload, to, container })
      if (to === undefined) refuseSecondWay(slot)
      const wanted = chooseValue(slot, await pastOf(slot, deps), to)
      const served = await findServed(slot.trace, wanted, deps)
      if (served === undefined) {
        throw new FairleadError('RegistryNotFound', `the registry does not have ${wanted} any more`)
      }
      const { namespace } = workload
      const { digest } = served
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

/** The place that decides an image of a workload, or the chart of a release. */
type AnySlot = TracedSlot<UpdateSubject>

/** Asked twice by the same person, and not over. */
function isSame({ spec, status }: UpdateRequest, request: UpdateRequest): boolean {
  const isOpen = status?.phase === undefined || !finalPhases.includes(status.phase)
  return isOpen && spec.requestedBy === request.spec.requestedBy
}

/** Two who roll back at once want the same: the second must not put back what the first, or fairlead itself, took away. */
function refuseSecondWay({ trace, siblings }: Pick<TracedSlot, 'trace' | 'siblings'>): void {
  const isOnItsWay = (one: UpdateRequest) => one.status?.phase === 'Completed' && !isRolledOut(one)
  const first = siblings.find((one) => isRollback(one) && one.spec.change.to === trace.image && isOnItsWay(one))
  if (first === undefined) return
  const { metadata, spec } = first
  const message = `${trace.file} holds ${trace.image} already: ${metadata.namespace}/${metadata.name} rolls back from ${spec.change.from}`
  throw new FairleadError('ValueChanged', `${message}, and is on its way; to have another image name it (to)`)
}

function chooseSlot(
  slots: readonly AnySlot[],
  { workload, to, container }: { workload: UpdateSubject; to: string | undefined; container: string | undefined },
): AnySlot {
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

interface Past extends Pick<SlotPast, 'older' | 'takenBack'> {
  /** What of it ran well last, as far as anybody knows. */
  good: string | undefined
}

async function pastOf(slot: AnySlot, deps: RollbacksByPersonDeps): Promise<Past> {
  const { kind, namespace, name } = slot.workload
  const key = objectKey(slot.workload)
  const workload = deps.liveWorkload(key)
  if (workload === undefined) {
    const past = slotPast(await deps.history({ ...slot, namespace }))
    const release = kind === 'HelmRelease' ? deps.engine.helmRelease(`${namespace}/${name}`) : undefined
    return { ...past, good: release && lastGoodChart(past.older, slot.trace.image, chartHistory(release.object)) }
  }
  const { older, takenBack } = await readPast({ ...slot, workload }, deps)
  const revision = deps.rollouts.get(key)?.state.succeededRevision ?? ''
  const good = older.find(({ revisions }) => revisions.includes(revision))?.image
  return { older: older.map(({ image }) => image), takenBack, good }
}

/** What Git held there before, and nothing else: another version is an update. What was taken back has to be named. */
function chooseValue({ trace }: AnySlot, { older, takenBack, good }: Past, to: string | undefined): string {
  const chosen =
    to === undefined ? (good ?? older.find((image) => !takenBack.includes(image))) : older.find((image) => image === to)
  if (chosen !== undefined) return chosen
  const held = older.join(', ') || 'nothing else'
  const past = `before that it held ${held}`
  const message =
    to === undefined && older.length > 0
      ? `${trace.file} holds ${trace.image}; ${past}, which a rollback took away: name it (to) if it is meant`
      : `${trace.file} holds ${trace.image} and never held ${to ?? 'anything before'}; ${past}`
  throw new FairleadError('UsageInvalid', message)
}

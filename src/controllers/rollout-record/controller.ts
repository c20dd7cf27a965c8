import { type ObjectKey, resources, workloadApiVersion } from '../../api/kubernetes.ts'
import type { WorkloadRolloutState, WorkloadRolloutStateStatus } from '../../api/workload-rollout-state.ts'
import type { CarriedChange } from '../../core/change/carrier.ts'
import { decideRecord } from '../../core/event/rollout-record.ts'
import { readRolloutRecord } from '../../core/workload/read-rollout-record.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import { isSameLook } from '../../core/workload/rollout-status.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Cluster, Log, OwnObjects } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { Outbox } from '../../runtime/outbox.ts'
import { type RolloutRecords, recordKey } from '../../runtime/rollout-records.ts'
import type { RolloutStates } from '../../runtime/rollout-states.ts'

export interface RolloutRecordDeps {
  /** By `Kind/namespace/name`. */
  workload: (key: string) => Workload | undefined
  rollouts: RolloutStates
  records: RolloutRecords
  /** The delivered change that a workload runs. */
  changeOf: (workload: Workload) => CarriedChange | undefined
  cluster: Pick<Cluster, 'get'>
  own: Pick<OwnObjects, 'create' | 'updateStatus'>
  isLeader: () => boolean
  log: Log
  /** `cluster.name` of the configuration. */
  clusterName: string
  /** Names of those who are told of transitions. */
  sinks: readonly string[]
  /** Tells them. */
  outbox: Pick<Outbox, 'offer' | 'settled' | 'messageOf'>
}

interface Observed {
  key: string
  workload: Workload
  state: RolloutState
  record: WorkloadRolloutState | undefined
}
interface Decided extends Observed {
  /** Undefined: the cluster keeps it as it is. */
  status: WorkloadRolloutStateStatus | undefined
}

const { workloadRolloutState } = resources

const alteredWords =
  'the API server keeps a WorkloadRolloutState otherwise than it was written: apply the CustomResourceDefinitions of this version'

/** Keeps what is known about rollouts in the cluster: one WorkloadRolloutState for each workload. */
export function createRolloutRecordController(
  deps: RolloutRecordDeps,
): Controller<Observed, Decided, Decided, Decided> {
  /** What came back otherwise than it was written, by workload: written again it would come back so again. */
  const altered = new Map<string, string>()
  let isTold = false

  const compare = (decided: Decided, record: WorkloadRolloutState, text: string) => {
    // What is told meanwhile may change the rest at any time.
    const told = { settled: () => undefined, messageOf: () => undefined }
    const isKept = wantedRecord({ ...decided, record }, { ...deps, ...told }) === undefined
    if (isKept) {
      altered.delete(decided.key)
      return
    }
    altered.set(decided.key, text)
    if (!isTold) deps.log.warn({ workload: decided.key }, alteredWords)
    isTold = true
  }

  return {
    name: 'rollout-record',
    async observe(key) {
      const [workload, seen] = [deps.workload(key), deps.rollouts.get(key)]
      if (workload === undefined) altered.delete(key)
      if (!deps.isLeader() || workload === undefined || seen?.state.uid !== workload.uid) return undefined
      const record = deps.records.read(workload)
      // With what is deleted its record goes, often before it: it must not come back.
      if (workload.deleting && record === undefined) return undefined
      return { key, workload, state: seen.state, record }
    },
    decide: (observed) => ({
      ...observed,
      status: wantedRecord(observed, { ...deps, settled: deps.outbox.settled, messageOf: deps.outbox.messageOf })
        ?.status,
    }),
    async propose(decided) {
      const { key, workload, record, status } = decided
      const text = JSON.stringify(status)
      if (status === undefined || altered.get(key) === text) return decided
      const written = await write(record ?? (await create(workload, deps)), status, deps)
      deps.outbox.offer(written)
      compare(decided, written, text)
      return decided
    },
    verify: async (decided) => decided,
    async report({ key, state }) {
      const seen = deps.rollouts.get(key)
      if (seen !== undefined && isSameLook(seen.state, state)) deps.rollouts.set(key, { ...seen, recorded: true })
      return {}
    },
  }
}

/** What would have to be written about a workload; undefined when the cluster keeps it as it is. */
export function wantedRecord(
  { workload, state, record }: Pick<Observed, 'workload' | 'state' | 'record'>,
  {
    changeOf,
    clusterName,
    ...told
  }: Pick<RolloutRecordDeps, 'changeOf' | 'clusterName' | 'sinks'> & Pick<Outbox, 'settled' | 'messageOf'>,
): ReturnType<typeof decideRecord> {
  const change = workload.revision === state.revision ? changeOf(workload) : undefined
  return decideRecord({
    kept: record?.status,
    state,
    workload,
    change,
    cluster: clusterName,
    sinks: told.sinks,
    settled: told.settled,
    messageOf: told.messageOf,
  })
}

/** The object without a status; one that another replica made meanwhile is as good. */
async function create(workload: Workload, deps: RolloutRecordDeps): Promise<WorkloadRolloutState> {
  const [namespace = '', name = ''] = recordKey(workload).split('/')
  const { kind, uid } = workload
  const object: WorkloadRolloutState = {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'WorkloadRolloutState',
    metadata: { namespace, name, ownerReferences: [ownerOf(workload)] },
    spec: { workloadRef: { kind, namespace, name: workload.name, uid } },
  }
  try {
    return known(await deps.own.create(workloadRolloutState, object), workload, deps)
  } catch (thrown) {
    if (asFairleadError(thrown).code !== 'ApiConflict') throw thrown
    await readAgain(workload, deps)
    throw thrown
  }
}

/** Kubernetes deletes the object with the workload of this uid, without being asked to hold the workload back. */
function ownerOf({ kind, name, uid }: ObjectKey & { uid: string }) {
  return { apiVersion: workloadApiVersion(kind), kind, name, uid, blockOwnerDeletion: false }
}

async function write(
  record: WorkloadRolloutState,
  status: WorkloadRolloutStateStatus,
  deps: RolloutRecordDeps,
): Promise<WorkloadRolloutState> {
  const { workloadRef } = record.spec
  try {
    return known(await deps.own.updateStatus(workloadRolloutState, { ...record, status }), workloadRef, deps)
  } catch (thrown) {
    const { code } = asFairleadError(thrown)
    if (code !== 'ApiConflict' && code !== 'ApiNotFound') throw thrown
    await readAgain(workloadRef, deps)
    throw code === 'ApiConflict' ? thrown : new FairleadError('ApiConflict', asFairleadError(thrown).message)
  }
}

/** Somebody was faster: what is decided next is decided from what is there now. */
async function readAgain(
  workload: ObjectKey & { uid: string },
  { cluster, records }: RolloutRecordDeps,
): Promise<void> {
  const key = recordKey(workload)
  const [namespace = '', name = ''] = key.split('/')
  const object = await cluster.get(workloadRolloutState, namespace, name)
  records.learn(key, object && readRolloutRecord(object))
}

/** What the API server answered, remembered until the watch shows it. */
function known(
  object: Parameters<typeof readRolloutRecord>[0],
  workload: ObjectKey & { uid: string },
  { records }: RolloutRecordDeps,
): WorkloadRolloutState {
  const record = readRolloutRecord(object)
  if (record === undefined) throw new FairleadError('ApiUnavailable', `the answer is no ${workloadRolloutState.kind}`)
  records.learn(recordKey(workload), record)
  return record
}

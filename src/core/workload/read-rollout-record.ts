import type { Condition } from '../../api/condition.ts'
import type { KubernetesObject, ObjectMeta } from '../../api/kubernetes.ts'
import {
  maxPendingEvents,
  type PendingEvent,
  rolloutPhases,
  type WorkloadRef,
  type WorkloadRolloutState,
  type WorkloadRolloutStateStatus,
} from '../../api/workload-rollout-state.ts'
import { longestDeadlineMs } from './deadline.ts'
import { count, field, list, text } from './field.ts'
import { defaultDeadlineMs } from './phase.ts'

/**
 * A WorkloadRolloutState as served, with nothing in it that is not needed: one is kept for every workload. Undefined when
 * it names no workload; a status that makes no sense counts as absent, so that the workload is looked at afresh.
 */
export function readRolloutRecord({ metadata, spec, status }: KubernetesObject): WorkloadRolloutState | undefined {
  const ref = readRef(field(spec, 'workloadRef'))
  if (ref === undefined) return undefined
  const read = readStatus(status)
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'WorkloadRolloutState',
    metadata: readMetadata(metadata),
    spec: { workloadRef: ref },
    ...(read !== undefined && { status: read }),
  }
}

/** What a write has to send back. Labels and annotations of others are left to the API server: a status has none. */
function readMetadata({ name, namespace, uid, resourceVersion }: ObjectMeta): ObjectMeta {
  return {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(uid !== undefined && { uid }),
    ...(resourceVersion !== undefined && { resourceVersion }),
  }
}

function readRef(value: unknown): WorkloadRef | undefined {
  const [kind, namespace, name, uid] = ['kind', 'namespace', 'name', 'uid'].map((key) => text(value, key))
  if (kind === undefined || namespace === undefined || name === undefined || uid === undefined) return undefined
  return { kind, namespace, name, uid }
}

function readStatus(status: unknown): WorkloadRolloutStateStatus | undefined {
  const phase = rolloutPhases.find((one) => one === text(status, 'phase'))
  const revision = text(status, 'revision')
  if (phase === undefined || revision === undefined) return undefined
  const pending = list(field(status, 'pending')).flatMap(readPending).slice(-maxPendingEvents)
  const dropped = count(status, 'eventsDropped') ?? 0
  return {
    revision,
    phase,
    generation: count(status, 'generation') ?? 0,
    controllerRevision: text(status, 'controllerRevision') ?? '',
    version: text(status, 'version') ?? '',
    reason: text(status, 'reason') ?? '',
    message: text(status, 'message') ?? '',
    deadlineSeconds: Math.min(count(status, 'deadlineSeconds') || defaultDeadlineMs / 1000, longestDeadlineMs / 1000),
    ...texts(status, [
      'previousVersion',
      'previousRevision',
      'liveRevision',
      'succeededRevision',
      'cause',
      'commit',
      'changeId',
      'incident',
    ]),
    ...times(status, ['startedAt', 'pausedAt', 'deadlineAt', 'finishedAt']),
    ...optional('remainingSeconds', count(status, 'remainingSeconds')),
    ...flags(status, ['recovered', 'firstSight', 'rollback']),
    ...(pending.length > 0 && { pending }),
    ...optional('slackMessage', readMessage(field(status, 'slackMessage'))),
    ...optional('conditions', readConditions(field(status, 'conditions'))),
    ...(dropped > 0 && { eventsDropped: dropped }),
  }
}

/** Ours, which tells since when; what others may have put beside it is not kept. */
function readConditions(value: unknown): Condition[] | undefined {
  const one = list(value).find((condition) => text(condition, 'type') === 'RolledOut')
  const status = conditionStatuses.find((known) => known === text(one, 'status'))
  const lastTransitionTime = time(one, 'lastTransitionTime')
  if (status === undefined || lastTransitionTime === undefined) return undefined
  const [reason = '', message = ''] = [text(one, 'reason'), text(one, 'message')]
  return [{ type: 'RolledOut', status, reason, message, lastTransitionTime, observedGeneration: 1 }]
}

const conditionStatuses = ['True', 'False', 'Unknown'] as const

function readMessage(value: unknown): WorkloadRolloutStateStatus['slackMessage'] {
  const [rollout, channel, ts] = ['rollout', 'channel', 'ts'].map((key) => text(value, key))
  return rollout === undefined || channel === undefined || ts === undefined ? undefined : { rollout, channel, ts }
}

function readPending(value: unknown): PendingEvent[] {
  const [id, at] = [text(value, 'id'), time(value, 'at')]
  const phase = rolloutPhases.find((one) => one === text(value, 'phase'))
  const sinks = list(field(value, 'sinks')).filter((one) => typeof one === 'string')
  if (id === undefined || at === undefined || phase === undefined || sinks.length === 0) return []
  return [
    {
      id,
      phase,
      at,
      sinks,
      revision: text(value, 'revision') ?? '',
      version: text(value, 'version') ?? '',
      reason: text(value, 'reason') ?? '',
      message: text(value, 'message') ?? '',
      ...texts(value, ['previousVersion', 'image', 'commit', 'changeId', 'incident']),
      ...times(value, ['startedAt', 'finishedAt']),
      ...flags(value, ['recovered', 'rollback']),
    },
  ]
}

/** Those of the named fields that are texts. */
function texts<K extends string>(value: unknown, names: readonly K[]): { [key in K]?: string } {
  return present(names, (name) => text(value, name))
}

/** Those of the named fields that are times. */
function times<K extends string>(value: unknown, names: readonly K[]): { [key in K]?: string } {
  return present(names, (name) => time(value, name))
}

function flags<K extends string>(value: unknown, names: readonly K[]): { [key in K]?: true } {
  return present(names, (name) => (field(value, name) === true ? true : undefined))
}

function optional<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return present([name], () => value)
}

function present<K extends string, V>(names: readonly K[], read: (name: K) => V | undefined): { [key in K]?: V } {
  const found: { [key in K]?: V } = {}
  for (const name of names) {
    const value = read(name)
    if (value !== undefined) found[name] = value
  }
  return found
}

function time(value: unknown, name: string): string | undefined {
  const found = text(value, name)
  return found !== undefined && /^\d{4}-/.test(found) && !Number.isNaN(Date.parse(found)) ? found : undefined
}

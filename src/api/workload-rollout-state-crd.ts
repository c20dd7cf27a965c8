import { condition, definitionOf, filled, name, type Schema, text, time } from './crd-schema.ts'
import { maxPendingEvents, rolloutPhases } from './workload-rollout-state.ts'

const phase: Schema = { type: 'string', enum: [...rolloutPhases] }
const flag: Schema = { type: 'boolean' }
const number: Schema = { type: 'integer', format: 'int64', minimum: 0 }
/** A label's value, a tag, or a digest. */
const version = text(256)
const revision = text(64, 'Hash of a pod template.')

const spec: Schema = {
  type: 'object',
  required: ['workloadRef'],
  properties: {
    workloadRef: {
      type: 'object',
      description: 'The workload. Another one of the same name has another uid, and an object of its own.',
      required: ['kind', 'namespace', 'name', 'uid'],
      properties: { kind: filled(63), namespace: filled(63), name, uid: filled(128) },
    },
  },
  'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'an object is about one workload for good' }],
}

const pendingEvent: Schema = {
  type: 'object',
  required: ['id', 'phase', 'at', 'sinks'],
  properties: {
    id: filled(64, 'The same however often it is sent.'),
    phase,
    at: time(),
    sinks: {
      type: 'array',
      description: 'Who has not taken it yet.',
      maxItems: 16,
      items: filled(63),
      'x-kubernetes-list-type': 'atomic',
    },
    revision,
    version,
    previousVersion: version,
    reason: text(128),
    message: text(256),
    startedAt: time(),
    finishedAt: time(),
    recovered: flag,
    rollback: flag,
    image: text(512),
    commit: text(64),
    changeId: text(64),
    incident: text(64, 'The incident that it opens, goes on with or ends.'),
  },
}

const status: Schema = {
  type: 'object',
  required: ['revision', 'phase'],
  properties: {
    observedGeneration: number,
    revision,
    generation: { ...number, description: 'Of the workload, when this was written.' },
    controllerRevision: text(253, "By which the workload's own controller tells two templates apart."),
    version,
    previousVersion: version,
    previousRevision: revision,
    liveRevision: text(64, 'The template that the workload has, after a revert in the cluster.'),
    succeededRevision: text(64, 'The template that rolled out successfully last.'),
    phase,
    reason: text(128),
    message: text(512),
    cause: text(128, 'Why it failed, as one word from the pods.'),
    startedAt: time(),
    pausedAt: time('Since when the clock stands still.'),
    remainingSeconds: { ...number, description: 'What was left of the deadline at pausedAt.' },
    deadlineAt: time('When the deadline falls, if nothing pauses it.'),
    deadlineSeconds: { ...number, description: 'Unpaused time after which the rollout fails.' },
    finishedAt: time(),
    recovered: { ...flag, description: 'It failed, and was completed later.' },
    firstSight: { ...flag, description: 'It was under way when it was first seen.' },
    rollback: { ...flag, description: 'It puts the template before the last one back.' },
    commit: text(64, 'Commit that brought this revision, when known.'),
    changeId: text(64, 'Fairlead-Id of the image change that brought it, when known.'),
    incident: text(64, 'Id of the first failure since the last success.'),
    pending: {
      type: 'array',
      description: 'Events that some sink has not taken yet, oldest first.',
      maxItems: maxPendingEvents,
      items: pendingEvent,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['id'],
    },
    slackMessage: {
      type: 'object',
      description: 'The message of the newest rollout that Slack was told of, to be changed in place.',
      required: ['rollout', 'channel', 'ts'],
      properties: { rollout: filled(64), channel: filled(100), ts: filled(100) },
    },
    eventsDropped: { ...number, description: 'Events given up: refused, too old or too many.' },
    conditions: {
      type: 'array',
      maxItems: 8,
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
}

export const workloadRolloutStateDefinition = definitionOf({
  kind: 'WorkloadRolloutState',
  plural: 'workloadrolloutstates',
  shortName: 'wrs',
  description: 'What is known about the newest rollout of one workload.',
  columns: [
    { name: 'Kind', type: 'string', jsonPath: '.spec.workloadRef.kind' },
    { name: 'Workload', type: 'string', jsonPath: '.spec.workloadRef.name' },
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Reason', type: 'string', jsonPath: '.status.reason' },
    { name: 'Version', type: 'string', jsonPath: '.status.version' },
    { name: 'Previous', type: 'string', jsonPath: '.status.previousVersion' },
    { name: 'Started', type: 'date', jsonPath: '.status.startedAt' },
    { name: 'Finished', type: 'date', jsonPath: '.status.finishedAt' },
    { name: 'Deadline', type: 'string', priority: 1, jsonPath: '.status.deadlineAt' },
    { name: 'Recovered', type: 'boolean', priority: 1, jsonPath: '.status.recovered' },
    { name: 'Commit', type: 'string', priority: 1, jsonPath: '.status.commit' },
    { name: 'Message', type: 'string', priority: 1, jsonPath: '.status.message' },
  ],
  spec,
  status,
})

import { condition, definitionOf, filled, name, type Schema, text, time } from './crd-schema.ts'
import { requestActions, updateRequestPhases, workloadRolloutPhases } from './update-request.ts'
import { workloadRolloutStateDefinition } from './workload-rollout-state-crd.ts'

/**
 * The CustomResourceDefinitions of fairlead's kinds, as applied to a cluster. Their types stand beside this file; the
 * limits here keep every object far below what etcd stores (1.5 MB) and its status below 32 KiB.
 */

/** Registry, repository, tag and digest together; the distribution grammar allows 255 for the name alone. */
const imageReference = (description: string) => filled(512, description)

const target: Schema = {
  type: 'object',
  required: ['kind', 'namespace', 'name', 'container'],
  properties: { kind: filled(63), namespace: filled(63), name, container: filled(63) },
}

const change: Schema = {
  type: 'object',
  required: ['repository', 'branch', 'path', 'keyPath', 'from', 'to'],
  properties: {
    repository: filled(2048, 'Normalised URL of the Git repository.'),
    branch: filled(255),
    path: filled(1024, 'File in the repository.'),
    keyPath: filled(1024, 'Where in the file: index of the document, then the path of keys.'),
    from: imageReference('Image reference, or chart and version, as it stands in Git now.'),
    to: imageReference('Image reference, or chart and version, wanted.'),
    digest: {
      ...text(71, 'Manifest digest of what is wanted; a chart that an index lists has none.'),
      pattern: '^sha256:[0-9a-f]{64}$',
    },
  },
  'x-kubernetes-validations': [
    {
      rule: "!self.path.startsWith('/') && !self.path.split('/').exists(part, part == '..')",
      message: 'path must stay inside the repository',
    },
  ],
}

const updateRequestSpec: Schema = {
  type: 'object',
  description: 'One decision to change one image slot in Git.',
  required: ['targets', 'change', 'policy', 'reason', 'requireApproval'],
  properties: {
    targets: {
      type: 'array',
      description: 'Every container that the image slot decides. The object lives in the namespace of the first.',
      minItems: 1,
      maxItems: 64,
      items: target,
      'x-kubernetes-list-type': 'atomic',
    },
    change,
    action: { type: 'string', enum: [...requestActions], description: 'Absent = update.' },
    requestedBy: text(1024, 'Who asked for a rollback, from the TokenReview; absent = fairlead itself.'),
    policy: text(1024, 'The policy that chose, in words.'),
    reason: text(253, 'Why it was chosen.'),
    requireApproval: { type: 'boolean' },
    expiresAt: time('Without it the request never expires.'),
  },
  'x-kubernetes-validations': [
    { rule: 'self == oldSelf', message: 'a decision is never edited; delete it and a new one is made' },
  ],
}

const updateRequestStatus: Schema = {
  type: 'object',
  properties: {
    phase: {
      type: 'string',
      enum: [...updateRequestPhases],
    },
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    approvals: {
      type: 'array',
      description: 'Every approval so far, one for each identity, oldest first.',
      maxItems: 8,
      items: {
        type: 'object',
        required: ['by', 'at'],
        properties: { by: filled(1024, 'User name, from the TokenReview.'), at: time() },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['by'],
    },
    approvedBy: text(1024, 'Who made the approval complete.'),
    approvedAt: time(),
    rejectedBy: text(1024),
    rejectedAt: time(),
    message: text(8192),
    verdicts: {
      type: 'object',
      description: 'How many tags got which verdict.',
      maxProperties: 32,
      additionalProperties: { type: 'integer', format: 'int64', minimum: 0 },
    },
    candidates: {
      type: 'array',
      description: 'The tags nearest to the choice, newest first.',
      maxItems: 20,
      items: {
        type: 'object',
        required: ['tag', 'verdict'],
        properties: { tag: text(128), verdict: text(63) },
      },
      'x-kubernetes-list-type': 'atomic',
    },
    commit: text(64, 'Commit on the branch, as read back from the remote.'),
    pullRequest: {
      type: 'object',
      required: ['number', 'url'],
      properties: { number: { type: 'integer', format: 'int64', minimum: 1 }, url: text(2048) },
    },
    lastGood: {
      type: 'array',
      description: 'The templates that had last rolled out successfully when it was delivered.',
      maxItems: 64,
      items: {
        type: 'object',
        required: ['workload', 'revision'],
        properties: { workload: filled(600, 'Kind/namespace/name.'), revision: text(16) },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['workload'],
    },
    rollouts: {
      type: 'array',
      description: 'What became of it for each workload of its targets.',
      maxItems: 64,
      items: {
        type: 'object',
        required: ['workload', 'phase'],
        properties: {
          workload: filled(600, 'Kind/namespace/name.'),
          phase: { type: 'string', enum: [...workloadRolloutPhases] },
          message: text(200),
          startedAt: time(),
          finishedAt: time(),
        },
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['workload'],
    },
    conditions: {
      type: 'array',
      maxItems: 8,
      items: condition,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    },
  },
}

/** Schemas of an UpdateRequest's parts, for those who describe it elsewhere. */
export const updateRequestSchemas: Readonly<Record<'spec' | 'status', object>> = {
  spec: updateRequestSpec,
  status: updateRequestStatus,
}

const updateRequest = definitionOf({
  kind: 'UpdateRequest',
  plural: 'updaterequests',
  shortName: 'fur',
  description: 'One decision to change one image slot in Git. Every decision is one, approved or not.',
  columns: [
    { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Progressing")].reason' },
    { name: 'Action', type: 'string', priority: 1, jsonPath: '.spec.action' },
    { name: 'Kind', type: 'string', jsonPath: '.spec.targets[0].kind' },
    { name: 'Workload', type: 'string', jsonPath: '.spec.targets[0].name' },
    { name: 'From', type: 'string', jsonPath: '.spec.change.from' },
    { name: 'To', type: 'string', jsonPath: '.spec.change.to' },
    { name: 'Pull-Request', type: 'integer', jsonPath: '.status.pullRequest.number' },
    { name: 'Needs-Approval', type: 'boolean', priority: 1, jsonPath: '.spec.requireApproval' },
    { name: 'Policy', type: 'string', priority: 1, jsonPath: '.spec.policy' },
    { name: 'Approved-By', type: 'string', priority: 1, jsonPath: '.status.approvedBy' },
    { name: 'Commit', type: 'string', priority: 1, jsonPath: '.status.commit' },
    { name: 'URL', type: 'string', priority: 1, jsonPath: '.status.pullRequest.url' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec: updateRequestSpec,
  status: updateRequestStatus,
})

/** A CustomResourceDefinition, with what is needed to name its file. */
export interface CustomResourceDefinition {
  metadata: { name: string }
  spec: { group: string; names: { plural: string } }
}

/** All CustomResourceDefinitions, in the order in which they are printed. */
export const customResourceDefinitions: readonly CustomResourceDefinition[] = [
  updateRequest,
  workloadRolloutStateDefinition,
]

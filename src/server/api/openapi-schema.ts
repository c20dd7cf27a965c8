import { requestActions, workloadRolloutPhases } from '../../api/update-request.ts'

/** Schemas of what the API takes and gives, beside those of the kinds. */

const text = { type: 'string' } as const
const time = { ...text, format: 'date-time' } as const
const texts = { type: 'array', items: text } as const
const digest = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' } as const
const approver = { ...text, description: 'Ignored: who approves, the token says.' } as const
const awaitedState = { enum: ['rolled_out', 'failed', 'waiting'] } as const
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const object = (properties: object, required: readonly string[]) => ({ type: 'object', required, properties })

export const openApiSchemas = {
  Problem: object({ error: object({ code: text, message: text }, ['code', 'message']) }, ['error']),
  Approval: {
    ...object({ digest: { ...digest, description: 'The digest that was seen.' }, approver }, []),
    additionalProperties: false,
  },
  Rejection: {
    ...object({ reason: { ...text, minLength: 1, maxLength: 1024 }, digest, approver }, ['reason']),
    additionalProperties: false,
  },
  Hold: {
    ...object({ reason: { ...text, minLength: 1, maxLength: 253, description: 'One line.' } }, ['reason']),
    additionalProperties: false,
  },
  Release: {
    ...object({ reason: { ...text, maxLength: 253, description: 'One line; for the commit message.' } }, []),
    additionalProperties: false,
  },
  Rollback: {
    ...object(
      {
        to: { ...text, maxLength: 512, description: 'An image that Git held there; default: what ran well last.' },
        container: { ...text, description: 'Needed where several images could be meant.' },
        reason: { ...text, minLength: 1, maxLength: 253 },
      },
      ['reason'],
    ),
    additionalProperties: false,
  },
  UpdateRequest: object(
    {
      apiVersion: text,
      kind: text,
      metadata: object({ name: text, namespace: text, uid: text, resourceVersion: text, creationTimestamp: text }, [
        'name',
        'namespace',
      ]),
      spec: ref('UpdateRequestSpec'),
      status: ref('UpdateRequestStatus'),
    },
    ['apiVersion', 'kind', 'metadata', 'spec'],
  ),
  UpdateRequestPage: object({ items: { type: 'array', items: ref('UpdateRequest') }, continue: text }, ['items']),
  UpdatePlan: object({ request: ref('UpdateRequest'), plan: ref('ChangePreview') }, ['request', 'plan']),
  ChangePreview: object(
    {
      result: { enum: ['change', 'settled', 'refused'] },
      repository: text,
      branch: text,
      base: { ...text, description: 'Head of the branch that it is planned on.' },
      commit: {
        ...text,
        description: 'The commit that would be pushed onto that head; absent when the host makes it.',
      },
      tree: text,
      message: text,
      diff: text,
      refusal: object({ code: text, message: text, evidence: texts }, ['code', 'message', 'evidence']),
    },
    ['result', 'repository', 'branch'],
  ),
  HoldReport: object(
    {
      ...{ kind: text, namespace: text, name: text },
      action: { enum: ['hold', 'release'] },
      result: {
        enum: ['committed', 'proposed', 'unchanged'],
        description: 'proposed: a pull request waits to be merged. unchanged: there was nothing to do.',
      },
      ...{ message: text, repository: text, branch: text, file: text, commit: text },
      pullRequest: object({ number: { type: 'integer' }, url: text }, ['number', 'url']),
      released: { ...texts, description: 'Versions that had been put back and may be chosen again.' },
    },
    ['kind', 'namespace', 'name', 'action', 'result', 'message', 'repository', 'branch', 'file'],
  ),
  WorkloadExplanation: object(
    { kind: text, namespace: text, name: text, containers: { type: 'array', items: ref('ContainerExplanation') } },
    ['kind', 'namespace', 'name', 'containers'],
  ),
  ContainerExplanation: object(
    {
      container: text,
      image: text,
      gates: { type: 'array', items: ref('Gate') },
      verdicts: { type: 'object', additionalProperties: { type: 'integer' } },
      candidates: { type: 'array', items: object({ tag: text, verdict: text }, ['tag', 'verdict']) },
      updateRequest: { ...text, description: 'namespace/name' },
    },
    ['container', 'image', 'gates'],
  ),
  WorkloadReport: object(
    {
      ...{ kind: text, namespace: text, name: text, version: text, previousVersion: text, revision: text },
      images: { type: 'array', items: object({ container: text, image: text }, ['container', 'image']) },
      phase: { enum: ['rolling_out', 'success', 'failed', 'unknown'] },
      ...{ reason: text, message: text },
      since: { ...time, description: 'When the phase began; absent when nobody saw it begin.' },
      ...{ startedAt: time, finishedAt: time },
      deadlineAt: { ...time, description: 'When the rollout fails unless it is done or paused.' },
      recovered: { type: 'boolean', description: 'It had failed before it was a success.' },
      commit: { ...text, description: 'That put what runs; absent when it was none that fairlead knows.' },
      updateRequest: { ...text, description: 'namespace/name' },
      hold: { ...text, description: 'Why nothing is changed; absent when the live object has no hold.' },
      notPutBack: {
        ...object({ reason: text, message: text }, ['reason', 'message']),
        description: 'Why what failed is not put back, as far as the request that brought it says so.',
      },
      waiting: { type: 'array', maxItems: 20, items: ref('WaitingUpdate') },
    },
    [
      'kind',
      'namespace',
      'name',
      'version',
      'images',
      'revision',
      'phase',
      'reason',
      'message',
      'recovered',
      'waiting',
    ],
  ),
  WorkloadReportPage: object({ items: { type: 'array', items: ref('WorkloadReport') }, continue: text }, ['items']),
  WaitingUpdate: object(
    {
      updateRequest: { ...text, description: 'namespace/name' },
      to: text,
      phase: { enum: ['Pending', 'Approved', 'Completed'] },
      ...{ reason: text, message: text },
      since: { ...time, description: 'When it was decided, or when its commit reached the branch.' },
    },
    ['updateRequest', 'to', 'phase', 'reason', 'message'],
  ),
  UpdateHistoryEntry: object(
    {
      updateRequest: { ...text, description: 'namespace/name' },
      at: { ...text, description: 'When it was decided.' },
      action: { enum: [...requestActions] },
      requestedBy: { ...text, description: 'Who asked for a rollback; absent when it was fairlead itself.' },
      ...{ from: text, to: text, digest, policy: text, reason: text, phase: text, message: text },
      ...{ repository: text, branch: text, commit: text, pushedAt: time },
      pullRequest: object({ number: { type: 'integer' }, url: text }, ['number', 'url']),
      ...{ approvedBy: text, approvedAt: time, rejectedBy: text, rejectedAt: time },
      notApplied: {
        ...object({ reason: text, message: text }, ['reason', 'message']),
        description: 'Why the engine has not applied the commit; absent when it has, or never will.',
      },
      workloads: { type: 'array', items: ref('WorkloadOutcome') },
    },
    [
      'updateRequest',
      'at',
      'action',
      'from',
      'to',
      'policy',
      'reason',
      'phase',
      'message',
      'repository',
      'branch',
      'workloads',
    ],
  ),
  UpdateHistoryPage: object({ items: { type: 'array', items: ref('UpdateHistoryEntry') }, continue: text }, ['items']),
  CommitReport: object(
    {
      commit: { ...text, description: 'All 40 digits.' },
      state: awaitedState,
      message: text,
      objects: { type: 'array', items: ref('EngineState'), description: 'That decide about the workloads.' },
      workloads: {
        type: 'array',
        items: object({ workload: text, state: awaitedState, message: text }, ['workload', 'state', 'message']),
      },
    },
    ['commit', 'state', 'message', 'objects', 'workloads'],
  ),
  EngineState: object(
    {
      engine: { enum: ['flux', 'argocd'] },
      object: { ...text, description: 'Kind/namespace/name' },
      state: { enum: ['pending', 'seen', 'applied', 'superseded', 'blocked', 'failed', 'unknown'] },
      ...{ reason: text, message: text },
      revision: { ...text, description: 'That this rests on, as the engine wrote it; may be empty.' },
    },
    ['engine', 'object', 'state', 'reason', 'message', 'revision'],
  ),
  WorkloadOutcome: object(
    {
      workload: { ...text, description: 'Kind/namespace/name' },
      phase: { enum: [...workloadRolloutPhases] },
      ...{ message: text, startedAt: time, finishedAt: time },
    },
    ['workload'],
  ),
  Gate: object(
    {
      gate: text,
      verdict: { enum: ['pass', 'wait', 'stop', 'unknown'] },
      reason: text,
      message: text,
      evidence: texts,
      until: time,
    },
    ['gate', 'verdict', 'reason', 'message'],
  ),
} as const

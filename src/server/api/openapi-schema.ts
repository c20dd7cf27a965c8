/** Schemas of what the API takes and gives, beside those of the kinds. */

const text = { type: 'string' } as const
const texts = { type: 'array', items: text } as const
const digest = { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' } as const
const approver = { ...text, description: 'Ignored: who approves, the token says.' } as const
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
  Gate: object(
    {
      gate: text,
      verdict: { enum: ['pass', 'wait', 'stop', 'unknown'] },
      reason: text,
      message: text,
      evidence: texts,
      until: { ...text, format: 'date-time' },
    },
    ['gate', 'verdict', 'reason', 'message'],
  ),
} as const

import { updateRequestSchemas } from '../../api/crd.ts'
import { updateRequestPhases } from '../../api/update-request.ts'
import { openApiSchemas } from './openapi-schema.ts'

const text = { type: 'string' } as const
const pathParameters = ['namespace', 'name'].map((name) => ({ name, in: 'path', required: true, schema: text }))
const workloadParameters = ['namespace', 'kind', 'name'].map((name) => ({
  name,
  in: 'path',
  required: true,
  schema: text,
}))
const query = (name: string, description: string, required = false, schema: object = text) => ({
  name,
  in: 'query',
  required,
  description,
  schema,
})
const paging = [
  query('limit', 'At most so many; default 100.', false, { type: 'integer', minimum: 1, maximum: 500 }),
  query('continue', 'Of the page before.'),
]
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const content = (schema: object) => ({ 'application/json': { schema } })
const etag = { ETag: { description: 'Names the whole change; send it back in If-Match.', schema: text } }

const problems: Readonly<Record<string, string>> = {
  400: 'A parameter or the body is malformed.',
  401: 'No token, or one that the cluster does not know.',
  403: 'The right is missing in the namespace, or in that of a target.',
  404: 'There is no such object.',
  409: 'It is not Pending (NotPending), or not the change that was seen (SeenDiffers), or not made by fairlead (RequestInvalid); or what decides the image cannot be changed, by the code of the refusal.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'Too many calls at once; Retry-After says how long to wait.',
  503: 'Nobody leads, or the API server does not answer; Retry-After says how long to wait.',
}

/** What may come of a change that somebody asks for. */
const actionProblems = [400, 401, 403, 404, 409, 413, 415, 429, 503]
const bodies = { rollback: 'Rollback', hold: 'Hold', release: 'Release' } as const

function neededRight(right: string): string {
  return `Needs the right to \`update\` \`updaterequests/${right}\` in the namespace of every target.`
}

function answers(schema: object, codes: readonly number[], headers?: object): object {
  return {
    200: { description: 'Done.', content: content(schema), ...(headers !== undefined && { headers }) },
    ...Object.fromEntries(
      codes.map((code) => [code, { description: problems[code], content: content(ref('Problem')) }]),
    ),
  }
}

function decision(operationId: string, summary: string, body: string, isRequired: boolean): object {
  const ifMatch = {
    name: 'If-Match',
    in: 'header',
    description: 'The ETag of a read, or the digest in double quotes.',
    schema: text,
  }
  return {
    operationId,
    summary,
    description: neededRight('approve'),
    parameters: [...pathParameters, ifMatch],
    requestBody: { required: isRequired, content: content(ref(body)) },
    responses: answers(ref('UpdateRequest'), actionProblems, etag),
  }
}

/** What a person has done to a workload in Git. */
function workloadAction(action: 'rollback' | 'hold' | 'release', summary: string): object {
  return {
    operationId: `${action}Workload`,
    summary,
    description: neededRight(action),
    parameters: workloadParameters,
    requestBody: { required: action !== 'release', content: content(ref(bodies[action])) },
    responses: answers(ref('HoldReport'), actionProblems),
  }
}

/** `/api/v1/openapi.json`. A test holds its paths against the routes. */
export const openApiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'fairlead',
    version: 'v1',
    description:
      'Workloads and the decisions about their images: read them, see what they would push, approve and reject them. ' +
      'Senders prove who ' +
      'they are by a token of the cluster; reads need the right to `get` `updaterequests.fairlead.dev`.',
  },
  security: [{ bearer: [] }],
  paths: {
    '/health': {
      get: { operationId: 'health', summary: 'The process answers.', security: [], responses: answers({}, []) },
    },
    '/api/v1/openapi.json': {
      get: { operationId: 'openapi', summary: 'This document.', security: [], responses: answers({}, []) },
    },
    '/api/v1/updates': {
      get: {
        operationId: 'listUpdates',
        summary: 'UpdateRequests, ordered by namespace and name.',
        parameters: [
          query('namespace', 'Only of this namespace; without it the right is needed in every namespace.'),
          query('phase', 'Only in this phase.', false, { type: 'string', enum: [...updateRequestPhases] }),
          ...paging,
        ],
        responses: answers(ref('UpdateRequestPage'), [400, 401, 403, 429, 503]),
      },
    },
    '/api/v1/updates/{namespace}/{name}': {
      get: {
        operationId: 'readUpdate',
        summary: 'One UpdateRequest.',
        parameters: pathParameters,
        responses: answers(ref('UpdateRequest'), [401, 403, 404, 429, 503], etag),
      },
    },
    '/api/v1/updates/{namespace}/{name}/plan': {
      get: {
        operationId: 'planUpdate',
        summary: 'What would be pushed now: the diff and the very commit.',
        parameters: pathParameters,
        responses: answers(ref('UpdatePlan'), [401, 403, 404, 409, 429, 503], etag),
      },
    },
    '/api/v1/updates/{namespace}/{name}/approve': {
      post: decision(
        'approveUpdate',
        'Approve this change, for this digest; a pull request that holds it is merged.',
        'Approval',
        false,
      ),
    },
    '/api/v1/updates/{namespace}/{name}/reject': {
      post: decision(
        'rejectUpdate',
        'Refuse this version until a newer one lands; its pull request is closed.',
        'Rejection',
        true,
      ),
    },
    '/api/v1/workloads/{namespace}/{kind}/{name}/rollback': {
      post: {
        ...workloadAction('rollback', 'Put back the image that ran well last, or another that Git held there before.'),
        operationId: 'rollBackWorkload',
        description: `Of a HelmRelease or Application the version of its chart. ${neededRight('rollback')}`,
        responses: answers(ref('UpdateRequest'), actionProblems, etag),
      },
    },
    '/api/v1/workloads/{namespace}/{kind}/{name}/hold': {
      post: workloadAction(
        'hold',
        'Write fairlead.dev/hold into the manifest in Git; until it is released nothing is proposed.',
      ),
    },
    '/api/v1/workloads/{namespace}/{kind}/{name}/release': {
      post: workloadAction(
        'release',
        'Take the hold out of the manifest, and let versions be chosen again that were put back.',
      ),
    },
    '/api/v1/workloads': {
      get: {
        operationId: 'listWorkloads',
        summary: 'The watched workloads, ordered by namespace, name and kind: version, phase, commit, what waits.',
        parameters: [
          query('namespace', 'Only of this namespace; without it the right is needed in every namespace.'),
          query('kind', 'Only of this kind.'),
          query('name', 'Only with this name.'),
          query('image', 'Only those that run this image.'),
          query('phase', 'Only in this phase.', false, {
            type: 'string',
            enum: ['rolling_out', 'success', 'failed', 'unknown'],
          }),
          ...paging,
        ],
        responses: answers(ref('WorkloadReportPage'), [400, 401, 403, 429, 503]),
      },
    },
    '/api/v1/history': {
      get: {
        operationId: 'listHistory',
        summary: 'Decisions, the newest first: what was changed, by whom, and what became of it.',
        description: 'As far as their UpdateRequests are kept; the commits in Git are kept for ever.',
        parameters: [
          query('namespace', 'Only about workloads of this namespace; without it the right is needed in every one.'),
          query('kind', 'Only about this workload, together with namespace and name.'),
          query('name', 'Only about this workload, together with namespace and kind.'),
          query('commit', 'Only what this commit changed, by all 40 hex digits.'),
          query('image', 'Only changes to this image, or to this chart and version.'),
          ...paging,
        ],
        responses: answers(ref('UpdateHistoryPage'), [400, 401, 403, 429, 503]),
      },
    },
    '/api/v1/commits/{commit}': {
      get: {
        operationId: 'readCommit',
        summary: 'How far any commit of a configured repository has come, in the engines and in the workloads.',
        description:
          'Of all workloads that come from its branch, of a namespace, or of one; rolled_out when the engines have ' +
          'applied it and none of them rolls out or has failed.',
        parameters: [
          {
            ...{ name: 'commit', in: 'path', required: true, schema: { ...text, pattern: '^[0-9a-fA-F]{7,40}$' } },
            description: 'Fewer than 40 digits when no other known commit begins so.',
          },
          query('namespace', 'Only its workloads; without it the right is needed in every namespace.'),
          query('kind', 'Only this workload, together with namespace and name.'),
          query('name', 'Only this workload, together with namespace and kind.'),
        ],
        responses: answers(ref('CommitReport'), [400, 401, 403, 404, 429, 503]),
      },
    },
    '/api/v1/explain': {
      get: {
        operationId: 'explainWorkload',
        summary: 'Why the image of a workload is (not) updated.',
        parameters: [
          query('namespace', 'Of the workload.', true),
          query('kind', 'Deployment, StatefulSet, DaemonSet or Rollout (of Argo Rollouts).', true),
          query('name', 'Of the workload.', true),
          query('container', 'Only this one.'),
        ],
        responses: answers(ref('WorkloadExplanation'), [400, 401, 403, 404, 429, 503]),
      },
    },
  },
  components: {
    securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    schemas: {
      ...openApiSchemas,
      UpdateRequestSpec: updateRequestSchemas.spec,
      UpdateRequestStatus: updateRequestSchemas.status,
    },
  },
}

import { z } from 'zod'
import { sanitiseLine } from '../../core/change/text.ts'
import type { OutcomeState, Outcomes } from '../../ports-repository-host.ts'
import { longestDescription } from './commit-status.ts'
import type { HostedRepository } from './repository.ts'
import { deploymentSchema, deploymentStatusSchema } from './schema.ts'

type Deployment = Parameters<Outcomes['deployment']>[0]

/** Tells our deployments from those of others. */
const task = 'fairlead'
const needs = 'Deployments: write'
/** A rollout that is under way; GitHub keeps `pending` for what has not begun. */
const states = { pending: 'in_progress', success: 'success', failure: 'failure' } as const satisfies Record<
  OutcomeState,
  string
>

/** One deployment per revision and environment, with a new status only when the host has another one. */
export async function writeDeployment(application: HostedRepository, deployment: Deployment): Promise<void> {
  const id = (await findDeployment(application, deployment)) ?? (await createDeployment(application, deployment))
  const state = states[deployment.state]
  const description = sanitiseLine(deployment.text, longestDescription)
  const newest = await readStatus(application, id)
  if (newest?.state === state && (newest.description ?? '') === description) return
  const deed = { words: `writing the status of deployment ${id}`, needs }
  await application.send(deed, ({ rest }) =>
    rest.repos.createDeploymentStatus({ ...application.place, deployment_id: id, state, description }),
  )
}

async function findDeployment(
  { place, send, parse }: HostedRepository,
  { revision, environment }: Deployment,
): Promise<number | undefined> {
  const deed = { words: `looking for deployments of ${revision.slice(0, 12)}`, needs }
  const answer = await send(deed, ({ rest }) =>
    rest.repos.listDeployments({ ...place, sha: revision, environment, task, per_page: 1 }),
  )
  return parse(deed, z.array(deploymentSchema), answer)[0]?.id
}

/** Neither checks nor a merge of the base branch are asked for: it is deployed already. */
async function createDeployment(
  { place, send, parse }: HostedRepository,
  { revision, environment }: Deployment,
): Promise<number> {
  const deed = { words: `telling the deployment of ${revision.slice(0, 12)}`, needs }
  const answer = await send(deed, ({ rest }) =>
    rest.repos.createDeployment({
      ...place,
      ref: revision,
      task,
      environment,
      auto_merge: false,
      required_contexts: [],
      description: 'Told by fairlead',
    }),
  )
  return parse(deed, deploymentSchema, answer).id
}

async function readStatus({ place, send, parse }: HostedRepository, id: number) {
  const deed = { words: `reading the statuses of deployment ${id}`, needs }
  const answer = await send(deed, ({ rest }) =>
    rest.repos.listDeploymentStatuses({ ...place, deployment_id: id, per_page: 1 }),
  )
  return parse(deed, z.array(deploymentStatusSchema), answer)[0]
}

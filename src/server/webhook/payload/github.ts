import { z } from 'zod'
import { FairleadError } from '../../../errors.ts'
import { parsePayload } from '../../json-body.ts'
import type { Told } from '../news.ts'
import { parseGitHubPackage } from './ghcr.ts'
import { type Delivery, type PayloadParser, word } from './parser.ts'

/** Where GitHub writes the kind of event; the body alone does not always tell. */
export const githubEventHeader = 'x-github-event'

const branchName = z.string().max(255)
const repositoryName = z.string().max(255)
const inRepository = { repository: z.object({ full_name: repositoryName, clone_url: z.string().max(2048) }) }

const pushSchema = z.object({ ...inRepository, ref: z.string().max(300) })

const pullRequestSchema = z.object({
  ...inRepository,
  pull_request: z.object({
    number: z.int().positive(),
    head: z.object({ ref: branchName, repo: z.object({ full_name: repositoryName }).nullish() }),
  }),
})

const suite = z.object({ head_branch: word })
const checkSchema = z.object({
  ...inRepository,
  action: word,
  check_suite: suite.nullish(),
  check_run: z.object({ check_suite: suite.nullish() }).nullish(),
})

const statusSchema = z.object({
  ...inRepository,
  state: word,
  branches: z.array(z.object({ name: branchName })).max(100),
})

/** By event. Sources: GitHub documentation, "Webhook events and payloads", and octokit/webhooks, payload-examples. */
const readers: ReadonlyMap<string, (payload: unknown, delivery: Delivery) => readonly Told[]> = new Map([
  ['push', readPush],
  ['pull_request', readPullRequest],
  ['pull_request_review', readPullRequest],
  ['check_suite', readCheck],
  ['check_run', readCheck],
  ['status', readStatus],
  ['package', parseGitHubPackage],
  ['registry_package', parseGitHubPackage],
])

/**
 * Everything GitHub tells about images, branches and pull requests; every other event, `ping` too, is no news. What an
 * event says has happened is never passed on, only what it is about: it may be late, repeated or forged by its header.
 */
export const parseGitHubEvent: PayloadParser = (payload, delivery) => {
  const event = delivery.header(githubEventHeader)
  if (!event) throw new FairleadError('UsageInvalid', 'X-GitHub-Event has to say once what the body is about')
  return readers.get(event)?.(payload, delivery) ?? []
}

/** Also of a branch that is new or was deleted. Tags are none of our business. */
function readPush(payload: unknown): readonly Told[] {
  const { ref, repository } = parsePayload(pushSchema, payload)
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1]
  return branch === undefined ? [] : [{ address: repository.clone_url, about: 'branch', branch }]
}

/** One from a fork is never ours, whatever its branch is called. */
function readPullRequest(payload: unknown): readonly Told[] {
  const { pull_request: pullRequest, repository } = parsePayload(pullRequestSchema, payload)
  const { number, head } = pullRequest
  if (head.repo?.full_name !== repository.full_name) return []
  return [{ address: repository.clone_url, about: 'pull-request', branch: head.ref, pullRequest: number }]
}

/** Only an end changes what may be merged. The pull requests they list may be those of other repositories. */
function readCheck(payload: unknown): readonly Told[] {
  const { action, check_run: run, check_suite: checked, repository } = parsePayload(checkSchema, payload)
  const branch = (run?.check_suite ?? checked)?.head_branch
  return action === 'completed' && branch ? [{ address: repository.clone_url, about: 'pull-request', branch }] : []
}

/** GitHub names ten branches at most whose head is the commit. */
function readStatus(payload: unknown): readonly Told[] {
  const { state, branches, repository } = parsePayload(statusSchema, payload)
  if (state === 'pending') return []
  return branches.map(({ name }) => ({ address: repository.clone_url, about: 'pull-request', branch: name }))
}

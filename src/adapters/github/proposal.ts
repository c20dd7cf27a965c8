import { FairleadError } from '../../errors.ts'
import type { PullRequest, PullRequestAudience, PullRequestDraft } from '../../ports-repository-host.ts'
import { inLane } from './client.ts'
import type { Refusal } from './error.ts'
import { listed } from './pull-request.ts'
import type { HostedRepository } from './repository.ts'
import { assignedSchema, pullSchema } from './schema.ts'

/** Opening a pull request and changing it. */

const writing = { needs: 'Pull requests: write' }
const lane = inLane('merge')

export async function openPullRequest(repository: HostedRepository, draft: PullRequestDraft): Promise<PullRequest> {
  const deed = { words: `opening a pull request of ${draft.branch} into ${draft.base}`, ...writing }
  const answer = await repository.send<never>(
    deed,
    ({ rest }) =>
      rest.pulls.create({
        ...repository.place,
        ...lane,
        head: draft.branch,
        base: draft.base,
        title: draft.title,
        body: draft.body,
        draft: draft.isDraft,
      }),
    (refusal) => refuseDraft(refusal, `${repository.name}: ${deed.words}`),
  )
  return listed(repository.parse(deed, pullSchema, answer))
}

/** Source: GitHub's REST documents, "Create a pull request", and the texts of its 422. */
function refuseDraft({ status, words }: Refusal, what: string): undefined {
  if (status !== 422) return undefined
  if (/pull request already exists/i.test(words))
    throw new FairleadError('PullRequestExists', `${what}: one is open already; it is taken over`)
  if (/no commits between/i.test(words))
    throw new FairleadError('NothingToMerge', `${what}: the branch holds nothing that its base lacks`)
  if (/\b(?:head|base) invalid\b/i.test(words))
    throw new FairleadError('HostNotFound', `${what}: one of the branches is not there any more (${words})`)
  return undefined
}

/** Adds what is asked for, and leaves out whom the host does not know. */
export async function addressPullRequest(
  repository: HostedRepository,
  number: number,
  { labels, reviewers, teamReviewers, assignees }: PullRequestAudience,
): Promise<void> {
  if (labels.length > 0) await addLabels(repository, number, labels)
  if (reviewers.length + teamReviewers.length > 0) await askReviewers(repository, number, { reviewers, teamReviewers })
  if (assignees.length > 0) await addAssignees(repository, number, assignees)
}

async function addLabels(repository: HostedRepository, number: number, labels: readonly string[]): Promise<void> {
  await repository.send({ words: `labelling pull request ${number}`, ...writing }, ({ rest }) =>
    rest.issues.addLabels({ ...repository.place, ...lane, issue_number: number, labels: [...labels] }),
  )
}

interface Reviewers {
  reviewers: readonly string[]
  teamReviewers: readonly string[]
}

/** The host refuses all of them for the sake of one, so they are asked for one by one then. */
async function askReviewers(repository: HostedRepository, number: number, all: Reviewers): Promise<void> {
  if (await requestReview(repository, number, all)) return
  const each = [
    ...all.reviewers.map((name) => ({ name, one: { reviewers: [name], teamReviewers: [] } })),
    ...all.teamReviewers.map((name) => ({ name, one: { reviewers: [], teamReviewers: [name] } })),
  ]
  for (const { name, one } of each) {
    const isKnown = await requestReview(repository, number, one)
    if (!isKnown) leftOut(repository, number, name, 'reviewer')
  }
}

/** False when the host does not take one of them. */
async function requestReview(
  repository: HostedRepository,
  number: number,
  { reviewers, teamReviewers }: Reviewers,
): Promise<boolean> {
  const answer = await repository.send(
    { words: `asking for reviews of pull request ${number}`, ...writing },
    ({ rest }) =>
      rest.pulls.requestReviewers({
        ...repository.place,
        ...lane,
        pull_number: number,
        reviewers: [...reviewers],
        team_reviewers: [...teamReviewers],
      }),
    ({ status }) => (status === 422 ? 'refused' : undefined),
  )
  return answer !== 'refused'
}

/** The host takes those it knows and says nothing about the others. */
async function addAssignees(repository: HostedRepository, number: number, wanted: readonly string[]): Promise<void> {
  const deed = { words: `assigning pull request ${number}`, ...writing }
  const answer = await repository.send(deed, ({ rest }) =>
    rest.issues.addAssignees({ ...repository.place, ...lane, issue_number: number, assignees: [...wanted] }),
  )
  const taken = (repository.parse(deed, assignedSchema, answer).assignees ?? []).map((one) => one.login.toLowerCase())
  for (const name of wanted.filter((one) => !taken.includes(one.toLowerCase())))
    leftOut(repository, number, name, 'assignee')
}

function leftOut({ name: repository, log }: HostedRepository, number: number, who: string, role: string): void {
  log.warn(
    { repository, pullRequest: number, who },
    `the host does not take this ${role}; check the name and its rights`,
  )
}

export async function editPullRequest(
  repository: HostedRepository,
  number: number,
  change: { title?: string; body?: string; state?: 'closed' },
): Promise<void> {
  await repository.send({ words: `changing pull request ${number}`, ...writing }, ({ rest }) =>
    rest.pulls.update({ ...repository.place, ...lane, pull_number: number, ...change }),
  )
}

/** Gone already is fine. */
export async function removeLabel(repository: HostedRepository, number: number, label: string): Promise<void> {
  await repository.send(
    { words: `taking a label from pull request ${number}`, ...writing },
    ({ rest }) => rest.issues.removeLabel({ ...repository.place, ...lane, issue_number: number, name: label }),
    ({ status }) => (status === 404 ? 'gone' : undefined),
  )
}

/** Gone already is fine. */
export async function deleteBranch(repository: HostedRepository, branch: string): Promise<void> {
  await repository.send(
    { words: `deleting the branch ${branch}`, needs: 'Contents: write' },
    ({ rest }) => rest.git.deleteRef({ ...repository.place, ...lane, ref: `heads/${branch}` }),
    ({ status, words }) => (status === 404 || /reference does not exist/i.test(words) ? 'gone' : undefined),
  )
}

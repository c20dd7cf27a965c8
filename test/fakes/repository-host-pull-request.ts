import { FairleadError } from '../../src/errors.ts'
import type { MergeAnswer, PullRequest, PullRequestDraft, PullRequests } from '../../src/ports-repository-host.ts'
import { createMerging } from './pull-request-answer.ts'
import { commitsBetween } from './pull-request-merge.ts'
import {
  accountOf,
  closePull,
  type HostState,
  isGreen,
  lastWords,
  mayWrite,
  mergeabilityOf,
  noDemands,
  openPulls,
  type StoredPullRequest,
  storedPull,
} from './repository-host-state.ts'

/** Proposals as the port has them. `takeScript`: how a test wants the next merge to end. */
export function createPullRequests(
  state: HostState,
  takeScript: () => MergeAnswer | 'lose' | 'drop' | undefined,
): PullRequests {
  const { remote } = state.git
  return {
    ...createReading(state),
    ...createMerging(state, takeScript),
    async open(draft) {
      const pull = newPull(state, draft)
      state.pulls.set(pull.number, pull)
      return shownPull(pull, 'unknown')
    },
    async address(number, audience) {
      const pull = storedPull(state, number)
      for (const kind of ['labels', 'reviewers', 'teamReviewers', 'assignees'] as const)
        for (const name of audience[kind]) if (!state.strangers.has(name)) pull[kind].add(name)
    },
    async edit(number, { title, body, state: wanted }) {
      const pull = storedPull(state, number)
      if (title !== undefined) pull.title = title
      if (body !== undefined) pull.body = body
      if (wanted === 'closed') closePull(state, pull, state.account)
    },
    removeLabel: async (number, label) => void storedPull(state, number).labels.delete(label),
    stopMerging: async (number) => void delete storedPull(state, number).pending,
    async comment(number, marker, text) {
      const { comments } = storedPull(state, number)
      const mine = comments.find((comment) => comment.by === state.account && comment.text.startsWith(marker))
      if (mine?.text === text) return
      state.edits++
      if (mine === undefined) comments.push({ by: state.account, text })
      else mine.text = text
    },
    deleteBranch: async (branch) => void remote.heads.delete(branch),
  }
}

type Reading = 'account' | 'list' | 'find' | 'read' | 'commits' | 'reviews' | 'checks' | 'demands'

function createReading(state: HostState): Pick<PullRequests, Reading> {
  return {
    account: async () => state.account,
    list: async (prefix) => inList(openPulls(state).filter(({ branch }) => branch.startsWith(prefix))),
    async find(branch, base) {
      const found = [...state.pulls.values()].filter((pull) => pull.branch === branch && pull.base === base)
      return inList(found).slice(0, 30)
    },
    async read(number) {
      const pull = state.pulls.get(number)
      if (pull === undefined) return undefined
      if (pull.state !== 'open' || pull.readsUntilKnown-- > 0) return shownPull(pull, 'unknown')
      return shownPull(pull, mergeabilityOf(state, pull))
    },
    commits: async (number) =>
      storedPull(state, number)
        .commits.slice(0, 250)
        .map((id) => {
          const { message, author, committer } = state.git.remote.facts(id)
          return { id, message, committer, account: accountOf(author.email) }
        }),
    reviews: async (number) =>
      lastWords(storedPull(state, number)).flatMap(({ by, commit, state: word }) =>
        word === 'approved' || word === 'changes-requested'
          ? [{ by, state: word, commit, mayWrite: mayWrite(state, by) }]
          : [],
      ),
    async checks(commit) {
      const checks = [...(state.checks.get(commit) ?? [])]
      const names = checks.flatMap(([name, check]) => (isGreen(check) ? [] : [name])).slice(0, 20)
      const states = checks.map(([, check]) => check)
      if (states.includes('failed')) return { state: 'failed', names }
      if (states.includes('pending')) return { state: 'pending', names }
      return { state: states.length === 0 ? 'none' : 'green', names }
    },
    async demands(base) {
      const { review, checks, queue, mergesItself } = state.demands.get(base) ?? noDemands
      return { review, checks: checks.length > 0, queue, mergesItself }
    },
  }
}

function newPull(state: HostState, draft: PullRequestDraft): StoredPullRequest {
  const { branch, base } = draft
  const { remote } = state.git
  const [head, target] = [remote.heads.get(branch), remote.heads.get(base)]
  if (head === undefined || target === undefined)
    throw new FairleadError('HostNotFound', `there is no branch ${head === undefined ? branch : base}`)
  if (openPulls(state).some((pull) => pull.branch === branch && pull.base === base))
    throw new FairleadError('PullRequestExists', `a pull request already exists for ${branch}`)
  const commits = commitsBetween(remote, target, head)
  if (commits.length === 0)
    throw new FairleadError('NothingToMerge', `there are no commits between ${base} and ${branch}`)
  const number = Math.max(0, ...state.pulls.keys()) + 1
  return {
    ...draft,
    number,
    url: `${state.git.url}/pull/${number}`,
    state: 'open',
    head,
    commits,
    author: state.account,
    createdAt: state.now(),
    labels: new Set(),
    reviewers: new Set(),
    teamReviewers: new Set(),
    assignees: new Set(),
    reviews: [],
    comments: [],
    weighed: '',
    readsUntilKnown: 0,
  }
}

/** Newest first, without what lists do not say. */
function inList(pulls: StoredPullRequest[]): PullRequest[] {
  return pulls
    .sort((a, b) => b.number - a.number)
    .map((pull) => {
      const shown = shownPull(pull, 'unknown')
      if (shown.merged !== undefined) shown.merged.by = undefined
      if (shown.closed !== undefined) shown.closed.by = undefined
      return shown
    })
}

/** A proposal as others see it: nothing of what is stored itself. */
function shownPull(pull: StoredPullRequest, mergeability: PullRequest['mergeability']): PullRequest {
  const { number, url, state, isDraft, title, body, branch, base, head, labels, author, createdAt } = pull
  return {
    ...{ number, url, state, isDraft, title, body, branch, base, head, author, createdAt, mergeability },
    labels: [...labels],
    mergesItself: pull.pending !== undefined,
    ...(pull.merged && { merged: { ...pull.merged } }),
    ...(pull.closed && { closed: { ...pull.closed } }),
  }
}

import type { Ident } from '../../src/core/change/commit.ts'
import type { MergeMethod } from '../../src/ports-repository-host.ts'
import {
  type CheckState,
  closePull,
  type Demands,
  type HostState,
  identOf,
  mayWrite,
  mergePull,
  noDemands,
  type StoredPullRequest,
  type StoredReview,
  settle,
  storedPull,
} from './repository-host-state.ts'

type Files = Record<string, string | null>

/** What people and their machines do on the host. Whatever follows by itself has happened when a call returns. */
export interface People {
  approve(number: number, login: string, options?: { mayWrite?: boolean }): void
  requestChanges(number: number, login: string, options?: { mayWrite?: boolean }): void
  /** A review without a verdict. */
  comment(number: number, login: string, text: string): void
  /** Takes the word of somebody away. */
  dismiss(number: number, login: string): void
  /** Merges whatever the demands, with `edits` in a commit of that person before. Returns the commit on the base. */
  merge(number: number, login: string, options?: { method?: MergeMethod; edits?: Files }): string
  close(number: number, login?: string): void
  reopen(number: number): void
  label(number: number, label: string): void
  unlabel(number: number, label: string): void
  editBody(number: number, body: string): void
  editTitle(number: number, title: string): void
  /** A draft is ready for review. */
  ready(number: number): void
  /** Commits on a branch, which begins at `main` when there is none. Returns the commit. */
  pushTo(branch: string, files: Files, committer: string | Ident): string
  deleteBranch(branch: string): void
  /** All checks of a commit, or of the head of a proposal. */
  setChecks(of: string | number, checks: Record<string, CheckState>): void
  /** What a base branch demands from now on, on top of what it does already. */
  demand(base: string, demands: Partial<Demands>): void
  /** The host has forgotten it. */
  delete(number: number): void
}

export function createPeople(state: HostState): People {
  const { remote } = state.git
  const review = (number: number, by: string, word: StoredReview['state'], may = mayWrite(state, by)) => {
    if (may) state.readers.delete(by)
    else state.readers.add(by)
    const pull = storedPull(state, number)
    pull.reviews.push({ by, state: word, commit: pull.head })
  }
  const commitTo = (branch: string, files: Files, who: string | Ident) => {
    const head = remote.heads.get(branch) ?? remote.heads.get('main') ?? ''
    const present = new Map(remote.files(head))
    for (const [path, text] of Object.entries(files)) {
      if (text === null) present.delete(path)
      else present.set(path, text)
    }
    const ident = typeof who === 'string' ? identOf(who) : who
    const message = `Change ${Object.keys(files).join(', ')}`
    const commit = remote.write({ files: present, parents: [head], message, author: ident, committer: ident })
    remote.heads.set(branch, commit)
    return commit
  }
  const people: People = {
    approve: (number, login, options) => review(number, login, 'approved', options?.mayWrite),
    requestChanges: (number, login, options) => review(number, login, 'changes-requested', options?.mayWrite),
    comment(number, login, text) {
      review(number, login, 'commented')
      storedPull(state, number).comments.push({ by: login, text })
    },
    dismiss: (number, login) => review(number, login, 'dismissed'),
    merge(number, login, { method = 'merge', edits } = {}) {
      const pull = openPull(state, number)
      if (edits !== undefined) commitTo(pull.branch, edits, login)
      settle(state, login)
      const title =
        method === 'merge' ? `Merge pull request #${number} from ${pull.branch}` : `${pull.title} (#${number})`
      const commit = mergePull(state, pull, { method, title, message: pull.title, by: login })
      if (commit === undefined) throw new Error(`pull request ${number} conflicts`)
      return commit
    },
    close: (number, login = 'somebody') => closePull(state, openPull(state, number), login),
    reopen(number) {
      const pull = storedPull(state, number)
      if (pull.state !== 'closed' || !remote.heads.has(pull.branch)) throw new Error(`${number} cannot be reopened`)
      pull.state = 'open'
      delete pull.closed
    },
    label: (number, label) => void storedPull(state, number).labels.add(label),
    unlabel: (number, label) => void storedPull(state, number).labels.delete(label),
    editBody: (number, body) => void Object.assign(storedPull(state, number), { body }),
    editTitle: (number, title) => void Object.assign(storedPull(state, number), { title }),
    ready: (number) => void Object.assign(storedPull(state, number), { isDraft: false }),
    pushTo: commitTo,
    deleteBranch: (branch) => void remote.heads.delete(branch),
    setChecks(of, checks) {
      const commit = typeof of === 'number' ? storedPull(state, of).head : of
      state.checks.set(commit, new Map(Object.entries(checks)))
    },
    demand: (base, demands) => void state.demands.set(base, { ...(state.demands.get(base) ?? noDemands), ...demands }),
    delete: (number) => void state.pulls.delete(number),
  }
  return settled(state, people)
}

/** The same, but before and after each call everything that follows by itself happens. */
function settled(state: HostState, people: People): People {
  const entries = Object.entries(people).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      settle(state, 'somebody')
      const answer = call(...args)
      settle(state, 'somebody')
      return answer
    },
  ])
  return Object.fromEntries(entries)
}

function openPull(state: HostState, number: number): StoredPullRequest {
  const pull = storedPull(state, number)
  if (pull.state !== 'open') throw new Error(`pull request ${number} is ${pull.state}`)
  return pull
}

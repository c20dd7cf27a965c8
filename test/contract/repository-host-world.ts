import type { TestContext } from 'vitest'
import type { MergeMethod, PullRequest, RepositoryHost } from '../../src/ports-repository-host.ts'

/**
 * A host with one repository, and hands that change what is in it without going through the port. Parts that are undefined
 * cannot be arranged there, and the rows that need them are skipped.
 */
export interface HostWorld {
  host: RepositoryHost
  /** A branch that nobody else writes to. It holds `apps/web.yaml` with the line `image: web:1`, and a `README.md`. */
  base: string
  /** Only branches of this world begin so. */
  prefix: string
  git: GitHand
  hand: BotHand
  /** Another person, who may write to the repository. */
  people?: PersonHand
  /** A third one, who may only read it. */
  outsider?: Pick<PersonHand, 'login' | 'approve'>
  /** Whoever administers the repository. */
  admin?: AdminHand
  faults?: FaultHand
  /** A login that the host does not know. */
  stranger: string
  /** Another repository of the host, which the configuration allows to be told what was deployed. */
  application?: ApplicationHand
  /** Requests so far; `unchanged` are those that the host answered with "as you know it". */
  requests?: () => { reads: number; unchanged: number; writes: number }
  /** The first read after a push always says that the mergeability is unknown. */
  isSlowToJudge?: true
  /** The host keeps the commit of the next merge to itself. */
  conceal?: () => Promise<void>
  /** What the host needs to catch up with itself. */
  pause(): Promise<void>
  close(): Promise<void>
}

/** A clone of the repository. */
export interface GitHand {
  /** Commits on a branch, which begins at the base when there is none. The id. */
  commit(branch: string, files: Record<string, string>, options?: CommitOptions): Promise<string>
  /** A merge of the base into a branch. The id. */
  mergeBase(branch: string): Promise<string>
  create(branch: string, commit: string): Promise<void>
  head(branch: string): Promise<string | undefined>
  read(branch: string, path: string): Promise<string | undefined>
  /** First-parent history, newest first, at most 20. */
  log(branch: string): Promise<readonly { id: string; message: string; parents: readonly string[] }[]>
}

export interface CommitOptions {
  message?: string
  by?: { name: string; email: string }
}

export type CheckWord = 'pending' | 'green' | 'failed' | 'neutral'

/** The account of the port, by hand. */
export interface BotHand {
  label(number: number, label: string): Promise<void>
  reopen(number: number): Promise<void>
  check(commit: string, name: string, state: Exclude<CheckWord, 'neutral'>): Promise<void>
  /** The other kind of check, which only applications can write. */
  checkRun?: (commit: string, name: string, state: CheckWord) => Promise<void>
  /** Oldest first. */
  comments(number: number): Promise<readonly { by: string; text: string }[]>
  /** Every one that was written, oldest first. */
  statuses(commit: string): Promise<readonly { name: string; state: string; text: string }[]>
  asked(number: number): Promise<{ reviewers: readonly string[]; assignees: readonly string[] }>
}

export interface PersonHand {
  login: string
  approve(number: number): Promise<void>
  requestChanges(number: number): Promise<void>
  /** A review without a verdict. */
  remark(number: number): Promise<void>
  dismiss(number: number): Promise<void>
  comment(number: number, text: string): Promise<void>
  merge(number: number): Promise<void>
  close(number: number): Promise<void>
}

export interface AdminHand {
  /** What the base demands from now on. */
  demand(demands: {
    review?: boolean
    checks?: string[]
    upToDate?: boolean
    queue?: boolean
    mergesItself?: boolean
  }): Promise<void>
  forbid(method: MergeMethod): Promise<void>
  archive?: () => Promise<void>
  rename?: () => Promise<void>
}

/** How the host fails from now on. */
export interface FaultHand {
  revokeToken(): Promise<void>
  /** The account may read from now on, no more. */
  takeRight(): Promise<void>
  /** Every request is one too many; seconds until it is not. */
  limit(seconds: number): Promise<void>
  /** Successful answers that say nothing sensible. */
  garble(): Promise<void>
  unavailable(): Promise<void>
  /** The next one is carried out, and its answer lost. */
  loseAnswer(of: 'open' | 'merge'): Promise<void>
}

export interface ApplicationHand {
  url: string
  /** A commit of it. */
  revision: string
  deployments(): Promise<readonly { environment: string; states: readonly string[] }[]>
}

/** A part of the world, or the end of the row where it cannot be arranged. */
export function need<T>(part: T | undefined, context: TestContext, what: string): T {
  return part ?? context.skip(`needs ${what}`)
}

/** Reads until it is as it will be: hosts need a moment. What was read last, when it never is. */
export async function until<T>(world: HostWorld, read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  let value = await read()
  for (let tries = 0; tries < 20 && !holds(value); tries++) {
    await world.pause()
    value = await read()
  }
  return value
}

/** A branch with a change of `apps/web.yaml`, and the proposal of it. */
export async function propose(
  world: HostWorld,
  { branch = `${world.prefix}web`, image = 'web:2', isDraft = false, path = 'apps/web.yaml' } = {},
): Promise<PullRequest> {
  await world.git.commit(branch, { [path]: `image: ${image}\n` }, { message: `Update to ${image}` })
  const draft = { branch, base: world.base, title: `Update to ${image}`, body: 'why\n', isDraft }
  return world.host.pullRequests.open(draft)
}

/** One proposal as it is now; it must be there. */
export async function reread(world: HostWorld, number: number): Promise<PullRequest> {
  const found = await world.host.pullRequests.read(number)
  if (found === undefined) throw new Error(`pull request ${number} is not there`)
  return found
}

/** The same once the host knows whether it can be merged. */
export function settled(world: HostWorld, number: number): Promise<PullRequest> {
  return until(
    world,
    () => reread(world, number),
    (pull) => pull.mergeability !== 'unknown',
  )
}

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { GitRepository } from '../../src/ports.ts'
import { codeOf, message, type Plan, plan } from './git-repository-world.ts'

/** One repository with a branch `main`, seen from its host. */
export interface HostedRepository {
  /** A repository opened anew, with nothing in memory. */
  open(): Promise<GitRepository>
  /** Commits as somebody else does; the branch starts where `main` is when there is none. */
  commit(branch: string, files: Record<string, string>): string
  head(branch: string): string | undefined
  deleteBranch(branch: string): void
  /** The next push is carried out, and its answer is lost. */
  loseNextAnswer(): void
  /** No branch may leave behind what it held. */
  forbidRewriting(): void
}

export interface ReplaceWorld {
  start(): Promise<void>
  create(): HostedRepository
  close(): Promise<void>
}

const branch = 'fairlead/prod-web-0123abcd'

/** `replace` of the `GitRepository` port: a branch of our own follows what its commits are rendered on. */
export function describeGitReplace(name: string, world: ReplaceWorld): void {
  describe(`GitRepository's own branches, ${name}`, { timeout: 30_000 }, () => {
    beforeAll(() => world.start())
    afterAll(() => world.close())

    let hosted: HostedRepository
    let repository: GitRepository
    beforeEach(async () => {
      hosted = world.create()
      repository = await hosted.open()
    })

    /** A change on what the base branch is now, stored. */
    async function propose(text: string, on = 'main', by = repository): Promise<Plan> {
      const snapshot = await by.snapshot(on, { fresh: true })
      const change = plan(snapshot, { 'apps/web.yaml': text })
      await by.store(change.objects)
      return change
    }

    test('a branch that does not exist is made', async () => {
      const { commit } = await propose('web: 2\n')
      await repository.replace(branch, '', commit)
      expect(hosted.head(branch)).toBe(commit)
      expect(await repository.remoteHead(branch)).toBe(commit)
      const snapshot = await (await hosted.open()).snapshot(branch, { fresh: true })
      expect(snapshot.text('apps/web.yaml')).toBe('web: 2\n')
      expect(snapshot.text('notes.yaml')).toBe('a: 1\n')
    })

    test('it moves to a commit beside it, on a newer base', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      const base = hosted.commit('main', { 'notes.yaml': 'a: 2\n' })
      const second = await propose('web: 2\n')
      await repository.replace(branch, first.commit, second.commit)
      expect(hosted.head(branch)).toBe(second.commit)
      expect(hosted.head('main')).toBe(base)
      const reader = await hosted.open()
      await reader.snapshot('main', { fresh: true })
      const { revision } = await reader.snapshot(branch, { fresh: true })
      expect(await reader.ancestry(base, revision)).toBe('yes')
      expect(await reader.ancestry(first.commit, revision)).not.toBe('yes')
    })

    test('it may go back to what it held before', async () => {
      const [first, second] = [await propose('web: 2\n'), await propose('web: 3\n')]
      await repository.replace(branch, '', first.commit)
      await repository.replace(branch, first.commit, second.commit)
      await repository.replace(branch, second.commit, first.commit)
      expect(hosted.head(branch)).toBe(first.commit)
    })

    test('another process moves it on with what it read itself', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      const other = await hosted.open()
      const second = await propose('web: 3\n', 'main', other)
      await other.replace(branch, first.commit, second.commit)
      expect(hosted.head(branch)).toBe(second.commit)
    })

    test('it may be put where another branch is', async () => {
      const { revision } = await repository.snapshot('main', { fresh: true })
      await repository.replace(branch, '', revision)
      expect(hosted.head(branch)).toBe(revision)
      const theirs = hosted.commit(branch, { 'apps/web.yaml': 'web: 5\n' })
      await repository.snapshot(branch, { fresh: true })
      await repository.replace('fairlead/copy', '', theirs)
      expect(hosted.head('fairlead/copy')).toBe(theirs)
    })

    test('a commit of somebody else in between is never lost', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      const theirs = hosted.commit(branch, { 'notes.yaml': 'a: 9\n' })
      const second = await propose('web: 3\n')
      expect(await codeOf(repository.replace(branch, first.commit, second.commit))).toBe('PushRejected')
      expect(hosted.head(branch)).toBe(theirs)
    })

    test('one that was deleted meanwhile does not come back', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      hosted.deleteBranch(branch)
      const second = await propose('web: 3\n')
      expect(await codeOf(repository.replace(branch, first.commit, second.commit))).toBe('PushRejected')
      expect(hosted.head(branch)).toBeUndefined()
      await repository.replace(branch, '', first.commit)
      expect(hosted.head(branch)).toBe(first.commit)
    })

    test('one that was thought not to exist stays as it is', async () => {
      const theirs = hosted.commit(branch, { 'notes.yaml': 'a: 9\n' })
      const { commit } = await propose('web: 2\n')
      expect(await codeOf(repository.replace(branch, '', commit))).toBe('PushRejected')
      expect(hosted.head(branch)).toBe(theirs)
    })

    test('the same commit once more is no trouble, whatever was expected', async () => {
      const { commit } = await propose('web: 2\n')
      await repository.replace(branch, '', commit)
      await repository.replace(branch, commit, commit)
      await repository.replace(branch, '', commit)
      expect(hosted.head(branch)).toBe(commit)
    })

    test('an answer that is lost leaves it unknown, and reading back tells', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      const second = await propose('web: 3\n')
      hosted.loseNextAnswer()
      expect(await codeOf(repository.replace(branch, first.commit, second.commit))).toBe('GitUnavailable')
      expect(await repository.remoteHead(branch)).toBe(second.commit)
    })

    test('a host that lets no branch be rewritten refuses, in its own words', async () => {
      const first = await propose('web: 2\n')
      await repository.replace(branch, '', first.commit)
      hosted.forbidRewriting()
      const second = await propose('web: 3\n')
      const replaced = repository.replace(branch, first.commit, second.commit)
      expect(await codeOf(replaced)).toBe('PushRefused')
      expect(await message(replaced)).toContain('non-fast-forward')
      expect(hosted.head(branch)).toBe(first.commit)
    })

    test('a commit that nobody has is not pushed', async () => {
      await repository.snapshot('main', { fresh: true })
      expect(await codeOf(repository.replace(branch, '', 'e'.repeat(40)))).toBe('PushRejected')
      expect(hosted.head(branch)).toBeUndefined()
    })

    test('the branch it stands on is delivered to as before', async () => {
      const { commit } = await propose('web: 2\n')
      await repository.replace(branch, '', commit)
      const { revision } = await repository.snapshot('main', { fresh: false })
      await repository.push('main', revision, commit)
      expect(hosted.head('main')).toBe(commit)
    })

    test('questions about history are answered after it was read and deleted, and one of somebody else, too', async () => {
      const start = (await repository.snapshot('main', { fresh: true })).revision
      const { commit } = await propose('web: 2\n')
      await repository.replace(branch, '', commit)
      hosted.commit('side', { 'notes.yaml': 'a: 3\n' })
      for (const read of [branch, 'side']) {
        await repository.snapshot(read, { fresh: true })
        hosted.deleteBranch(read)
      }
      const head = hosted.commit('main', { 'notes.yaml': 'a: 2\n' })
      expect(await repository.ancestry(start, head)).toBe('yes')
    })
  })
}

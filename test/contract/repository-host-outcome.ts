import { describe, expect, it } from 'vitest'
import { codeOf } from './git-repository-world.ts'
import { type HostWorld, need, until } from './repository-host-world.ts'

/** Statuses, deployments, and commits that the host makes. */
export function describeOutcomes(current: () => HostWorld): void {
  const outcomes = () => current().host.outcomes
  const headOfBase = async () => (await current().git.head(current().base)) ?? ''

  describe('a status', () => {
    const name = 'fairlead/production/prod/web'

    it('is written on the commit, and not again while nothing changed', async () => {
      const commit = await current().git.commit(current().base, { 'README.md': 'more\n' })
      for (const state of ['pending', 'pending', 'success', 'success'] as const)
        await outcomes().status(commit, { name, state, text: `it is ${state}` })
      const read = () => current().hand.statuses(commit)
      expect(await until(current(), read, (all) => all.length === 2)).toEqual([
        { name, state: 'pending', text: 'it is pending' },
        { name, state: 'success', text: 'it is success' },
      ])
    })

    it('is one per name, and its text is cut to what a host takes', async () => {
      const commit = await current().git.commit(current().base, { 'README.md': 'more\n' })
      await outcomes().status(commit, { name, state: 'failure', text: 'no '.repeat(100) })
      await outcomes().status(commit, { name: `${name}-2`, state: 'success', text: 'ok' })
      const read = () => current().hand.statuses(commit)
      const all = await until(current(), read, (statuses) => statuses.length === 2)
      expect(all.map((one) => [one.name, one.state])).toEqual([
        [name, 'failure'],
        [`${name}-2`, 'success'],
      ])
      expect([...(all[0]?.text ?? '')].length).toBeLessThanOrEqual(140)
      expect(all[0]?.text).toMatch(/^no no no /)
    })

    it('of a commit that the host does not have is HostNotFound', async () => {
      const status = { name, state: 'success', text: '' } as const
      expect(await codeOf(outcomes().status('0123456789'.repeat(4), status))).toBe('HostNotFound')
    })
  })

  describe('a deployment', () => {
    it('is told to the application’s repository, once for every state', async (context) => {
      const application = need(current().application, context, 'another repository')
      const { url: repository, revision } = application
      const deployment = { repository, revision, environment: 'production/prod', text: 'rolling out' }
      for (const state of ['pending', 'pending', 'success', 'success'] as const)
        await outcomes().deployment({ ...deployment, state })
      expect(await application.deployments()).toEqual([
        { environment: 'production/prod', states: ['pending', 'success'] },
      ])
    })

    it('is told to no repository that the configuration does not allow', async () => {
      const rest = { revision: 'c0ffee'.padEnd(40, '0'), environment: 'x', state: 'success', text: '' } as const
      const repositories = ['https://git.example.com/other/web', 'https://elsewhere.example.org/acme/web', 'no address']
      for (const repository of repositories)
        expect(await codeOf(outcomes().deployment({ ...rest, repository })), repository).toBe('HostNotFound')
    })
  })

  describe('a commit by the host', () => {
    const message = 'Update web to 2\n\nFairlead-Id: 0123456789abcdef'
    const commits = () => current().host.commits

    it('is the new head, with the files changed, and all others as they were', async () => {
      const { git, base } = current()
      const before = await headOfBase()
      const files = [
        { path: 'apps/web.yaml', text: 'image: web:2\n' },
        { path: 'apps/new/api.yaml', text: 'image: "ünï"\n' },
      ]
      const id = await commits().commit({ branch: base, base: before, message, files })
      const [newest] = await git.log(base)
      expect(newest).toMatchObject({ id, parents: [before] })
      expect(newest?.message.trim()).toBe(message)
      expect(await git.read(base, 'apps/web.yaml')).toBe('image: web:2\n')
      expect(await git.read(base, 'apps/new/api.yaml')).toBe('image: "ünï"\n')
      expect(await git.read(base, 'README.md')).toBe('gitops\n')
    })

    it('may change no file', async () => {
      const { git, base } = current()
      const before = await headOfBase()
      const id = await commits().commit({ branch: base, base: before, message, files: [] })
      const [newest] = await git.log(base)
      expect(newest).toMatchObject({ id, parents: [before] })
      expect(newest?.message.trim()).toBe(message)
      expect(await git.read(base, 'README.md')).toBe('gitops\n')
    })

    it('on a head that moved is PushRejected, and nothing changes', async () => {
      const { git, base } = current()
      const before = await headOfBase()
      const head = await git.commit(base, { 'README.md': 'theirs\n' })
      const files = [{ path: 'apps/web.yaml', text: 'image: web:2\n' }]
      expect(await codeOf(commits().commit({ branch: base, base: before, message, files }))).toBe('PushRejected')
      expect(await git.head(base)).toBe(head)
    })

    it('on a branch that only takes proposals is PushRefused', async (context) => {
      await need(current().admin, context, 'an administrator').demand({ review: true })
      const before = await headOfBase()
      const files = [{ path: 'apps/web.yaml', text: 'image: web:2\n' }]
      const order = { branch: current().base, base: before, message, files }
      expect(await codeOf(commits().commit(order))).toBe('PushRefused')
      expect(await headOfBase()).toBe(before)
    })
  })
}

import { describe, expect, it } from 'vitest'
import { codeOf } from './git-repository-world.ts'
import { type HostWorld, need, propose, reread, settled, until } from './repository-host-world.ts'

/** Opening, finding, changing and closing proposals. */
export function describeProposals(current: () => HostWorld): void {
  const pulls = () => current().host.pullRequests

  describe('opening a proposal', () => {
    it('gives it with everything that was asked for', async () => {
      const { git, prefix, base } = current()
      const branch = `${prefix}web`
      const head = await git.commit(branch, { 'apps/web.yaml': 'image: web:2\n' })
      const body = 'A → B\n\n| a | b |\n|---|---|\n\n<!-- fairlead: {"v":1} -->\n'
      const opened = await pulls().open({ branch, base, title: 'Update “web”', body, isDraft: false })
      const asked = { state: 'open', isDraft: false, title: 'Update “web”', branch, base, head, labels: [] }
      expect(opened).toMatchObject({ ...asked, mergesItself: false, author: await pulls().account() })
      expect(opened.url).toMatch(/^https?:\/\/.*\D/)
      expect(Date.now() - opened.createdAt.getTime()).toBeLessThan(3_600_000)
      const read = await settled(current(), opened.number)
      expect(read).toMatchObject({ ...asked, number: opened.number, url: opened.url, mergeability: 'ready' })
      expect(read.body.replaceAll('\r\n', '\n').trim()).toBe(body.trim())
    })

    it('as a draft makes one that nobody merges yet', async () => {
      const { number } = await propose(current(), { isDraft: true })
      expect(await settled(current(), number)).toMatchObject({ isDraft: true, mergeability: 'draft' })
    })

    it('says PullRequestExists when one is open from that branch, which is then found', async () => {
      const { number } = await propose(current())
      expect(await codeOf(propose(current(), { image: 'web:3' }))).toBe('PullRequestExists')
      const found = await pulls().find(`${current().prefix}web`, current().base)
      expect(found.map((one) => one.number)).toEqual([number])
    })

    it('says NothingToMerge when the base has it all', async () => {
      const { git, base, prefix } = current()
      const draft = { branch: `${prefix}web`, base, title: 'x', body: '', isDraft: false }
      await git.create(draft.branch, (await git.head(base)) ?? '')
      expect(await codeOf(pulls().open(draft))).toBe('NothingToMerge')
      await git.commit(base, { 'README.md': 'more\n' })
      expect(await codeOf(pulls().open(draft))).toBe('NothingToMerge')
    })

    it('says HostNotFound when its branch is gone', async () => {
      const { base, prefix } = current()
      const draft = { branch: `${prefix}gone`, base, title: 'x', body: '', isDraft: false }
      expect(await codeOf(pulls().open(draft))).toBe('HostNotFound')
    })
  })

  describe('what is there', () => {
    it('is found newest first, with what became of it, and nothing of other branches', async () => {
      const world = current()
      const branch = `${world.prefix}web`
      const closed = await propose(world)
      await pulls().edit(closed.number, { state: 'closed' })
      const merged = await propose(world, { image: 'web:3' })
      const order = { head: merged.head, method: 'merge', title: 'Update', message: '' } as const
      expect(await pulls().merge(merged.number, order)).toMatchObject({ kind: 'merged' })
      const open = await propose(world, { image: 'web:4' })
      await propose(world, { branch: `${world.prefix}other`, path: 'apps/other.yaml' })
      const expected = [
        [open.number, 'open'],
        [merged.number, 'merged'],
        [closed.number, 'closed'],
      ]
      const states = async () => (await pulls().find(branch, world.base)).map(({ number, state }) => [number, state])
      expect(await until(world, states, (now) => JSON.stringify(now) === JSON.stringify(expected))).toEqual(expected)
      expect(await pulls().find(`${branch}-x`, world.base)).toEqual([])
      expect(await pulls().find(branch, `${world.base}-x`)).toEqual([])
    })

    it('is listed while it is open, by the beginning of its branch, newest first', async () => {
      const world = current()
      const one = await propose(world, { branch: `${world.prefix}one`, path: 'apps/one.yaml' })
      const two = await propose(world, { branch: `${world.prefix}two`, path: 'apps/two.yaml' })
      const over = await propose(world, { branch: `${world.prefix}over`, path: 'apps/over.yaml' })
      await pulls().edit(over.number, { state: 'closed' })
      const list = async (prefix: string) => (await pulls().list(prefix)).map(({ number }) => number)
      const all = await until(
        world,
        () => list(world.prefix),
        (numbers) => numbers.length === 2,
      )
      expect(all).toEqual([two.number, one.number])
      expect(await list(`${world.prefix}o`)).toEqual([one.number])
      expect(await list(`${world.prefix}one-more`)).toEqual([])
      const [listed] = await pulls().list(`${world.prefix}one`)
      expect(listed).toMatchObject({ head: one.head, title: one.title, body: one.body, mergeability: 'unknown' })
    })

    it('is nothing where there is no such number', async () => {
      expect(await pulls().read(99_999_999)).toBeUndefined()
    })

    it('has the new head after a push, and the last one it had when it is over', async () => {
      const world = current()
      const { number, branch } = await propose(world)
      const head = await world.git.commit(branch, { 'apps/web.yaml': 'image: web:3\n' })
      const moved = await until(
        world,
        () => reread(world, number),
        (pull) => pull.head === head,
      )
      expect(moved.head).toBe(head)
      await pulls().edit(number, { state: 'closed' })
      await world.git.commit(branch, { 'apps/web.yaml': 'image: web:4\n' })
      expect(await reread(world, number)).toMatchObject({ state: 'closed', head })
    })

    it('has the commits that the base lacks, oldest first, with who made them', async () => {
      const world = current()
      const { number, branch, head } = await propose(world)
      await world.git.commit(world.base, { 'README.md': 'theirs\n' })
      const by = { name: 'Mallory', email: 'mallory@example.org' }
      const foreign = await world.git.commit(branch, { 'apps/more.yaml': 'a: 1\n' }, { message: 'More\n\nX: y', by })
      const commits = await until(
        world,
        () => pulls().commits(number),
        (all) => all.length === 2,
      )
      expect(commits.map(({ id }) => id)).toEqual([head, foreign])
      expect(commits[0]?.committer).toEqual({ name: 'fairlead', email: 'fairlead@example.com' })
      expect(commits[1]).toMatchObject({ committer: by, account: undefined })
      expect(commits[1]?.message.trim()).toBe('More\n\nX: y')
    })

    it('has a merge of the base among its commits, but none that the base has', async () => {
      const world = current()
      const { number, branch, head } = await propose(world)
      await world.git.commit(world.base, { 'README.md': 'theirs\n' })
      const merge = await world.git.mergeBase(branch)
      const commits = await until(
        world,
        () => pulls().commits(number),
        (all) => all.length === 2,
      )
      expect(commits.map(({ id }) => id)).toEqual([head, merge])
    })
  })

  describe('a change of a proposal', () => {
    it('of title and body is there at once, and leaves the other alone', async () => {
      const { number } = await propose(current())
      await pulls().edit(number, { title: 'New' })
      expect(await reread(current(), number)).toMatchObject({ title: 'New', state: 'open' })
      await pulls().edit(number, { body: 'because' })
      expect(await reread(current(), number)).toMatchObject({ title: 'New', body: 'because' })
    })

    it('closes it, and says by whom', async () => {
      const { number } = await propose(current())
      await pulls().edit(number, { state: 'closed', body: 'withdrawn' })
      const closed = await reread(current(), number)
      expect(closed).toMatchObject({ state: 'closed', body: 'withdrawn', closed: { by: await pulls().account() } })
      expect(closed.closed?.at).toBeInstanceOf(Date)
      expect(closed.merged).toBeUndefined()
    })

    it('by somebody else is known by name', async (context) => {
      const people = need(current().people, context, 'a second person')
      const { number } = await propose(current())
      await people.close(number)
      expect(await reread(current(), number)).toMatchObject({ state: 'closed', closed: { by: people.login } })
    })

    it('opens it again, and then it was not closed', async () => {
      const { number } = await propose(current())
      await pulls().edit(number, { state: 'closed' })
      await current().hand.reopen(number)
      const open = await reread(current(), number)
      expect(open.state).toBe('open')
      expect(open.closed).toBeUndefined()
    })

    it('adds labels and assignees, and leaves out whom the host does not know', async () => {
      const { stranger } = current()
      const { number } = await propose(current())
      await current().hand.label(number, 'by hand')
      await pulls().address(number, {
        labels: ['image-update', 'fairlead:hold'],
        reviewers: [stranger],
        teamReviewers: [stranger],
        assignees: [stranger],
      })
      const labels = [...(await reread(current(), number)).labels].sort()
      expect(labels).toEqual(['by hand', 'fairlead:hold', 'image-update'])
      expect(await current().hand.asked(number)).toEqual({ reviewers: [], assignees: [] })
    })

    it('asks for a review, also when another reviewer is unknown', async (context) => {
      const { login } = need(current().people, context, 'a second person')
      const { number } = await propose(current())
      await pulls().address(number, {
        labels: [],
        reviewers: [current().stranger, login],
        teamReviewers: [],
        assignees: [login],
      })
      expect(await current().hand.asked(number)).toEqual({ reviewers: [login], assignees: [login] })
    })

    it('takes a label away, and doing so twice is fine', async () => {
      const { number } = await propose(current())
      await current().hand.label(number, 'fairlead:rebase')
      await pulls().removeLabel(number, 'fairlead:rebase')
      await pulls().removeLabel(number, 'fairlead:rebase')
      expect((await reread(current(), number)).labels).toEqual([])
    })

    it('by deleting its branch closes it, and doing so twice is fine', async () => {
      const world = current()
      const { number, branch, head } = await propose(world)
      await pulls().deleteBranch(branch)
      await pulls().deleteBranch(branch)
      expect(await world.git.head(branch)).toBeUndefined()
      const over = await until(
        world,
        () => reread(world, number),
        ({ state }) => state === 'closed',
      )
      expect(over).toMatchObject({ state: 'closed', head })
    })
  })

  describe('the comment', () => {
    const marker = '<!-- fairlead: outcome -->'

    it('is written once and then edited in place', async () => {
      const { number } = await propose(current())
      for (const text of ['applied', 'rolling out', 'rolling out', 'success'])
        await pulls().comment(number, marker, `${marker}\n${text}`)
      const texts = (await current().hand.comments(number)).map((one) => one.text)
      expect(texts).toEqual([`${marker}\nsuccess`])
    })

    it('is never one of somebody else, whatever it begins with', async (context) => {
      const people = need(current().people, context, 'a second person')
      const { number } = await propose(current())
      await people.comment(number, `${marker}\nmine`)
      await pulls().comment(number, marker, `${marker}\nours`)
      const comments = await current().hand.comments(number)
      const ours = { by: await pulls().account(), text: `${marker}\nours` }
      expect(comments).toEqual([{ by: people.login, text: `${marker}\nmine` }, ours])
    })
  })
}

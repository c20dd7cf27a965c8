import { describe, expect, test } from 'vitest'
import { resources } from '../../../src/api/kubernetes.ts'
import { anotherCluster, aProposedWorld, holdTime, type ProposedWorld, proposed, unattended } from './world.ts'

const pulls = ({ host }: ProposedWorld) =>
  [...host.state.pulls.values()].map(({ number, state }) => `${number} ${state}`)
const tagOn = ({ git }: ProposedWorld, branch: string, name = 'web') =>
  /image: \S+:(\S+)/.exec(git.read(branch, `apps/${name}.yaml`) ?? '')?.[1]
const phase = (world: ProposedWorld, to?: string) => world.request(to).status?.phase

/** The manifest of `web` on the base with other annotations, live as well. */
async function annotate(world: ProposedWorld, annotations: Record<string, string>): Promise<void> {
  const text = world.git.read('main', 'apps/web.yaml') ?? ''
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
  world.git.commit('main', { 'apps/web.yaml': text.replace(/( {4}fairlead.*\n)+/, lines.join('')) }, 'Annotate web')
  const live = world.cluster.objects.get(resources.deployment, 'prod', 'web')
  if (live === undefined) throw new Error('no Deployment web')
  world.cluster.objects.update(resources.deployment, { ...live, metadata: { ...live.metadata, annotations } }, 'object')
  await world.hintBase()
}

describe('what people do to a pull request', () => {
  test('a rejection is remembered by the host, also when the cluster was lost', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.close(1, 'bob')
    await world.hint()
    await world.replica.stop()
    const next = await aProposedWorld({ world: await anotherCluster(world) })
    expect(next.request().status).toMatchObject({ phase: 'Rejected', rejectedBy: 'bob', pullRequest: { number: 1 } })
    expect(pulls(next)).toEqual(['1 closed'])
  })

  test('an open one is found again when the cluster was lost', async () => {
    holdTime()
    const world = await aProposedWorld({ rules: { labels: ['updates'] } })
    await world.push('1.1.0')
    await world.replica.stop()
    const { writes } = structuredClone(world.host.calls)
    const next = await aProposedWorld({ world: await anotherCluster(world), rules: { labels: ['updates'] } })
    await next.pass(2)
    expect(next.request().status).toMatchObject({ phase: 'Pending', pullRequest: { number: 1 } })
    expect(world.host.calls.writes).toEqual(writes)
  })

  test('a commit of somebody else keeps hands off, until the label says otherwise', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const { branch } = world.pull()
    const theirs = world.host.people.pushTo(branch, { 'apps/extra.yaml': 'a: 1\n' }, 'alice')
    await world.push('1.2.0')
    expect(world.waits('1.2.0')).toBe('True EditedByOthers')
    expect(world.git.remote.heads.get(branch)).toBe(theirs)
    world.host.people.label(1, 'fairlead:rebase')
    await world.hint()
    expect(world.git.read(branch, 'apps/extra.yaml')).toBeUndefined()
    expect(tagOn(world, branch)).toBe('1.2.0')
    expect([...world.pull().labels]).toEqual([])
    expect(world.waits('1.2.0')).toBe('True AwaitingMerge')
  })

  test('the label fairlead:hold stops everything until it is taken away', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.label(1, 'fairlead:hold')
    await world.push('1.2.0')
    expect(world.waits('1.2.0')).toBe('True HeldByLabel')
    expect(tagOn(world, world.pull().branch)).toBe('1.1.0')
    world.host.people.unlabel(1, 'fairlead:hold')
    await world.hint()
    expect(tagOn(world, world.pull().branch)).toBe('1.2.0')
  })

  test('an edited body stays, and so does an edited title, whatever version comes', async () => {
    const world = await aProposedWorld({ rules: { labels: ['updates'] } })
    await world.push('1.1.0')
    world.host.people.editTitle(1, 'Please look at web')
    await world.push('1.2.0')
    expect(world.pull()).toMatchObject({ title: 'Please look at web', body: expect.stringContaining('1.2.0') })
    world.host.people.editBody(1, `Mine. ${world.pull().body}`)
    await world.push('1.3.0')
    expect(world.pull()).toMatchObject({
      title: 'Please look at web',
      body: expect.stringMatching(/^Mine\. .*1\.2\.0/s),
    })
    expect(tagOn(world, world.pull().branch)).toBe('1.3.0')
    expect([...world.pull().labels]).toEqual(['updates'])
  })

  test('a draft waits until somebody says that it is ready', async () => {
    const world = await aProposedWorld({ rules: { draft: true } })
    await world.push('1.1.0')
    expect([world.pull().isDraft, world.waits()]).toEqual([true, 'True Draft'])
    world.host.people.ready(1)
    await world.hint()
    expect(world.waits()).toBe('True AwaitingMerge')
  })

  test('one that was closed and opened again is left to people, also by a new process and after hours', async () => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.close(1, 'bob')
    await world.hint()
    world.host.people.reopen(1)
    await world.replica.stop()
    const { writes } = structuredClone(world.host.calls)
    const next = await aProposedWorld({ world })
    await next.pass(120)
    expect([pulls(next), phase(next)]).toEqual([['1 open'], 'Rejected'])
    expect(world.host.calls.writes).toEqual(writes)
  })

  test('deleting its branch closes it on the host, which is a rejection, and says so', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.deleteBranch(world.pull().branch)
    await world.hint()
    expect(phase(world)).toBe('Rejected')
    expect(world.request().status?.message).toMatch(/#1: closed by \S+ without being merged, or its branch was deleted/)
  })

  test.each(['merge', 'squash', 'rebase'] as const)(
    'a %s by somebody is followed until it is applied',
    async (method) => {
      const world = await aProposedWorld()
      await world.push('1.1.0')
      const commit = world.host.people.merge(1, 'alice', { method })
      await world.hint()
      expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice', commit })
      await world.sync()
      await world.replica.quiet()
      expect(world.request().status?.conditions?.find((one) => one.type === 'Applied')?.status).toBe('True')
      expect(world.git.remote.heads.has(world.pull().branch)).toBe(false)
    },
  )

  test('merged with edits is read from the base: what that holds is done', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.merge(1, 'alice', { edits: { 'README.md': 'as well\n' } })
    await world.hint()
    expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice' })
  })

  test('merged without our change is a rejection', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.host.people.merge(1, 'alice', { edits: { 'apps/web.yaml': text, 'README.md': 'instead\n' } })
    await world.hint()
    expect(world.request().status).toMatchObject({ phase: 'Rejected', rejectedBy: 'alice' })
    expect(world.request().status?.message).toContain('main does not hold this change')
    await world.hint()
    expect(pulls(world)).toEqual(['1 merged'])
  })

  test('merged with another version is no more what was asked for', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.host.people.merge(1, 'alice', { edits: { 'apps/web.yaml': text.replace('web:1.0.0', 'web:1.0.5') } })
    await world.hint()
    expect(phase(world)).toBe('Superseded')
  })
})

describe('what was decided elsewhere', () => {
  test('an approval through the API merges it, when its checks are green', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    await world.replica.loops.api.approve(world.request(), { by: 'alice' })
    await world.replica.quiet()
    expect([world.pull().state, world.waits()]).toEqual(['open', 'True ChecksPending'])
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    expect(world.pull().state).toBe('merged')
    expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice' })
  })

  test('a rejection through the API closes it, and the host remembers it', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    await world.replica.loops.api.reject(world.request(), { by: 'bob', reason: 'too early' })
    await world.replica.quiet()
    expect([pulls(world), world.git.remote.heads.has(world.pull().branch)]).toEqual([['1 closed'], false])
    expect(world.pull().comments.map(({ text }) => text)).toEqual([
      expect.stringContaining('rejected by bob: too early'),
    ])
    await world.replica.stop()
    const next = await aProposedWorld({ world: await anotherCluster(world) })
    expect(next.request().status).toMatchObject({
      phase: 'Rejected',
      message: expect.stringContaining('rejected by bob'),
    })
    expect(pulls(next)).toEqual(['1 closed'])
  })

  test('a policy that is gone withdraws it with a comment, and without its branch; that rejects nothing', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    await annotate(world, { 'fairlead.dev/other': 'x' })
    expect([pulls(world), phase(world)]).toEqual([['1 closed'], 'Superseded'])
    expect(world.git.remote.heads.has(world.pull().branch)).toBe(false)
    expect(world.pull().comments.map(({ text }) => text)).toEqual([expect.stringContaining('no policy asks for it')])
  })

  test('the annotation hold leaves it as it is, and no newer version is taken', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    await annotate(world, { ...proposed, 'fairlead.dev/hold': 'audit' })
    expect(world.waits()).toBe('True Held')
    await world.push('1.2.0')
    expect(world.requests()).toHaveLength(1)
    expect([pulls(world), tagOn(world, world.pull().branch)]).toEqual([['1 open'], '1.1.0'])
  })

  test('the kill switch takes back the order to merge, and writes nothing else', async () => {
    const world = await aProposedWorld({ annotations: unattended, rules: { automerge: 'on-green' } })
    world.host.people.demand('main', { checks: ['ci'], mergesItself: true })
    await world.push('1.1.0')
    expect(world.pull().pending).toBeDefined()
    await world.replica.stop()
    const { writes } = structuredClone(world.host.calls)
    const next = await aProposedWorld({ world, rules: { automerge: 'on-green' }, given: { suspend: true } })
    await next.replica.loops.pullRequests.sweep()
    await next.replica.quiet()
    expect(next.pull().pending).toBeUndefined()
    expect(world.host.calls.writes).toEqual({ ...writes, stopMerging: 1 })
    next.host.people.setChecks(1, { ci: 'green' })
    await next.push('1.2.0')
    expect([pulls(next), tagOn(next, next.pull().branch)]).toEqual([['1 open'], '1.1.0'])
  })

  test('a closed window lets it be opened, and merged by people only', async () => {
    const windows = 'windows: [{name: freeze, exclude: [{cron: "* * * * *", duration: 1h}]}]'
    const annotations = { ...unattended, 'fairlead.dev/window': 'freeze' }
    const world = await aProposedWorld({
      annotations,
      config: `mode: commit\n${windows}`,
      rules: { automerge: 'on-green' },
    })
    await world.push('1.1.0')
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    expect([pulls(world), world.waits()]).toEqual([['1 open'], 'True OutsideWindow'])
    world.host.people.merge(1, 'alice')
    await world.hint()
    expect(phase(world)).toBe('Completed')
  })

  test('a minimum age lets nothing be opened before', async () => {
    const world = await aProposedWorld({ annotations: { ...proposed, 'fairlead.dev/min-age': '1h' } })
    await world.push('1.1.0')
    expect([pulls(world), world.waits()]).toEqual([[], 'True TooYoung'])
  })

  test('what somebody put on the base by hand is done, and its pull request withdrawn', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit(
      'main',
      { 'apps/web.yaml': `${text.replace('web:1.0.0', 'web:1.1.0')}# by hand\n` },
      'Update by hand',
    )
    await world.hintBase()
    expect([pulls(world), phase(world)]).toEqual([['1 closed'], 'Completed'])
  })

  test('requests that were deleted leave it for an hour; then nobody asks for it', async () => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.cluster.objects.remove(resources.deployment, 'prod', 'web')
    world.cluster.objects.remove(resources.updateRequest, 'prod', world.request().metadata.name)
    await world.pass(55)
    expect(pulls(world)).toEqual(['1 open'])
    await world.pass(10)
    expect(pulls(world)).toEqual(['1 closed'])
    expect(world.pull().comments).toHaveLength(1)
  })
})

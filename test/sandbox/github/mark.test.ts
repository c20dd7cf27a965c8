import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from './client.ts'

const root = '/repos/acme/gitops'
let ground: Ground

beforeEach(async () => {
  ground = await startGround()
  ground.branch('topic', { 'b.txt': 'b\n' })
  await ground.bot('POST', `${root}/pulls`, { title: 'b', head: 'topic', base: 'main' })
})
afterEach(() => ground.close())

const names = (labels: { name: string }[]) => labels.map((one) => one.name)

describe('labels', () => {
  it('are made when they are put on, and taken off by their name', async () => {
    const added = await ground.bot('POST', `${root}/issues/1/labels`, { labels: ['fairlead', 'fairlead:hold'] })
    expect(names(added.body)).toEqual(['fairlead', 'fairlead:hold'])
    const left = await ground.bot('DELETE', `${root}/issues/1/labels/fairlead%3Ahold`)
    expect(names(left.body)).toEqual(['fairlead'])
    expect(await ground.bot('DELETE', `${root}/issues/1/labels/fairlead%3Ahold`)).toMatchObject({
      status: 404,
      body: { message: 'Label does not exist' },
    })
    expect(names((await ground.bot('GET', `${root}/pulls/1`)).body.labels)).toEqual(['fairlead'])
  })
})

describe('people', () => {
  it('are asked for a review when they are collaborators', async () => {
    ground.gitops.team('platform')
    const asked = await ground.bot('POST', `${root}/pulls/1/requested_reviewers`, {
      reviewers: ['ada'],
      team_reviewers: ['platform'],
    })
    expect(asked.status).toBe(201)
    expect(asked.body.requested_reviewers[0].login).toBe('ada')
    expect(asked.body.requested_teams[0].slug).toBe('platform')
    const unknown = await ground.bot('POST', `${root}/pulls/1/requested_reviewers`, { reviewers: ['eve'] })
    expect(unknown.status).toBe(422)
    expect(unknown.body.message).toContain('Reviews may only be requested from collaborators.')
    const self = await ground.bot('POST', `${root}/pulls/1/requested_reviewers`, { reviewers: ['fairlead'] })
    expect(self.body.message).toBe('Review cannot be requested from pull request author.')
  })

  it('are assigned, whom nobody knows is left out', async () => {
    const { status, body } = await ground.bot('POST', `${root}/issues/1/assignees`, { assignees: ['ada', 'eve'] })
    expect(status).toBe(201)
    expect(body.assignees.map((one: { login: string }) => one.login)).toEqual(['ada'])
  })
})

describe('reviews', () => {
  it('of the author are refused', async () => {
    expect(await ground.bot('POST', `${root}/pulls/1/reviews`, { event: 'APPROVE' })).toMatchObject({
      status: 422,
      body: { errors: ['Can not approve your own pull request'] },
    })
  })

  it('keep everything that was said, in order', async () => {
    const ada = ground.as(ground.github.token('ada'))
    await ada('POST', `${root}/pulls/1/reviews`, { event: 'REQUEST_CHANGES', body: 'no' })
    await ada('POST', `${root}/pulls/1/reviews`, { event: 'APPROVE' })
    const { body } = await ground.bot('GET', `${root}/pulls/1/reviews`)
    expect(body.map((one: { state: string }) => one.state)).toEqual(['CHANGES_REQUESTED', 'APPROVED'])
    const dismissed = await ada('PUT', `${root}/pulls/1/reviews/${body[1].id}/dismissals`, { message: 'wait' })
    expect(dismissed.body.state).toBe('DISMISSED')
  })
})

describe('comments', () => {
  it('are added, listed and edited in place', async () => {
    const made = await ground.bot('POST', `${root}/issues/1/comments`, { body: 'pending' })
    const edited = await ground.bot('PATCH', `${root}/issues/comments/${made.body.id}`, { body: 'applied' })
    expect(edited.body).toMatchObject({ id: made.body.id, body: 'applied', user: { login: 'fairlead' } })
    expect((await ground.bot('GET', `${root}/issues/1/comments`)).body).toHaveLength(1)
  })

  it('of others are edited by those who may write', async () => {
    ground.gitops.comment(1, 'ada', 'mine')
    const [comment] = ground.gitops.comments(1)
    const path = `${root}/issues/comments/${comment?.id}`
    const rex = ground.as(ground.github.person('rex', 'read'))
    expect((await rex('PATCH', path, { body: 'his' })).status).toBe(403)
    expect((await ground.bot('PATCH', path, { body: 'ours' })).status).toBe(200)
  })
})

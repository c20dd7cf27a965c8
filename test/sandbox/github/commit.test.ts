import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from './client.ts'

const root = '/repos/acme/gitops'
let ground: Ground
let head: string

beforeEach(async () => {
  ground = await startGround()
  head = ground.git.head('acme/gitops', 'main') ?? ''
})
afterEach(() => ground.close())

describe('statuses and checks', () => {
  it('the newest status of each context counts', async () => {
    const combined = async () => (await ground.bot('GET', `${root}/commits/${head}/status`)).body
    expect(await combined()).toMatchObject({ state: 'pending', total_count: 0, sha: head })
    for (const state of ['pending', 'failure', 'success']) {
      const made = await ground.bot('POST', `${root}/statuses/${head}`, { state, context: 'ci', description: state })
      expect(made).toMatchObject({ status: 201, body: { state, context: 'ci', creator: { login: 'fairlead' } } })
    }
    expect(await combined()).toMatchObject({ state: 'success', total_count: 1, statuses: [{ state: 'success' }] })
    const all = await ground.bot('GET', `${root}/commits/main/statuses`)
    expect(all.body.map((one: { state: string }) => one.state)).toEqual(['success', 'failure', 'pending'])
  })

  const refusals: [title: string, sha: () => string, body: Record<string, unknown>][] = [
    ['a commit that is not there', () => 'f'.repeat(40), { state: 'success' }],
    ['another state', () => head, { state: 'great' }],
    ['a description of more than 140 characters', () => head, { state: 'success', description: 'x'.repeat(141) }],
  ]
  it.each(refusals)('refuses %s with 422', async (_, sha, body) => {
    expect((await ground.bot('POST', `${root}/statuses/${sha()}`, body)).status).toBe(422)
  })

  it('check runs are for apps to write and for all to read', async () => {
    const run = { name: 'ci', head_sha: head, status: 'in_progress' }
    expect(await ground.bot('POST', `${root}/check-runs`, run)).toMatchObject({
      status: 403,
      body: { message: 'You must authenticate via a GitHub App.' },
    })
    const app = ground.as(ground.github.token('ci[bot]', { kind: 'installation', permissions: { checks: 'write' } }))
    ground.gitops.role('ci[bot]', 'read')
    const { body } = await app('POST', `${root}/check-runs`, run)
    expect(body).toMatchObject({ status: 'in_progress', conclusion: null, app: { slug: 'ci' } })
    await app('PATCH', `${root}/check-runs/${body.id}`, { conclusion: 'success' })
    expect((await ground.bot('GET', `${root}/commits/${head}/check-runs`)).body).toMatchObject({
      total_count: 1,
      check_runs: [{ id: body.id, name: 'ci', status: 'completed', conclusion: 'success', head_sha: head }],
    })
  })
})

describe('branches', () => {
  it('say which checks classic protection needs; only admins see the rest', async () => {
    ground.gitops.protect('main', { checks: ['ci'], reviews: 2, isStrict: true })
    expect((await ground.bot('GET', `${root}/branches/main`)).body).toMatchObject({
      name: 'main',
      commit: { sha: head },
      protected: true,
      protection: { enabled: true, required_status_checks: { contexts: ['ci'] } },
    })
    expect((await ground.bot('GET', `${root}/rules/branches/main`)).body).toEqual([])
    const ada = ground.as(ground.github.token('ada'))
    expect((await ada('GET', `${root}/branches/main/protection`)).body).toMatchObject({
      required_status_checks: { strict: true, contexts: ['ci'] },
      required_pull_request_reviews: { required_approving_review_count: 2 },
    })
  })

  it('show rules of rulesets to everybody who reads', async () => {
    ground.gitops.protect('release/*', { kind: 'ruleset', checks: ['ci'], reviews: 1, hasQueue: true })
    ground.branch('release/1', { 'b.txt': 'b\n' })
    const { body } = await ground.bot('GET', `${root}/rules/branches/release%2F1`)
    expect(body.map((one: { type: string }) => one.type)).toEqual([
      'pull_request',
      'required_status_checks',
      'merge_queue',
      'deletion',
      'non_fast_forward',
    ])
    expect((await ground.bot('GET', `${root}/branches/release/1`)).body.protected).toBe(true)
  })

  it('without protection answer 404 to admins, like branches that are not there', async () => {
    const ada = ground.as(ground.github.token('ada'))
    expect((await ada('GET', `${root}/branches/main/protection`)).body.message).toBe('Branch not protected')
    expect((await ada('GET', `${root}/branches/gone`)).body.message).toBe('Branch not found')
  })
})

describe('references', () => {
  it('are made, moved and deleted', async () => {
    const next = ground.branch('topic', { 'b.txt': 'b\n' })
    const made = await ground.bot('POST', `${root}/git/refs`, { ref: 'refs/heads/fairlead/web', sha: head })
    expect(made).toMatchObject({ status: 201, body: { ref: 'refs/heads/fairlead/web', object: { sha: head } } })
    const path = `${root}/git/refs/heads%2Ffairlead%2Fweb`
    expect((await ground.bot('PATCH', path, { sha: next })).body.object.sha).toBe(next)
    expect((await ground.bot('PATCH', path, { sha: head })).body.message).toBe('Update is not a fast forward')
    expect((await ground.bot('PATCH', path, { sha: head, force: true })).status).toBe(200)
    expect((await ground.bot('DELETE', path)).status).toBe(204)
    expect(await ground.bot('DELETE', path)).toMatchObject({
      status: 422,
      body: { message: 'Reference does not exist' },
    })
  })

  const refusals: [title: string, body: () => Record<string, string>, message: string][] = [
    ['one that is there', () => ({ ref: 'refs/heads/main', sha: head }), 'Reference already exists'],
    ['a commit that is not', () => ({ ref: 'refs/heads/x', sha: 'f'.repeat(40) }), 'Object does not exist'],
    ['a name below a branch', () => ({ ref: 'refs/heads/main/x', sha: head }), 'Reference cannot be created'],
  ]
  it.each(refusals)('refuse %s', async (_, body, message) => {
    expect(await ground.bot('POST', `${root}/git/refs`, body())).toMatchObject({ status: 422, body: { message } })
  })
})

describe('deployments', () => {
  const draft = { ref: 'main', environment: 'prod/shop', required_contexts: [], auto_merge: false }

  it('are made once and told how far they are', async () => {
    const { status, body } = await ground.bot('POST', `${root}/deployments`, draft)
    expect(status).toBe(201)
    expect(body).toMatchObject({ sha: head, environment: 'prod/shop', task: 'deploy' })
    for (const state of ['in_progress', 'success']) {
      const path = `${root}/deployments/${body.id}/statuses`
      expect((await ground.bot('POST', path, { state, description: 'text' })).status).toBe(201)
    }
    const statuses = await ground.bot('GET', `${root}/deployments/${body.id}/statuses`)
    expect(statuses.body.map((one: { state: string }) => one.state)).toEqual(['success', 'in_progress'])
    const found = await ground.bot('GET', `${root}/deployments?sha=${head}&environment=prod%2Fshop`)
    expect(found.body).toMatchObject([{ id: body.id }])
    expect((await ground.bot('GET', `${root}/deployments?environment=other`)).body).toEqual([])
  })

  it('need a commit that is there and, unless told otherwise, green checks', async () => {
    expect((await ground.bot('POST', `${root}/deployments`, { ...draft, ref: 'gone' })).status).toBe(422)
    ground.gitops.setStatus('main', 'ci', 'failure')
    expect((await ground.bot('POST', `${root}/deployments`, { ref: 'main' })).status).toBe(409)
    expect((await ground.bot('POST', `${root}/deployments`, draft)).status).toBe(201)
  })
})

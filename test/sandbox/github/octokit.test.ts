import { Octokit } from 'octokit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from './client.ts'

const place = { owner: 'acme', repo: 'gitops' }
let ground: Ground
let octokit: Octokit

beforeEach(async () => {
  ground = await startGround()
  octokit = new Octokit({
    auth: ground.github.token('fairlead'),
    baseUrl: ground.github.apiUrl,
    throttle: { enabled: false },
    retry: { enabled: false },
  })
})
afterEach(() => ground.close())

describe('octokit', () => {
  it('takes a pull request from its branch to its merge', async () => {
    const head = ground.branch('fairlead/web', { 'apps/web.yaml': 'image: web:2\n' })
    const opened = await octokit.rest.pulls.create({ ...place, title: 'web 2', head: 'fairlead/web', base: 'main' })
    const pull_number = opened.data.number
    await octokit.rest.issues.addLabels({ ...place, issue_number: pull_number, labels: ['fairlead:hold'] })
    await octokit.rest.issues.removeLabel({ ...place, issue_number: pull_number, name: 'fairlead:hold' })
    await octokit.rest.repos.createCommitStatus({ ...place, sha: head, state: 'success', context: 'ci' })
    const status = await octokit.rest.repos.getCombinedStatusForRef({ ...place, ref: head })
    expect(status.data.state).toBe('success')
    ground.gitops.review(pull_number, 'ada', 'APPROVE')
    const reviews = await octokit.rest.pulls.listReviews({ ...place, pull_number })
    expect(reviews.data.map((one) => [one.user?.login, one.state])).toEqual([['ada', 'APPROVED']])
    const merged = await octokit.rest.pulls.merge({ ...place, pull_number, sha: head })
    expect(merged.data).toMatchObject({ merged: true, sha: ground.git.head('acme/gitops', 'main') })
    await octokit.rest.git.deleteRef({ ...place, ref: 'heads/fairlead/web' })
    expect((await octokit.rest.pulls.get({ ...place, pull_number })).data.merged_by?.login).toBe('fairlead')
  })

  it('walks through pages and takes a refusal for what it is', async () => {
    for (const name of ['a', 'b', 'c']) {
      ground.branch(name, { [name]: name })
      ground.gitops.open('ada', { title: name, head: name, base: 'main' })
    }
    const all = await octokit.paginate(octokit.rest.pulls.list, { ...place, per_page: 1 })
    expect(all.map((one) => one.title)).toEqual(['c', 'b', 'a'])
    const twice = octokit.rest.pulls.create({ ...place, title: 'a', head: 'a', base: 'main' })
    await expect(twice).rejects.toMatchObject({ status: 422 })
  })

  it('speaks GraphQL', async () => {
    const query = 'query($owner: String!) { repository(owner: $owner, name: "gitops") { nameWithOwner } }'
    expect(await octokit.graphql(query, { owner: 'acme' })).toEqual({ repository: { nameWithOwner: 'acme/gitops' } })
  })
})

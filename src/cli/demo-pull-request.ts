import { FairleadError } from '../errors.ts'
import type { GitHubSandbox } from '../sandbox/github/github.ts'
import { appliedRevision, poll, repository, requestOf, type Story } from './demo-story.ts'

/** An open pull request, by its number and its address for people. */
interface Proposed {
  number: number
  url: string
}

/** What may only be changed by pull request is reviewed, merged by rule, and told about where it was reviewed. */
export async function tellPullRequest(story: Story): Promise<void> {
  const { world, narrator, github } = story
  const dana = github.person('dana')
  let proposed: Proposed = { number: 0, url: '' }
  await narrator.step('proposal', async () => {
    proposed = await proposedUpdate(story, '3.2.0')
    const { title } = await readPull(github, dana, proposed.number)
    return {
      title: 'shop/checkout is only changed by pull request, so fairlead opens one',
      detail: `${title}\n${proposed.url}`,
    }
  })
  const { number, url } = proposed
  await narrator.step('check', async () => {
    return { title: 'CI finds nothing wrong with it', detail: await validate(github, number) }
  })
  await narrator.step('review', async () => {
    await call(github, dana, `/pulls/${number}/reviews`, { event: 'APPROVE' })
    return {
      title: 'dana, who may write to the repository, approves it there',
      detail: `POST ${apiOf(github)}/pulls/${number}/reviews`,
    }
  })
  let merge = ''
  await narrator.step('merge', async () => {
    const merged = await poll('the merge', async () => {
      const pull = await readPull(github, dana, number)
      return pull.merged ? pull : undefined
    })
    merge = merged.merge_commit_sha
    return {
      title: 'that is all its rule asks for, so fairlead merges it',
      detail: `${merge} by ${merged.merged_by.login}`,
    }
  })
  await narrator.step('merge-sync', async () => {
    const revision = await world.until('the engine applies it', () => appliedRevision(world, merge))
    return { title: 'the engine applies the merge', detail: `Kustomization/flux-system/apps ${revision}` }
  })
  await narrator.step('outcome', async () => {
    const words = await poll('the comment that tells of success', () => outcomeOf(github, dana, number))
    return { title: 'and the pull request tells what became of it', detail: `${words}\n${url}` }
  })
}

/** One more that needs nothing but a review: its address for people, and how dana approves it without a browser. */
export async function leaveForReview(story: Story, tag: string): Promise<{ url: string; command: string }> {
  const { github } = story
  const { number, url } = await proposedUpdate(story, tag)
  await validate(github, number)
  const header = `-H 'Authorization: Bearer ${github.person('dana')}'`
  return { url, command: `curl ${header} -d '{"event":"APPROVE"}' ${apiOf(github)}/pulls/${number}/reviews` }
}

/** What CI says about the head of a pull request, in words. */
async function validate(github: GitHubSandbox, number: number): Promise<string> {
  const ci = github.person('ci')
  const { head } = await readPull(github, ci, number)
  const status = { state: 'success', context: 'ci/validate', description: 'All manifests are valid' }
  await call(github, ci, `/statuses/${head.sha}`, status)
  return `${status.context} ${status.state} on ${head.sha}`
}

/** Pushes that tag of the checkout; the pull request that then wants to be reviewed. */
async function proposedUpdate({ world, controller }: Story, tag: string): Promise<Proposed> {
  world.registry.push('acme/checkout', tag)
  const request = await controller.logged(`the decision about acme/checkout:${tag}`, (line) =>
    line.msg === 'decided an update' && String(line.to).endsWith(`:${tag}`) ? String(line.request) : undefined,
  )
  return world.until('its pull request', () => {
    const status = requestOf(world, request)?.status as { pullRequest?: Proposed } | undefined
    return status?.pullRequest
  })
}

/** The comment by fairlead, without its hidden marks, once it says that all went well. */
async function outcomeOf(github: GitHubSandbox, token: string, number: number): Promise<string | undefined> {
  const comments = (await call(github, token, `/issues/${number}/comments`)) as readonly { body: string }[]
  const told = comments.map(({ body }) => body.replaceAll(/<!--.*?-->/gs, '').trim())
  return told.find((body) => /\bsuccess\b/i.test(body))
}

/** The fields of a pull request that the story is about. */
interface Pull {
  title: string
  head: { sha: string }
  merged: boolean
  merge_commit_sha: string
  merged_by: { login: string }
}

async function readPull(github: GitHubSandbox, token: string, number: number): Promise<Pull> {
  return (await call(github, token, `/pulls/${number}`)) as Pull
}

const apiOf = ({ apiUrl }: GitHubSandbox) => `${apiUrl}/repos/${repository}`

/** One call of GitHub's API, as anybody with a token would make it. */
async function call(github: GitHubSandbox, token: string, path: string, body?: object): Promise<unknown> {
  const url = apiOf(github) + path
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const sent = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }
  const answer = await fetch(url, { headers, ...sent })
  if (answer.ok) return answer.json()
  throw new FairleadError('Internal', `${url}: ${answer.status} ${await answer.text()}`)
}

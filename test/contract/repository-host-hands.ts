import { z } from 'zod'
import type { BotHand, PersonHand } from './repository-host-world.ts'

/** A repository at GitHub, or at something that answers as GitHub does. */
export interface GitHubPlace {
  /** Without a slash at its end. */
  apiURL: string
  /** `owner/name` */
  repository: string
}

export type Ask = (method: string, path: string, body?: object) => Promise<unknown>

/** Requests of one account about one repository; everything but success is an error of the test. */
export function asking({ apiURL, repository }: GitHubPlace, token: string): Ask {
  return async (method, path, body) => {
    const response = await fetch(`${apiURL}/repos/${repository}/${path}`.replace(/\/$/, ''), {
      method,
      headers: { authorization: `Bearer ${token}`, accept: 'application/vnd.github+json', 'user-agent': 'fairlead' },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }
}

const login = z.object({ login: z.string() })
const comments = z.array(z.object({ user: login, body: z.string() }))
const statuses = z.array(z.object({ context: z.string(), state: z.string(), description: z.string().nullish() }))
const asked = z.object({ requested_reviewers: z.array(login), assignees: z.array(login) })
const reviews = z.array(z.object({ id: z.number(), user: login, state: z.string() }))

const stateOf = { pending: 'pending', green: 'success', failed: 'failure' } as const

export function botHand(ask: Ask): BotHand {
  return {
    label: async (number, label) => void (await ask('POST', `issues/${number}/labels`, { labels: [label] })),
    reopen: async (number) => void (await ask('PATCH', `pulls/${number}`, { state: 'open' })),
    async check(commit, name, word) {
      await ask('POST', `statuses/${commit}`, { context: name, state: stateOf[word] })
    },
    async comments(number) {
      const answer = comments.parse(await ask('GET', `issues/${number}/comments`))
      return answer.map(({ user, body }) => ({ by: user.login, text: body }))
    },
    async statuses(commit) {
      const answer = statuses.parse(await ask('GET', `commits/${commit}/statuses`))
      return answer
        .map(({ context, state, description }) => ({ name: context, state, text: description ?? '' }))
        .reverse()
    },
    async asked(number) {
      const answer = asked.parse(await ask('GET', `pulls/${number}`))
      const logins = (all: { login: string }[]) => all.map((one) => one.login)
      return { reviewers: logins(answer.requested_reviewers), assignees: logins(answer.assignees) }
    },
  }
}

export function personHand(ask: Ask, name: string): PersonHand {
  const review = async (number: number, event: string, body: string) =>
    void (await ask('POST', `pulls/${number}/reviews`, { event, body }))
  return {
    login: name,
    approve: (number) => review(number, 'APPROVE', ''),
    requestChanges: (number) => review(number, 'REQUEST_CHANGES', 'no'),
    remark: (number) => review(number, 'COMMENT', 'hm'),
    async dismiss(number) {
      const all = reviews.parse(await ask('GET', `pulls/${number}/reviews`))
      const mine = all.findLast((one) => one.user.login === name && one.state !== 'COMMENTED')
      await ask('PUT', `pulls/${number}/reviews/${mine?.id}/dismissals`, { message: 'over' })
    },
    comment: async (number, text) => void (await ask('POST', `issues/${number}/comments`, { body: text })),
    merge: async (number) => void (await ask('PUT', `pulls/${number}/merge`, {})),
    close: async (number) => void (await ask('PATCH', `pulls/${number}`, { state: 'closed' })),
  }
}

import { z } from 'zod'
import { FairleadError } from '../../errors.ts'

/** What GitHub sends us, no more of it than is used. Source: GitHub's OpenAPI description, as octokit types it. */

const login = z.object({ login: z.string().max(255) })
const sha = z.string().regex(/^[0-9a-f]{40,64}$/)
const time = z.iso.datetime({ offset: true }).transform((text) => new Date(text))

export const appSchema = z.object({ slug: z.string().max(255) })
export const userSchema = login
/** As octokit hands out a token that it got from an installation. */
export const installationTokenSchema = z.object({
  token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  expiresAt: z.iso.datetime({ offset: true }),
})

const branch = z.object({ ref: z.string(), sha, repo: z.object({ id: z.number() }).nullish() })

/** Of a list, and of a single one; `mergeable_state` and people are in the latter only. */
export const pullSchema = z.object({
  node_id: z.string().max(255),
  number: z.number(),
  html_url: z.string().max(2000),
  state: z.enum(['open', 'closed']),
  draft: z.boolean().nullish(),
  title: z.string(),
  body: z.string().nullish(),
  head: branch,
  base: branch,
  labels: z.array(z.object({ name: z.string().nullish() })),
  user: login.nullish(),
  created_at: time,
  closed_at: time.nullish(),
  merged_at: time.nullish(),
  merge_commit_sha: sha.nullish(),
  merged_by: login.nullish(),
  mergeable_state: z.string().nullish(),
  auto_merge: z.object({}).nullish(),
})
export type Pull = z.output<typeof pullSchema>

export const issueSchema = z.object({ closed_by: login.nullish() })

const person = z.object({ name: z.string().nullish(), email: z.string().nullish() })
export const pullCommitSchema = z.object({
  sha,
  commit: z.object({ message: z.string(), committer: person.nullish() }),
  /** An account, null, or an empty object. */
  author: z.object({ login: z.string().max(255).nullish() }).nullish(),
})

export const reviewSchema = z.object({
  user: login.nullish(),
  state: z.string().max(100),
  commit_id: z.string().nullish(),
})
export const permissionSchema = z.object({ permission: z.string().max(100) })

export const checkRunSchema = z.object({
  name: z.string(),
  status: z.string().max(100),
  conclusion: z.string().max(100).nullish(),
})
export const combinedStatusSchema = z.object({
  total_count: z.number(),
  statuses: z.array(z.object({ context: z.string(), state: z.string().max(100), description: z.string().nullish() })),
})

export const mergeSchema = z.object({ sha: sha.nullish().catch(undefined), merged: z.boolean().nullish() })
export const commentSchema = z.object({ id: z.number(), body: z.string().nullish(), user: login.nullish() })
export const assignedSchema = z.object({ assignees: z.array(login).nullish() })

export const repositorySchema = z.object({ allow_auto_merge: z.boolean().nullish() })
export const ruleSchema = z.object({
  type: z.string().max(100),
  parameters: z
    .object({
      required_approving_review_count: z.number().nullish(),
      dismiss_stale_reviews_on_push: z.boolean().nullish(),
      require_last_push_approval: z.boolean().nullish(),
      required_status_checks: z.array(z.unknown()).nullish(),
    })
    .nullish(),
})
const requiredChecks = z.object({
  enforcement_level: z.string().max(100).nullish(),
  contexts: z.array(z.string()).nullish(),
  checks: z.array(z.unknown()).nullish(),
})
export type RequiredChecks = z.output<typeof requiredChecks>
/** What everybody who reads may know of a classic protection. */
export const branchSchema = z.object({
  protection: z.object({ required_status_checks: requiredChecks.nullish() }).nullish(),
})
export const protectionSchema = z.object({
  required_status_checks: requiredChecks.nullish(),
  required_pull_request_reviews: z
    .object({
      required_approving_review_count: z.number().nullish(),
      dismiss_stale_reviews: z.boolean().nullish(),
      require_last_push_approval: z.boolean().nullish(),
    })
    .nullish(),
})

export const deploymentSchema = z.object({ id: z.number() })
export const deploymentStatusSchema = z.object({ state: z.string().max(100), description: z.string().nullish() })

export const hostedCommitSchema = z.object({ createCommitOnBranch: z.object({ commit: z.object({ oid: sha }) }) })

/** What every answer is held against. `HostInvalid` says what was read and where it is wrong, never the content. */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const checked = schema.safeParse(answer)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  const where = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`
  throw new FairleadError('HostInvalid', `${what}: unexpected answer${where}: ${issue?.message ?? 'invalid'}`)
}

import { z } from 'zod'

/** What the configuration says about the service that hosts a repository, and about pull requests there. */

const file = z.string().min(1)
/** Of accounts, teams and labels: whatever a host allows in them, no line break and no comma. */
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc},]+$/u, 'a name without commas and control characters')
const names = z.array(name).max(20).default([])
const login = name.regex(/^[^@/]+$/, 'a name without @ and organisation')
const logins = z.array(login).max(20).default([])

const id = z.number().int().positive()

export const githubApp = z.strictObject({
  appId: id,
  installationId: id.describe('The number at the end of the address of the installation.'),
  privateKeyFile: file.describe('PEM, as GitHub hands it out.'),
})

export const host = z.strictObject({
  type: z.literal('github'),
  apiURL: z
    .union([z.literal(''), z.url({ protocol: /^https?$/, error: 'an https URL' })])
    .default('')
    .describe('Default: https://api.github.com, or https://HOST/api/v3 of another host.'),
  tokenFile: file.optional().describe('For the API; default: the tokenFile or githubApp of credentials.'),
  deployments: z
    .array(z.string().min(1).max(200))
    .max(100)
    .default([])
    .describe('Globs such as acme/*: application repositories that may be told what was deployed.'),
})

export const pullRequest = z.strictObject({
  branchPrefix: z
    .string()
    .max(50)
    .regex(
      /^(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock\/))[A-Za-z0-9][A-Za-z0-9._/-]*[/-]$/,
      'the start of a branch name, such as fairlead/',
    )
    .default('fairlead/'),
  labels: names,
  reviewers: logins,
  teamReviewers: logins.describe('Names without the organisation before them.'),
  assignees: logins,
  draft: z.boolean().default(false),
  automerge: z.enum(['never', 'on-green', 'on-approval']).default('never'),
  checks: z
    .enum(['required', 'optional'])
    .default('required')
    .describe('required: a commit without any check is not green.'),
  mergeMethod: z.enum(['merge', 'squash', 'rebase']).default('merge'),
  openLimit: z.number().int().min(1).max(1000).default(10).describe('So many open ones at once.'),
  perHour: z.number().int().min(1).max(1000).default(10).describe('So many new ones in an hour.'),
  group: z.enum(['none', 'namespace', 'repository']).default('none').describe('Which changes share a pull request.'),
})

export type HostConfig = z.output<typeof host>
export type PullRequestConfig = z.output<typeof pullRequest>

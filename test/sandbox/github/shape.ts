import type { components } from '@octokit/openapi-types'
import { branchJson, protectionJson, referenceJson, rulesJson } from '../../../src/sandbox/github/view/branch-json.ts'
import { checkRunJson, combinedStatusJson, statusJson } from '../../../src/sandbox/github/view/check-json.ts'
import { commitJson } from '../../../src/sandbox/github/view/commit-json.ts'
import { deploymentJson, deploymentStatusJson } from '../../../src/sandbox/github/view/deployment-json.ts'
import { labelJson, pullJson, simplePullJson } from '../../../src/sandbox/github/view/pull-json.ts'
import { fullRepositoryJson } from '../../../src/sandbox/github/view/repository-json.ts'
import { commentJson, issueJson, reviewJson } from '../../../src/sandbox/github/view/review-json.ts'
import { userJson } from '../../../src/sandbox/github/view/user-json.ts'

type Schemas = components['schemas']

/**
 * The sandbox's answers beside octokit's own types of the same. This file compiles only while every answer has all the
 * fields that GitHub describes, each of the right type.
 */
export const shapes = {
  'simple-user': userJson,
  label: labelJson,
  'full-repository': fullRepositoryJson,
  'pull-request': pullJson,
  'pull-request-simple': simplePullJson,
  'pull-request-review': reviewJson,
  issue: issueJson,
  'issue-comment': commentJson,
  commit: commitJson,
  status: statusJson,
  'combined-commit-status': combinedStatusJson,
  'check-run': checkRunJson,
  'branch-with-protection': branchJson,
  'branch-protection': protectionJson,
  'git-ref': referenceJson,
  deployment: deploymentJson,
  'deployment-status': deploymentStatusJson,
} satisfies { [K in keyof Schemas]?: (...given: never[]) => Schemas[K] }

export const ruleShape = rulesJson satisfies (...given: never[]) => Schemas['repository-rule-detailed'][]

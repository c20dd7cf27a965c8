import { z } from 'zod'
import type { BranchDemands } from '../../ports-repository-host.ts'
import type { Refusal } from './error.ts'
import type { HostedRepository } from './repository.ts'
import { branchSchema, protectionSchema, type RequiredChecks, repositorySchema, ruleSchema } from './schema.ts'

/**
 * What a branch demands by its rulesets and by its classic protection. The latter is told in full to administrators
 * only; others learn its checks but not its reviews, and then a review counts as not demanded.
 */
export async function readDemands(repository: HostedRepository, branch: string): Promise<BranchDemands> {
  const deed = { words: `reading the rules of the branch ${branch}`, needs: 'Metadata: read' }
  const { place } = repository
  const rules = await readRules(repository, branch)
  const branchAnswer = await repository.send(deed, ({ rest }) => rest.repos.getBranch({ ...place, branch }))
  const protection = await readProtection(repository, branch)
  const repositoryAnswer = await repository.send(deed, ({ rest }) => rest.repos.get(place))

  const visible = repository.parse(deed, branchSchema, branchAnswer).protection?.required_status_checks
  const classic = protection?.required_pull_request_reviews
  const has = (type: string) => rules.some((rule) => rule.type === type)
  return {
    review:
      demandsReview({ ...classic, dismiss_stale_reviews_on_push: classic?.dismiss_stale_reviews }) ||
      rules.some(({ parameters }) => demandsReview(parameters)),
    checks:
      has('workflows') ||
      rules.some(({ parameters }) => (parameters?.required_status_checks ?? []).length > 0) ||
      demandsChecks(visible) ||
      demandsChecks(protection?.required_status_checks),
    queue: has('merge_queue'),
    mergesItself: repository.parse(deed, repositorySchema, repositoryAnswer).allow_auto_merge === true,
  }
}

/** The rules of all rulesets that concern a branch. */
export async function readRules(repository: HostedRepository, branch: string): Promise<z.output<typeof ruleSchema>[]> {
  const deed = { words: `reading the rules of the branch ${branch}`, needs: 'Metadata: read' }
  const answer = await repository.send(
    deed,
    ({ rest }) => rest.repos.getBranchRules({ ...repository.place, branch, per_page: 100 }),
    hasNoRules,
  )
  return answer === 'none' ? [] : repository.parse(deed, z.array(ruleSchema), answer)
}

/** Private repositories without a paid plan have no rulesets, and older servers do not know them at all. */
function hasNoRules({ status, words }: Refusal): 'none' | undefined {
  return status === 404 || (status === 403 && /\bupgrade to\b/i.test(words)) ? 'none' : undefined
}

async function readProtection(repository: HostedRepository, branch: string) {
  const deed = { words: `reading the protection of the branch ${branch}`, needs: 'Administration: read' }
  const answer = await repository.send(
    deed,
    ({ rest }) => rest.repos.getBranchProtection({ ...repository.place, branch }),
    ({ status, words }) => (status === 404 || (status === 403 && !/archived/i.test(words)) ? 'not for us' : undefined),
  )
  return answer === 'not for us' ? undefined : repository.parse(deed, protectionSchema, answer)
}

/** Where an approval outlives the commit that it was about, the newest one need not have any. */
function demandsReview(parameters: z.output<typeof ruleSchema>['parameters']): boolean {
  const isOfNewest =
    parameters?.dismiss_stale_reviews_on_push === true || parameters?.require_last_push_approval === true
  return isOfNewest && (parameters?.required_approving_review_count ?? 0) > 0
}

function demandsChecks(required: RequiredChecks | null | undefined): boolean {
  if (required == null || required.enforcement_level === 'off') return false
  return (required.contexts ?? []).length > 0 || (required.checks ?? []).length > 0
}

import { Buffer } from 'node:buffer'
import { parseTrailers } from '../../core/change/trailer.ts'
import { type ErrorCode, FairleadError } from '../../errors.ts'
import type { HostedCommits } from '../../ports-repository-host.ts'
import type { Lane } from './budget.ts'
import type { Refusal } from './error.ts'
import type { HostedRepository } from './repository.ts'
import { hostedCommitSchema } from './schema.ts'

const mutation = `mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid } }
}`

/** A commit that GitHub makes and signs. Source: its GraphQL documents, createCommitOnBranch. */
export async function commitOnBranch(
  repository: HostedRepository,
  { branch, base, message, files }: Parameters<HostedCommits['commit']>[0],
): Promise<string> {
  const deed = { words: `committing to ${branch}`, needs: 'Contents: write' }
  const { owner, repo } = repository.place
  const [headline = '', ...rest] = message.trimEnd().split('\n')
  const input = {
    branch: { repositoryNameWithOwner: `${owner}/${repo}`, branchName: branch },
    expectedHeadOid: base,
    message: { headline, body: rest.join('\n').trim() },
    fileChanges: {
      additions: files.map(({ path, text }) => ({ path, contents: Buffer.from(text, 'utf8').toString('base64') })),
    },
  }
  const lane = laneOfMessage(message)
  const answer = await repository.graphql<never>(deed, { text: mutation, variables: { input }, lane }, (refusal) => {
    const code = commitRefusal(refusal)
    if (code === undefined) return undefined
    throw new FairleadError(code, `${repository.name}: ${deed.words} was refused: ${refusal.words}`)
  })
  return repository.parse(deed, hostedCommitSchema, answer).createCommitOnBranch.commit.oid
}

/** What takes a bad version back goes before everything else. */
export function laneOfMessage(message: string): Lane {
  return parseTrailers(message).get('Fairlead-Action')?.includes('rollback') === true ? 'rollback' : 'merge'
}

/**
 * Undefined when it is no answer about this commit. Source: what people quote: `STALE_DATA` with "Expected branch to
 * point to … but it did not", rules with "Repository rule violations found" or "Protected branch update failed".
 */
export function commitRefusal({
  status,
  types,
  words,
}: Pick<Refusal, 'status' | 'types' | 'words'>): ErrorCode | undefined {
  if (status !== 200) return undefined
  if (types.includes('STALE_DATA') || /expected branch to point to/i.test(words)) return 'PushRejected'
  return /rule violations|protected branch|changes must be made through|required status check|approving review/i.test(
    words,
  )
    ? 'PushRefused'
    : undefined
}

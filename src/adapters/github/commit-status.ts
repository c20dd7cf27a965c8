import { sanitiseLine } from '../../core/change/text.ts'
import type { OutcomeState, Outcomes } from '../../ports-repository-host.ts'
import { readStatuses } from './check.ts'
import type { HostedRepository } from './repository.ts'

/** Longer ones are refused. Source: GitHub's REST documents, "Create a commit status" and "Create a deployment status". */
export const longestDescription = 140

/** One status of a commit, written only when the host has another one. */
export async function writeStatus(
  repository: HostedRepository,
  commit: string,
  { name, state, text }: Parameters<Outcomes['status']>[1],
): Promise<void> {
  const description = sanitiseLine(text, longestDescription)
  const { statuses } = await readStatuses(repository, commit)
  const known = statuses.find(({ context }) => context === name)
  if (known !== undefined && isSame(known, { state, description })) return
  const deed = { words: `writing the status ${name} of ${commit.slice(0, 12)}`, needs: 'Commit statuses: write' }
  await repository.send(deed, ({ rest }) =>
    rest.repos.createCommitStatus({ ...repository.place, sha: commit, context: name, state, description }),
  )
}

function isSame(
  known: { state: string; description?: string | null | undefined },
  { state, description }: { state: OutcomeState; description: string },
): boolean {
  return known.state === state && (known.description ?? '') === description
}

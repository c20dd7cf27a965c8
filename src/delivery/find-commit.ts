import { readTrailerBlocks } from '../core/change/trailer.ts'
import type { GitRepository } from '../ports.ts'

/**
 * The newest commit that carries this `Fairlead-Id`, among the last 1,000 first parents after `from` up to `head`. Of a
 * proposal it is the merge or squash that names it, or the commit that a rebase made of it.
 */
export async function findCommit(
  repository: Pick<GitRepository, 'log'>,
  id: string,
  head: string,
  from = '',
): Promise<string | undefined> {
  const commits = await repository.log(from, head)
  return commits.find(({ message }) =>
    readTrailerBlocks(message).some((block) => block.some(([key, value]) => key === 'Fairlead-Id' && value === id)),
  )?.id
}

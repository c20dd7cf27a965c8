import { parseTrailers } from '../core/change/trailer.ts'
import type { GitRepository } from '../ports.ts'

/** The newest commit that carries this `Fairlead-Id`, among the last 1,000 first parents after `from` up to `head`. */
export async function findCommit(
  repository: Pick<GitRepository, 'log'>,
  id: string,
  head: string,
  from = '',
): Promise<string | undefined> {
  const commits = await repository.log(from, head)
  return commits.find((one) => parseTrailers(one.message).get('Fairlead-Id')?.includes(id))?.id
}

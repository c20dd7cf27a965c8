import { z } from 'zod'
import type { ProposedCommit } from '../../ports-repository-host.ts'
import type { Answer } from './client.ts'
import type { HostedRepository } from './repository.ts'
import { pullCommitSchema } from './schema.ts'

/** GitHub lists no more than 250. */
const pageSize = 100

/** What a pull request consists of, oldest first. */
export async function listCommits(repository: HostedRepository, number: number): Promise<readonly ProposedCommit[]> {
  const deed = { words: `listing the commits of pull request ${number}`, needs: 'Pull requests: read' }
  const found: Answer[] = []
  const list = repository.pages(deed, ({ paginate, rest }) =>
    paginate.iterator(rest.pulls.listCommits, { ...repository.place, pull_number: number, per_page: pageSize }),
  )
  for await (const page of list) found.push(page)
  return repository.remember(`commits ${number}`, found, () =>
    found
      .flatMap((page) => repository.parse(deed, z.array(pullCommitSchema), page))
      .map(({ sha, commit, author }) => ({
        id: sha,
        message: commit.message,
        committer: { name: commit.committer?.name ?? '', email: commit.committer?.email ?? '' },
        account: author?.login ?? undefined,
      })),
  )
}

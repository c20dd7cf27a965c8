import { z } from 'zod'
import type { Clock } from '../../ports.ts'
import type { Review } from '../../ports-repository-host.ts'
import type { Answer } from './client.ts'
import type { HostedRepository } from './repository.ts'
import { permissionSchema, reviewSchema } from './schema.ts'

/** Says of people whether they may write to the repository. */
export type WriteCheck = (login: string) => Promise<boolean>

const keptMs = 5 * 60_000
/** A review may have 65,536 characters; a page must stay below the size of an answer that is read. */
const pageSize = 30
const keptPeople = 500

/** Rights change seldom, and the host is asked about the same people again and again. */
export function createWriteCheck(repository: HostedRepository, clock: Clock): WriteCheck {
  const known = new Map<string, { mayWrite: boolean; until: number }>()
  return async (login) => {
    const before = known.get(login)
    if (before !== undefined && before.until > clock.monotonicMs()) return before.mayWrite
    const mayWrite = await askRights(repository, login)
    known.delete(login)
    known.set(login, { mayWrite, until: clock.monotonicMs() + keptMs })
    const oldest = known.keys().next().value
    if (known.size > keptPeople && oldest !== undefined) known.delete(oldest)
    return mayWrite
  }
}

async function askRights(repository: HostedRepository, login: string): Promise<boolean> {
  const deed = { words: `asking what ${login} may do`, needs: 'Metadata: read and Contents: write' }
  const answer = await repository.send(
    deed,
    ({ rest }) => rest.repos.getCollaboratorPermissionLevel({ ...repository.place, username: login }),
    // Accounts of Apps are no people, and those who left are not found.
    ({ status }) => (status === 404 ? 'unknown' : undefined),
  )
  if (answer === 'unknown') return false
  // Source: GitHub's REST documents: maintain is told as write, triage as read.
  return ['admin', 'write'].includes(repository.parse(deed, permissionSchema, answer).permission)
}

type Word = Omit<Review, 'mayWrite'>

/** The last word of everyone who gave one. */
export async function listReviews(
  repository: HostedRepository,
  number: number,
  mayWrite: WriteCheck,
): Promise<readonly Review[]> {
  const deed = { words: `listing the reviews of pull request ${number}`, needs: 'Pull requests: read' }
  const found: Answer[] = []
  const list = repository.pages(deed, ({ paginate, rest }) =>
    paginate.iterator(rest.pulls.listReviews, { ...repository.place, pull_number: number, per_page: pageSize }),
  )
  for await (const page of list) found.push(page)
  const words = lastWords(found.flatMap((page) => repository.parse(deed, z.array(reviewSchema), page)))
  const rights = await Promise.all(words.map(({ by }) => mayWrite(by)))
  const reviews = words.map((word, at) => ({ ...word, mayWrite: rights[at] === true }))
  return repository.remember(`reviews ${number} ${rights.join()}`, found, () => reviews)
}

/**
 * Of reviews in the order in which they were given. A comment takes nothing back; a review that was dismissed does, also
 * what the same person said before it.
 */
export function lastWords(reviews: readonly z.output<typeof reviewSchema>[]): readonly Word[] {
  const words = new Map<string, Word>()
  for (const { user, state, commit_id: commit } of reviews) {
    if (user == null) continue
    const by = user.login
    if (state === 'APPROVED') words.set(by, { by, state: 'approved', commit: commit ?? '' })
    else if (state === 'CHANGES_REQUESTED') words.set(by, { by, state: 'changes-requested', commit: commit ?? '' })
    else if (state === 'DISMISSED') words.delete(by)
  }
  return [...words.values()]
}

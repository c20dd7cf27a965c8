import { z } from 'zod'
import type { Answer } from './client.ts'
import type { HostedRepository } from './repository.ts'
import { commentSchema } from './schema.ts'

/** A comment may have 65,536 characters; a page must stay below the size of an answer that is read. */
const pageSize = 30
const mostPages = 34
const needs = 'Pull requests: write'

type Comment = z.output<typeof commentSchema>

/** The one comment of `account` that begins with `marker` gets this text; made when there is none. */
export async function writeComment(
  repository: HostedRepository,
  number: number,
  { account, marker, text }: { account: string; marker: string; text: string },
): Promise<void> {
  const own = await findComment(repository, number, { account, marker })
  const deed = { words: `commenting on pull request ${number}`, needs }
  const { place } = repository
  if (own === undefined) {
    await repository.send(deed, ({ rest }) => rest.issues.createComment({ ...place, issue_number: number, body: text }))
  } else if (withoutDrift(own.body ?? '') !== withoutDrift(text)) {
    await repository.send(deed, ({ rest }) => rest.issues.updateComment({ ...place, comment_id: own.id, body: text }))
  }
}

/** Usually on the first page: we comment early. */
async function findComment(
  repository: HostedRepository,
  number: number,
  { account, marker }: { account: string; marker: string },
): Promise<Comment | undefined> {
  const deed = { words: `reading the comments of pull request ${number}`, needs }
  const read: Answer[] = []
  const list = repository.pages(deed, ({ paginate, rest }) =>
    paginate.iterator(rest.issues.listComments, { ...repository.place, issue_number: number, per_page: pageSize }),
  )
  for await (const page of list) {
    const own = repository
      .parse(deed, z.array(commentSchema), page)
      .find(({ user, body }) => user?.login === account && body?.startsWith(marker) === true)
    if (own !== undefined) return own
    read.push(page)
    if (read.length === mostPages) break
  }
  return undefined
}

/** Hosts may write line ends in their own way and drop blanks at the end. */
function withoutDrift(text: string): string {
  return text.replaceAll('\r\n', '\n').trim()
}

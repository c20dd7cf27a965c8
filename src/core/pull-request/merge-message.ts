import { inertLine } from '../change/inert.ts'
import { type MessageFacts, renderTrailers } from '../change/message.ts'
import { imageVersion } from '../change/reference-part.ts'
import { changeWords, counted, inOrder, placeWords } from './change-words.ts'
import { renderTitle, type TitleFacts } from './proposal-text.ts'
import type { ProposedChange } from './proposed-change.ts'

/** Hosts say no limit; a message that nobody reads to its end helps nobody. */
const maxMessageLength = 60_000

/**
 * Subject and rest of the commit that a merge or a squash makes. Its last paragraph carries the trailers of every change,
 * one after the other, so that the first-parent history alone tells what was merged; `readChanges` reads them back.
 */
export function renderMergeMessage(facts: TitleFacts): { title: string; message: string } {
  const { cluster } = facts
  const changes = inOrder(facts.changes)
  const trailers: string[] = []
  let length = 0
  for (const change of changes) {
    const one = renderTrailers(messageFacts(change, cluster))
    length += one.length + 200
    if (length > maxMessageLength) break
    trailers.push(one)
  }
  const left = changes.length - trailers.length
  const list = changes.slice(0, trailers.length).map(changeLine)
  if (left > 0) list.push(`* and ${counted(left, 'more change')}`)
  const words = changes.length > 1 ? `${list.join('\n')}\n\n` : ''
  return { title: renderTitle(facts), message: `${words}${trailers.join('\n')}\n` }
}

/** Argo CD reads the head of a branch, which is the merge. */
function messageFacts({ source, ...change }: ProposedChange, cluster: string): MessageFacts {
  const isKnown = source !== undefined
  return { ...change, cluster, source: isKnown ? { repository: source.url, revision: source.toRevision } : undefined }
}

function changeLine(change: ProposedChange): string {
  return `* ${inertLine(`${changeWords([change])} (was ${imageVersion(change.from)}) in ${placeWords([change])}`)}`
}

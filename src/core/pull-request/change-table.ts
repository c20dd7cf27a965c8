import { imageDigest, imageName, imageVersion } from '../change/reference-part.ts'
import { counted, workloadName } from './change-words.ts'
import { compareLink } from './compare-link.ts'
import { codeSpan, folded, table } from './markdown.ts'
import type { ProposedChange } from './proposed-change.ts'

/** Workloads that a cell names; the details name all. */
const maxWorkloads = 3

/** What changes, old and new side by side, with short digests; `left` more are only counted below. */
export function changeTable(changes: readonly ProposedChange[], left: number): string {
  const hasSource = changes.some(({ source }) => source !== undefined)
  const header = ['Image or chart', 'Old', 'New', 'Workloads', 'Policy', 'Reason']
  const rows = changes.map((change) => {
    const { from, to, digest, policy, reason, source } = change
    const cells = [
      codeSpan(imageName(to)),
      versionCell(from, imageDigest(from)),
      versionCell(to, digest ?? imageDigest(to)),
      workloadsCell(change),
      codeSpan(policy, 100),
      codeSpan(reason, 100),
    ]
    return hasSource ? [...cells, compareLink(source)] : cells
  })
  const text = table(hasSource ? [...header, 'Source'] : header, rows)
  return left === 0 ? text : `${text}\n\nand ${counted(left, 'more change')}, which the commits name.`
}

/** `1.4.2`, with the first digits of its digest. */
function versionCell(reference: string, digest: string | undefined): string {
  const version = imageVersion(reference)
  const short = (text: string) => codeSpan(text.slice(0, 'sha256:'.length + 12))
  if (version === digest && digest !== undefined) return short(digest)
  return digest === undefined ? codeSpan(version) : `${codeSpan(version)} ${short(digest)}`
}

function workloadsCell({ workloads }: ProposedChange): string {
  const names = workloads.slice(0, maxWorkloads).map((workload) => codeSpan(workloadName(workload)))
  const left = workloads.length - names.length
  return `${names.join(', ')}${left > 0 ? ` and ${left} more` : ''}`
}

/** Whole references, digests and workloads, and the ids by which the commits are found, folded away. */
export function changeDetails(changes: readonly ProposedChange[]): string {
  const lines = changes.map(({ id, from, to, digest, workloads }) => {
    const pinned = digest === undefined ? '' : `, digest ${codeSpan(digest)}`
    return [
      `* ${codeSpan(from, 600)} → ${codeSpan(to, 600)}${pinned}`,
      `  * ${workloads.map((workload) => codeSpan(workload, 400)).join(', ')}`,
      `  * Fairlead-Id ${codeSpan(id)}`,
    ].join('\n')
  })
  return lines.length === 0 ? '' : folded('References, digests and workloads in full', lines.join('\n'))
}

import { readMark, writeMark } from '../../core/pull-request/mark.ts'
import type { PullRequestRules } from '../../core/pull-request/rules.ts'
import type { ProposalMember, ProposalPlace } from '../../delivery/proposals.ts'

/** Title and body of a proposal, complete with its mark. */
export interface ProposalText {
  title: string
  body: string
}

export interface TextDeps {
  /** What a proposal of these requests says. */
  render: (place: ProposalPlace, members: readonly ProposalMember[], isNew: boolean) => ProposalText
}

/** What a proposal says; its mark knows the title, so that one that people have edited is known. */
export function textOf(
  { place, members, isNew }: { place: ProposalPlace; members: readonly ProposalMember[]; isNew: boolean },
  deps: TextDeps,
): ProposalText {
  const { title, body } = deps.render(place, members, isNew)
  const mark = readMark(body)
  return { title, body: mark === undefined ? body : writeMark(body, { ...mark, title }) }
}

/** Anybody is to be told of a new proposal, or anything to be stuck on it. */
export function hasAudience(rules: PullRequestRules): boolean {
  return [rules.labels, rules.reviewers, rules.teamReviewers, rules.assignees].some((some) => some.length > 0)
}

/** Hosts change line ends and blanks around a text by themselves. */
export function sameText(a: string, b: string): boolean {
  const plain = (text: string) => text.replaceAll(/\r\n?/g, '\n').trim()
  return plain(a) === plain(b)
}

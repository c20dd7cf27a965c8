import { FairleadError } from '../../errors.ts'
import { inertLine } from '../change/inert.ts'
import { actionWords } from '../change/message.ts'
import { fillTemplate, type Templates } from '../change/template-place.ts'
import { sanitiseLine } from '../change/text.ts'
import { changeDetails, changeTable } from './change-table.ts'
import { changeWords, counted, inOrder, placeWords } from './change-words.ts'
import { codeSpan, tidyParagraphs } from './markdown.ts'
import type { ProposedChange } from './proposed-change.ts'
import type { PullRequestRules } from './rules.ts'
import { decisionWords, revertCommand, wayWords } from './rules-words.ts'

/** Everything that a proposal tells. */
export interface ProposalFacts {
  templates: Pick<Templates, 'pull-request-title.txt' | 'pull-request.md' | 'rollback.md'>
  /** At least one. */
  changes: readonly ProposedChange[]
  cluster: string
  /** Normalised URL. */
  repository: string
  /** The branch it is to be merged into. */
  base: string
  rules: PullRequestRules
  /** All of it was approved through the API. */
  isApproved: boolean
}

/** What its title needs of them. */
export type TitleFacts = Omit<ProposalFacts, 'rules' | 'isApproved' | 'templates'> & {
  templates: Pick<Templates, 'pull-request-title.txt'>
}

const maxTitleLength = 120
/** GitHub takes 65,536 characters; the mark needs some. */
const maxBodyLength = 60_000
/** More rows are no table that people read. */
const maxRows = 100

/** Title and body of a proposal, without its mark. `ConfigInvalid` for a template with an unknown place. */
export function renderProposal(facts: ProposalFacts): { title: string; body: string } {
  return { title: renderTitle(facts), body: renderBody(facts) }
}

/** One line of at most 120 characters. */
export function renderTitle({ templates, changes, cluster, repository, base }: TitleFacts): string {
  const title = fillTemplate('pull-request-title.txt', templates['pull-request-title.txt'], {
    action: actionWords(changes.map((one) => one.action)),
    change: inertLine(changeWords(inOrder(changes))),
    where: inertLine(placeWords(inOrder(changes))),
    count: String(changes.length),
    cluster: inertLine(cluster),
    repository: inertLine(repository),
    base: inertLine(base),
  })
  return sanitiseLine(title, maxTitleLength)
}

/** As many changes as there is room for. */
function renderBody(facts: ProposalFacts): string {
  for (let rows = Math.min(facts.changes.length, maxRows); ; rows = Math.floor(rows * 0.8)) {
    const body = bodyWith(facts, rows)
    if (body.length <= maxBodyLength) return body
    if (rows === 0) {
      const message = `templates: pull-request.md and rollback.md make a text of more than ${maxBodyLength} characters`
      throw new FairleadError('ConfigInvalid', `${message}; shorten them`)
    }
  }
}

function bodyWith(facts: ProposalFacts, rows: number): string {
  const { templates, changes, cluster, repository, base, rules, isApproved } = facts
  const shown = inOrder(changes).slice(0, rows)
  const common = { cluster: codeSpan(cluster), repository: codeSpan(repository), base: codeSpan(base) }
  const revert = `\`${revertCommand(rules)}\``
  const isRollback = changes.every(({ action }) => action === 'rollback')
  const rollback = fillTemplate('rollback.md', templates['rollback.md'], { ...common, revert })
  const body = fillTemplate('pull-request.md', templates['pull-request.md'], {
    ...common,
    changes: counted(changes.length, 'change'),
    table: changeTable(shown, changes.length - rows),
    details: changeDetails(shown),
    decision: decisionWords(rules, isApproved),
    ...wayWords(isRollback),
    // What takes a rollback back is an update.
    rollback: isRollback ? '' : rollback.trim(),
  })
  return tidyParagraphs(body)
}

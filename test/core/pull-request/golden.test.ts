import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Templates } from '../../../src/core/change/template-place.ts'
import { comparisonOf } from '../../../src/core/pull-request/compare-link.ts'
import { renderMergeMessage } from '../../../src/core/pull-request/merge-message.ts'
import { outcomeStatus } from '../../../src/core/pull-request/outcome-status.ts'
import { renderOutcome } from '../../../src/core/pull-request/outcome-text.ts'
import { renderProposal } from '../../../src/core/pull-request/proposal-text.ts'
import { type ProposedChange, readChanges } from '../../../src/core/pull-request/proposed-change.ts'
import type { PullRequestRules } from '../../../src/core/pull-request/rules.ts'
import type { WorkloadOutcome } from '../../../src/core/pull-request/workload-outcome.ts'
import { activeInMarkdown, activeInText } from './active-construct.ts'

interface ProposalCase {
  says: string
  cluster: string
  repository: string
  base: string
  rules: PullRequestRules
  isApproved?: boolean
  changes: ProposedChange[]
}

interface OutcomeCase {
  says: string
  cluster: string
  outcomes: (Omit<WorkloadOutcome, 'since' | 'seenAt' | 'appliedAt'> & Partial<Record<string, string>>)[]
}

const root = path.resolve(import.meta.dirname, '../../..')
const fixtures = path.join(root, 'fixtures/pull-request')
const template = (name: keyof Templates) => readFileSync(path.join(root, 'templates', name), 'utf8')
const golden = (name: string, file: string) => readFileSync(path.join(fixtures, name, file), 'utf8')
const templates: Templates = {
  'commit.txt': template('commit.txt'),
  'pull-request-title.txt': template('pull-request-title.txt'),
  'pull-request.md': template('pull-request.md'),
  'rollback.md': template('rollback.md'),
  'comment.md': template('comment.md'),
}
const cases = readdirSync(fixtures).map((name) => ({ name, ...JSON.parse(golden(name, 'case.json')) }))
const proposals: (ProposalCase & { name: string })[] = cases.filter(({ changes }) => changes !== undefined)
const outcomes: (OutcomeCase & { name: string })[] = cases.filter((one) => one.outcomes !== undefined)

describe('a proposal tells of', () => {
  test.each(proposals)('$says', ({ name, ...facts }) => {
    const { title, body } = renderProposal({ templates, isApproved: false, ...facts })
    expect(`${title}\n`).toBe(golden(name, 'title.txt'))
    expect(`${body}\n`).toBe(golden(name, 'body.md'))
    const links = facts.changes.flatMap(({ source }) => (source && comparisonOf(source)?.address) ?? [])
    expect(activeInText(title)).toEqual([])
    expect(activeInMarkdown(body, links)).toEqual([])
  })
})

describe('a merge commit tells of', () => {
  test.each(proposals)('$says', ({ name, ...facts }) => {
    const { title, message } = renderMergeMessage({ templates, ...facts })
    const text = `${title}\n\n${message}`
    expect(text).toBe(golden(name, 'merge.txt'))
    expect(activeInText(text)).toEqual([])
    const told = readChanges([{ message: text }])
    const values = (changes: ProposedChange[]) => changes.map(({ id, from, to }) => `${id} ${from} ${to}`).sort()
    expect(values(told)).toEqual(values(facts.changes))
  })
})

describe('the comment about an outcome tells of', () => {
  test.each(outcomes)('$says', ({ name, cluster, outcomes: told }) => {
    const date = (text: string | undefined) => (text === undefined ? undefined : new Date(text))
    const read = told.map(({ since, seenAt, appliedAt, ...one }) => {
      const times = Object.entries({ since: date(since), seenAt: date(seenAt), appliedAt: date(appliedAt) })
      return { ...one, ...Object.fromEntries(times.filter(([, time]) => time !== undefined)) } as WorkloadOutcome
    })
    const comment = renderOutcome(templates['comment.md'], { cluster, outcomes: read })
    expect(comment).toBe(golden(name, 'comment.md'))
    expect(activeInMarkdown(comment.slice(comment.indexOf('\n')))).toEqual([])
    const statuses = read.map((one) => outcomeStatus(cluster, one))
    expect(statuses.map((one) => `${one.name} ${one.state}: ${one.text}\n`).join('')).toBe(golden(name, 'statuses.txt'))
    expect(statuses.flatMap(({ text }) => activeInText(text))).toEqual([])
  })
})

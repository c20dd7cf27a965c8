import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type MessageFacts, renderMessage } from '../../../src/core/change/message.ts'
import { type ProposedChange, readChanges } from '../../../src/core/pull-request/proposed-change.ts'

const id = (n: number) => n.toString(16).padStart(16, '0')

function facts(n: number, overrides: Partial<MessageFacts> = {}): MessageFacts {
  return {
    id: id(n),
    action: 'update',
    workloads: ['Deployment/prod/web'],
    cluster: 'eu',
    from: `ghcr.io/acme/web:1.${n}`,
    to: `ghcr.io/acme/web:1.${n + 1}`,
    policy: 'minor',
    reason: 'selected',
    ...overrides,
  }
}

function change(n: number, overrides: Partial<ProposedChange> = {}): ProposedChange {
  const { cluster: _, source: __, ...rest } = facts(n)
  return { ...rest, isChart: false, ...overrides }
}

const commit = (n: number, overrides: Partial<MessageFacts> = {}) => ({
  message: renderMessage('Update {{image}} to {{version}}', facts(n, overrides)),
})
const paragraph = (n: number) => commit(n).message.split('\n\n')[1] ?? ''

describe('what a proposal holds', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const rows: [says: string, messages: string[], changes: ProposedChange[]][] = [
    ['is what its commit says', [commit(1).message], [change(1)]],
    ['is what all its commits say', [commit(1).message, commit(2).message], [change(1), change(2)]],
    ['has a digest where it is known', [commit(1, { digest }).message], [change(1, { digest })]],
    [
      'names every workload of a slot',
      [commit(1, { workloads: ['Deployment/prod/web', 'CronJob/prod/job'] }).message],
      [change(1, { workloads: ['Deployment/prod/web', 'CronJob/prod/job'] })],
    ],
    [
      'may be a chart',
      [commit(1, { isChart: true, from: 'podinfo:6.5.3', to: 'podinfo:6.5.4' }).message],
      [change(1, { isChart: true, from: 'podinfo:6.5.3', to: 'podinfo:6.5.4' })],
    ],
    [
      'is all that a merge commit tells in one paragraph',
      [`Merge\n\n${paragraph(1).trimEnd()}\n${paragraph(2)}`],
      [change(1), change(2)],
    ],
    [
      'is all that a squash made of its commits, whoever is named below them',
      [
        `Two updates (#7)\n\n* Update a\n\n${paragraph(1)}\n* Update b\n\n${paragraph(2)}\n---------\n\nCo-authored-by: a <b@c>`,
      ],
      [change(1), change(2)],
    ],
    ['is read with the line ends of a web form', [commit(1).message.replaceAll('\n', '\r\n')], [change(1)]],
    [
      'is what was said last about a change',
      [commit(1).message, commit(1, { policy: 'major' }).message],
      [change(1, { policy: 'major' })],
    ],
    [
      'tells the source of the new version',
      [commit(1, { source: { repository: 'https://github.com/acme/web', revision: '1a2b3c4d' } }).message],
      [change(1, { source: { url: 'https://github.com/acme/web', toRevision: '1a2b3c4d' } })],
    ],
    ['is nothing for commits of people', ['Fix a typo', 'Fix\n\nSigned-off-by: a <b@c>', ''], []],
    ['is nothing for a subject that looks like it', [`Fairlead-Id: ${id(1)}`], []],
    ['is nothing for an id that is none', [commit(1, { id: 'main' }).message], []],
    ['is nothing without the new value', [commit(1, { to: '' }).message], []],
    ['is nothing for an unknown action', [commit(1).message.replace('update', 'delete')], []],
    ['ignores a digest that is none', [commit(1, { digest: 'sha256:abc' }).message], [change(1)]],
  ]
  test.each(rows)('%s', (_, messages, changes) => {
    expect(readChanges(messages.map((message) => ({ message })))).toEqual(changes)
  })

  test('is bounded, and never an error', () => {
    const many = Array.from({ length: 2000 }, (_, n) => commit(n))
    expect(readChanges(many)).toHaveLength(500)
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (message) => readChanges([{ message }]).length === 0))
  })
})

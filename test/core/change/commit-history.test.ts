import { describe, expect, test } from 'vitest'
import { commitHistory, type LoggedCommit } from '../../../src/core/change/commit-history.ts'
import { renderMessage } from '../../../src/core/change/message.ts'

const sha = (n: number) => n.toString(16).padStart(40, '0')
const id = (n: number) => n.toString(16).padStart(16, '0')

const update = (n: number, name = 'web') =>
  renderMessage('Update {{image}} to {{version}}', {
    ...{ id: id(n), action: 'update', workloads: [`Deployment/prod/${name}`], cluster: 'eu' },
    ...{
      from: `ghcr.io/acme/${name}:1.${n}`,
      to: `ghcr.io/acme/${name}:1.${n + 1}`,
      policy: 'minor',
      reason: 'selected',
    },
  })

const commit = (n: number, message: string, merged: LoggedCommit['merged'] = []): LoggedCommit => ({
  ...{ id: sha(n), message, merged },
  author: 'dana <dana@example.com>',
  at: `2026-03-01T10:0${n}:00Z`,
})
const revert = (n: number) => `Revert "Update"\n\nThis reverts commit ${sha(n)}.\n`

/** `commit action from->to`, in the order given. */
const told = (...newestFirst: LoggedCommit[]) =>
  commitHistory(newestFirst).map(({ commit, action, from, to }) => {
    const tag = (image: string) => image.split(':')[1]
    return `${Number.parseInt(commit, 16)} ${action} ${tag(from)}->${tag(to)}`
  })

describe('a history from commits', () => {
  const rows: [what: string, log: LoggedCommit[], expected: string[]][] = [
    [
      'tells what fairlead committed, newest first',
      [commit(2, update(2)), commit(1, update(1))],
      ['2 update 1.2->1.3', '1 update 1.1->1.2'],
    ],
    ['passes over what others did', [commit(1, 'Say hello\n\nSigned-off-by: Dana <d@example.com>\n')], []],
    [
      'tells a squash of several',
      [commit(1, `Two (#7)\n\n${update(1)}\n${update(2, 'api')}`)],
      ['1 update 1.2->1.3', '1 update 1.1->1.2'],
    ],
    [
      'tells what a merge brought along, at the merge',
      [commit(3, 'Merge pull request #7', [{ id: sha(2), message: update(2) }])],
      ['3 update 1.2->1.3'],
    ],
    [
      'tells a change once that stands in the merge and in what it brought',
      [commit(3, `Merge pull request #7\n\n${update(2)}`, [{ id: sha(2), message: update(2) }])],
      ['3 update 1.2->1.3'],
    ],
    ['tells a revert', [commit(2, revert(1)), commit(1, update(1))], ['2 revert 1.2->1.1', '1 update 1.1->1.2']],
    [
      'tells a revert of a merge',
      [commit(3, revert(2)), commit(2, 'Merge', [{ id: sha(1), message: update(1) }])],
      ['3 revert 1.2->1.1', '2 update 1.1->1.2'],
    ],
    [
      'tells a revert of one commit of a merge, and of no other',
      [
        commit(4, revert(1)),
        commit(3, 'Merge', [
          { id: sha(2), message: update(5, 'api') },
          { id: sha(1), message: update(1) },
        ]),
      ],
      ['4 revert 1.2->1.1', '3 update 1.5->1.6', '3 update 1.1->1.2'],
    ],
    [
      'knows nothing of a revert of others’ commits',
      [commit(2, revert(9)), commit(1, update(1))],
      ['1 update 1.1->1.2'],
    ],
  ]
  test.each(rows)('%s', (_, log, expected) => expect(told(...log)).toEqual(expected))

  test('says who committed it, when, and what it says of itself', () => {
    expect(commitHistory([commit(1, update(1))])).toEqual([
      {
        ...{ commit: sha(1), at: '2026-03-01T10:01:00Z', author: 'dana <dana@example.com>', action: 'update' },
        ...{ workloads: ['Deployment/prod/web'], from: 'ghcr.io/acme/web:1.1', to: 'ghcr.io/acme/web:1.2' },
        ...{ policy: 'minor', reason: 'selected', id: id(1) },
      },
    ])
  })
})

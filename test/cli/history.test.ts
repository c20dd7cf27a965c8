import { describe, expect, test } from 'vitest'
import { historyCommand } from '../../src/cli/history.ts'
import type { Io } from '../../src/cli/io.ts'
import type { LoggedCommit } from '../../src/core/change/commit-history.ts'
import { renderMessage } from '../../src/core/change/message.ts'
import { FairleadError } from '../../src/errors.ts'
import { aRequest } from '../server/api/api-world.ts'
import { apiTerminals } from './api-terminal.ts'
import { terminal } from './terminal.ts'

const { api } = apiTerminals()
const sha = (n: number) => n.toString(16).padStart(40, '0')
const commit = (n: number, ...names: string[]): LoggedCommit => ({
  ...{ id: sha(n), author: 'fairlead <f@example.com>', at: `2026-03-01T10:0${n}:00Z`, merged: [] },
  message: renderMessage('Update {{image}} to {{version}}', {
    ...{ id: '0'.repeat(15) + n, action: 'update', cluster: 'eu', policy: 'minor', reason: 'selected' },
    ...{ workloads: names.map((name) => `Deployment/prod/${name}`), from: `web:1.${n}`, to: `web:1.${n + 1}` },
  }),
})
const log = [
  { ...commit(3, 'web'), message: `Revert\n\nThis reverts commit ${sha(2)}.\n`, author: 'dana <d@example.com>' },
  commit(2, 'web', 'worker'),
  commit(1, 'api'),
]
const readLog = async (dir: string) => {
  if (dir !== 'repo') throw new FairleadError('UsageInvalid', `--repo ${dir}: has no .git folder`)
  return log
}

async function offline(...args: string[]) {
  const { io, printed } = terminal()
  return { exit: await historyCommand(args, io, readLog), ...printed }
}

describe('history of a checkout', () => {
  test('tells what fairlead committed and who took it back, newest first', async () => {
    const { exit, out } = await offline('--repo', 'repo')
    expect(exit).toBe(0)
    expect(out).toBe(
      [
        'AT                    ACTION  WORKLOAD                        CHANGE              BY                        COMMIT',
        '2026-03-01T10:03:00Z  revert  Deployment/prod/web and 1 more  web:1.3 -> web:1.2  dana <d@example.com>      000000000000',
        '2026-03-01T10:02:00Z  update  Deployment/prod/web and 1 more  web:1.2 -> web:1.3  fairlead <f@example.com>  000000000000',
        '2026-03-01T10:01:00Z  update  Deployment/prod/api             web:1.1 -> web:1.2  fairlead <f@example.com>  000000000000',
        '',
      ].join('\n'),
    )
  })

  test('of one workload leaves the others out', async () => {
    const { out } = await offline('deploy/prod/worker', '--repo=repo', '-o', 'json')
    expect(JSON.parse(out).map((one: { action: string; commit: string }) => [one.action, one.commit])).toEqual([
      ['revert', sha(3)],
      ['update', sha(2)],
    ])
  })

  test('says that there is nothing about a workload', async () => {
    const err = 'there is no commit of fairlead about Deployment/prod/none\n'
    expect(await offline('--repo', 'repo', 'deploy/prod/none')).toEqual({ exit: 0, out: '', err })
  })

  const refused: [what: string, args: string[], words: string][] = [
    ['nowhere', ['--repo', ''], '--repo DIR is empty'],
    ['where there is none', ['--repo', 'none'], 'has no .git folder'],
    ['of a name alone', ['--repo', 'repo', 'deploy/web'], 'The namespace is missing'],
    ['in another form', ['--repo', 'repo', '-o', 'yaml'], 'only json'],
    ['with the API, too', ['--repo', 'repo', '--server', 'http://127.0.0.1:1'], '--server'],
  ]
  test.each(refused)('is refused: %s', async (_, args, words) => {
    expect(await offline(...args)).toMatchObject({ exit: 2, out: '', err: expect.stringContaining(words) })
  })
})

describe('history from the API', () => {
  const run = async (...args: string[]) => {
    const requests = [
      aRequest('web', ['prod'], {
        ...{ phase: 'Completed', commit: sha(1), approvedBy: 'alice' },
        rollouts: [{ workload: 'Deployment/prod/web', phase: 'failed', message: 'x' }],
      }),
      aRequest('api', ['prod'], { phase: 'Rejected', rejectedBy: 'bob' }),
      aRequest('job'),
    ]
    const { run } = await api({}, requests)
    return run((given: string[], io: Io) => historyCommand(given, io, readLog), ...args)
  }

  test('tells who decided and what became of it', async () => {
    const { exit, out } = await run('--namespace', 'prod')
    const rows = out.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, '|'))
    expect(exit).toBe(0)
    expect(rows.slice(1).sort()).toEqual([
      '',
      '-|update|Deployment/prod/api|api:1 -> api:2|Rejected|bob|-',
      '-|update|Deployment/prod/job|job:1 -> job:2|Pending|policy minor|-',
      '-|update|Deployment/prod/web|web:1 -> web:2|Completed, failed|alice|000000000000',
    ])
  })

  test('of one workload leaves the others out', async () => {
    const { json } = await run('deploy/prod/api', '-o', 'json')
    expect(json()).toEqual([expect.objectContaining({ to: 'api:2', rejectedBy: 'bob' })])
  })

  test('is refused where alice may not look', async () => {
    expect(await run()).toMatchObject({ exit: 1, err: expect.stringContaining('ApiForbidden') })
  })
})

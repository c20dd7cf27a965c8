import { afterEach, describe, expect, test } from 'vitest'
import type { CommitWay } from '../../../src/core/change/commit-report.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, template } from '../../core/workload/sample.ts'
import { aRequest, startApi } from './api-world.ts'

const [commit, own] = ['c'.repeat(40), 'a'.repeat(40)]
const live = (name: string, namespace = 'prod') =>
  readWorkload(deployment({ metadata: { name, namespace, uid: name }, spec: { template: template(`${name}:2`) } }))
const elsewhere: CommitWay = { kind: 'elsewhere', message: 'it comes from another branch' }

let world: Awaited<ReturnType<typeof startApi>>
afterEach(() => world.close())

async function ask(path: string) {
  const asked: string[] = []
  const request = aRequest('web', ['prod'], { phase: 'Completed', commit: own })
  world = await startApi([request], {
    backend: {
      workloads: () => [live('web'), live('api'), live('web', 'pay')],
      async commitWays(id, workloads) {
        asked.push(...workloads.map(({ namespace, name }) => `${id.slice(0, 4)} ${namespace}/${name}`))
        return workloads.map(() => elsewhere)
      },
      commits: async (prefix) => new Set([commit].filter((one) => one.startsWith(prefix))),
    },
  })
  const { status, body } = await world.call('GET', `/api/v1/commits/${path}`)
  return { status, body, asked }
}

describe('a commit', () => {
  const found: [what: string, path: string, asked: string[]][] = [
    ['in a namespace', `${commit}?namespace=prod`, ['cccc prod/web', 'cccc prod/api']],
    ['in one workload', `${commit}?namespace=prod&kind=Deployment&name=web`, ['cccc prod/web']],
    ['by the first digits of one that is on a branch', 'ccccccc?namespace=prod', ['cccc prod/web', 'cccc prod/api']],
    [
      'by the first digits of one that fairlead made',
      'AAAAAAA?namespace=prod&kind=Deployment&name=web',
      ['aaaa prod/web'],
    ],
  ]
  test.each(found)('is told of %s', async (_, path, asked) => {
    expect(await ask(path)).toMatchObject({ status: 200, body: { state: 'failed', objects: [] }, asked })
  })

  const refused: [what: string, path: string, status: number, words: RegExp][] = [
    ['everywhere, with a right in one namespace', commit, 403, /./],
    ['of another namespace', `${commit}?namespace=pay`, 403, /./],
    ['of six digits', 'cccccc?namespace=prod', 400, /7 to 40 hex digits/],
    ['that is none', 'not-a-commit?namespace=prod', 400, /7 to 40 hex digits/],
    ['that nobody knows', 'bbbbbbb?namespace=prod', 404, /begins with bbbbbbb/],
    ['in a name without a kind', `${commit}?namespace=prod&name=web`, 400, /belong together/],
    ['in a kind that does not roll out', `${commit}?namespace=prod&kind=Pod&name=web`, 400, /one of Deployment/],
    ['in a workload that is not there', `${commit}?namespace=prod&kind=Deployment&name=wep`, 404, /there is no/],
  ]
  test.each(refused)('is not told of: %s', async (_, path, status, words) => {
    const answer = await ask(path)
    expect([answer.status, answer.asked]).toEqual([status, []])
    expect(answer.body.error.message).toMatch(words)
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import type { ApiBackend } from '../../../src/server/api/backend.ts'
import { aRequest, startApi } from './api-world.ts'
import { answerTo, type RefusedAction, refusedActions } from './refused-action.ts'

const path = '/api/v1/workloads/prod/Deployment/web/rollback'
const body = { reason: 'orders fail' }

const worlds: Awaited<ReturnType<typeof startApi>>[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

async function api(requests = [aRequest('web')], backend: Partial<ApiBackend> = {}) {
  const world = await startApi(requests, { backend })
  world.review.allow('alice', 'update', 'updaterequests/rollback', 'prod')
  worlds.push(world)
  return world
}

describe('POST …/rollback', () => {
  test('makes the decision in the name of the review', async () => {
    const web = aRequest('web')
    const world = await api([web])
    const heard = await world.call('POST', path, { body: { ...body, to: 'web:1' } })
    expect(heard).toMatchObject({ status: 200, body: { kind: 'UpdateRequest', metadata: { name: web.metadata.name } } })
    expect(world.done).toEqual([
      'wayBack Deployment/prod/web to web:1 by alice: orders fail',
      `rollBack prod/${web.metadata.name}`,
    ])
  })

  test('is for the charts of releases, too', async () => {
    const world = await api()
    await world.call('POST', path.replace('Deployment', 'HelmRelease'), { body: { ...body, to: 'podinfo:6.5.4' } })
    expect(world.done[0]).toBe('wayBack HelmRelease/prod/web to podinfo:6.5.4 by alice: orders fail')
  })

  test('needs the right where every target is', async () => {
    const world = await api([aRequest('web', ['prod', 'staging'])])
    const heard = await world.call('POST', path, { body })
    expect(heard).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringMatching(/rollback in namespace staging/) } },
    })
    expect(world.done.filter((one) => one.startsWith('rollBack'))).toEqual([])
  })

  test('the right to approve is not enough, and nothing is looked at without it', async () => {
    const world = await startApi([aRequest('web')])
    worlds.push(world)
    expect((await world.call('POST', path, { body })).status).toBe(403)
    expect(world.done).toEqual([])
  })

  const rows: RefusedAction[] = [
    ['without a reason', path, { body: {} }, 400, /reason/],
    ['with a reason that nobody can read', path, { body: { reason: ' \u200b\n' } }, 400, /reason: say why/],
    ...refusedActions(path, body),
  ]
  test.each(rows)('%s is refused', async (_, where, options, status, message) => {
    expect(await answerTo(await api(), where, options)).toEqual({ status, message: expect.stringMatching(message) })
  })

  test('says why the place in Git cannot be changed', async () => {
    const world = await api([], {
      wayBack: async () => {
        throw new FairleadError('Masked', 'something else decides the image')
      },
    })
    expect(await world.call('POST', path, { body })).toMatchObject({
      status: 409,
      body: { error: { code: 'Masked', message: 'something else decides the image' } },
    })
  })

  test('is passed on where nobody leads, and made nowhere else', async () => {
    const world = await api()
    world.state.leads = false
    expect((await world.call('POST', path, { body })).status).toBe(503)
    expect(world.done).toEqual([])
  })
})

import { afterEach, describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import type { ApiBackend } from '../../../src/server/api/backend.ts'
import { aRequest, startApi } from './api-world.ts'
import { answerTo, type RefusedAction, refusedActions } from './refused-action.ts'

const workload = '/api/v1/workloads/prod/Deployment/web'
const body = { reason: 'the bank closes its books' }

const worlds: Awaited<ReturnType<typeof startApi>>[] = []
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close()
})

async function api(requests = [aRequest('web')], backend: Partial<ApiBackend> = {}) {
  const world = await startApi(requests, { backend })
  for (const right of ['hold', 'release']) world.review.allow('alice', 'update', `updaterequests/${right}`, 'prod')
  worlds.push(world)
  return world
}

describe.each(['hold', 'release'] as const)('POST …/%s', (action) => {
  const path = `${workload}/${action}`

  test('is done in the name of the review', async () => {
    const world = await api()
    expect(await world.call('POST', path, { body })).toMatchObject({
      status: 200,
      body: { kind: 'Deployment', namespace: 'prod', name: 'web', action, result: 'committed', file: 'apps/web.yaml' },
    })
    expect(world.done).toEqual([`${action} Deployment/prod/web by alice: ${body.reason}`])
  })

  test('needs the right where every workload is that is concerned', async () => {
    const world = await api([aRequest('web', ['prod', 'staging'])])
    expect(await world.call('POST', path, { body })).toMatchObject({
      status: 403,
      body: {
        error: { message: expect.stringContaining(`updaterequests.fairlead.dev/${action} in namespace staging`) },
      },
    })
    expect(world.done).toEqual([])
  })

  test('no other right is enough', async () => {
    const world = await startApi([aRequest('web')])
    worlds.push(world)
    for (const right of ['approve', 'rollback', action === 'hold' ? 'release' : 'hold']) {
      world.review.allow('alice', 'update', `updaterequests/${right}`, 'prod')
    }
    expect((await world.call('POST', path, { body })).status).toBe(403)
    expect(world.done).toEqual([])
  })

  const rows: RefusedAction[] = [
    ['with a reason of two lines', path, { body: { reason: 'a\nb' } }, 400, /one line of visible text/],
    ['with a reason that nobody can see', path, { body: { reason: 'a\u202eb' } }, 400, /one line of visible text/],
    ['with a reason that is too long', path, { body: { reason: 'x'.repeat(254) } }, 400, /reason/],
    ...refusedActions(path, body),
  ]
  test.each(rows)('%s is refused', async (_, where, options, status, message) => {
    expect(await answerTo(await api(), where, options)).toEqual({ status, message: expect.stringMatching(message) })
  })

  test('says why the manifest cannot be changed, and what the host refused', async () => {
    for (const code of ['Generated', 'SharedBase', 'NothingWritten', 'PushRefused'] as const) {
      const refuse = async () => {
        throw new FairleadError(code, 'in its words')
      }
      const world = await api([], { [action]: refuse })
      expect(await world.call('POST', path, { body })).toMatchObject({
        status: 409,
        body: { error: { code, message: 'in its words' } },
      })
    }
  })

  test('is passed on where nobody leads, and done nowhere else', async () => {
    const world = await api()
    world.state.leads = false
    expect((await world.call('POST', path, { body })).status).toBe(503)
    expect(world.done).toEqual([])
  })
})

test('a hold needs a reason, a release none', async () => {
  const world = await api()
  expect(await world.call('POST', `${workload}/hold`, { body: {} })).toMatchObject({ status: 400 })
  expect(await world.call('POST', `${workload}/release`, { body: {} })).toMatchObject({ status: 200 })
})

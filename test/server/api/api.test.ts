import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import { aRequest, type CallOptions, digest, startApi } from './api-world.ts'

const web = aRequest('web')
const shared = aRequest('shared', ['prod', 'pay'])
const foreign = aRequest('foreign', ['pay'])
const forged = { ...aRequest('forged'), metadata: { ...aRequest('forged').metadata, name: 'mine' } }
const keyOf = ({ metadata }: typeof web) => `${metadata.namespace}/${metadata.name}`
const of = (request: typeof web) => `/api/v1/updates/${keyOf(request)}`

let world: Awaited<ReturnType<typeof startApi>>
beforeEach(async () => {
  world = await startApi([web, shared, foreign, forged])
})
afterEach(() => world.close())

describe('without a token that the cluster knows nothing is told', () => {
  const tokens: [what: string, options: CallOptions][] = [
    ['none', { token: null }],
    ['an unknown one', { token: 'made-up' }],
    ['one of another scheme', { token: null, headers: { authorization: 'Basic YWxpY2U6eA==' } }],
    ['one that claims to be somebody', { token: null, headers: { 'x-remote-user': 'alice', 'x-user': 'alice' } }],
  ]
  const paths: [method: string, path: string][] = [
    ['GET', '/api/v1/updates'],
    ['GET', of(web)],
    ['GET', `${of(web)}/plan`],
    ['GET', '/api/v1/explain?namespace=prod&kind=Deployment&name=web'],
    ['GET', '/api/v1/workloads?namespace=prod'],
    ['GET', '/api/v1/history?namespace=prod'],
    ['POST', `${of(web)}/approve`],
    ['POST', `${of(web)}/reject`],
  ]
  test.each(tokens)('%s', async (_, options) => {
    for (const [method, path] of paths) {
      const { status, headers, body } = await world.call(method, path, options)
      expect([path, status, headers.get('www-authenticate')]).toEqual([path, 401, 'Bearer'])
      expect(body.error.code).toBe('Unauthorized')
    }
    expect(world.done).toEqual([])
  })

  test('nor is a token written to the log', async () => {
    await world.call('GET', of(web), { token: 'very-secret' })
    await world.call('GET', of(foreign))
    const text = JSON.stringify(world.log.lines)
    expect(text).toContain('refused a caller')
    expect(text).not.toMatch(/very-secret|alice-token/)
  })
})

describe('an approval', () => {
  const rows: [what: string, path: string, options: CallOptions, status: number, code: string][] = [
    ['where the caller has no right', `${of(foreign)}/approve`, {}, 403, 'Forbidden'],
    ['of what also changes a namespace without it', `${of(shared)}/approve`, {}, 403, 'Forbidden'],
    ['of what is not there', '/api/v1/updates/prod/none/approve', {}, 404, 'NotFound'],
    [
      'of what is not there, in a namespace without the right',
      '/api/v1/updates/pay/none/approve',
      {},
      403,
      'Forbidden',
    ],
    ['of what fairlead did not make', `${of(forged)}/approve`, {}, 409, 'RequestInvalid'],
    ['of another digest', `${of(web)}/approve`, { body: { digest: `sha256:${'b'.repeat(64)}` } }, 409, 'SeenDiffers'],
    ['of another change', `${of(web)}/approve`, { headers: { 'if-match': '"0123"' } }, 409, 'SeenDiffers'],
    ['of no change that could be read', `${of(web)}/approve`, { headers: { 'if-match': 'abc' } }, 409, 'SeenDiffers'],
    ['with a misspelt field', `${of(web)}/approve`, { body: { digset: digest } }, 400, 'BadRequest'],
    ['with a digest that is none', `${of(web)}/approve`, { body: { digest: '1.2.3' } }, 400, 'BadRequest'],
    ['with broken JSON', `${of(web)}/approve`, { body: '{' }, 400, 'BadRequest'],
    ['with a body that is no object', `${of(web)}/approve`, { body: '[]' }, 400, 'BadRequest'],
    ['with a body that nests deep', `${of(web)}/approve`, { body: '['.repeat(1000) }, 400, 'BadRequest'],
    [
      'as a form',
      `${of(web)}/approve`,
      { body: 'a=b', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'UnsupportedMediaType',
    ],
    ['larger than any', `${of(web)}/approve`, { body: { digest: 'x'.repeat(65 * 1024) } }, 413, 'TooLarge'],
    ['by rejecting without a reason', `${of(web)}/reject`, {}, 400, 'BadRequest'],
    ['by rejecting with an empty reason', `${of(web)}/reject`, { body: { reason: '  ' } }, 400, 'BadRequest'],
  ]
  test.each(rows)('is refused: %s', async (_, path, options, status, code) => {
    const heard = await world.call('POST', path, options)
    expect([heard.status, heard.body.error.code]).toEqual([status, code])
    expect(heard.body.error.message).not.toBe('')
    expect(world.done).toEqual([])
  })

  test('is in the name of the token, whatever the body says', async () => {
    const { status, body } = await world.call('POST', `${of(web)}/approve`, { body: { approver: 'root' } })
    expect([status, body.status.approvedBy]).toEqual([200, 'alice'])
    expect(world.done).toEqual([`approve ${keyOf(web)} by alice`])
  })

  test('may be bound to what was seen: by the ETag of a read, by the digest in If-Match or in the body', async () => {
    const etag = (await world.call('GET', of(web))).headers.get('etag') ?? ''
    for (const options of [
      { headers: { 'if-match': etag } },
      { headers: { 'if-match': `"${digest}"` } },
      { body: { digest } },
    ]) {
      expect((await world.call('POST', `${of(web)}/approve`, options)).status).toBe(200)
    }
    expect(world.done).toHaveLength(3)
  })

  test('cannot be bound to a change and then mean another that has the same digest', async () => {
    const etag = (await world.call('GET', of(web))).headers.get('etag')
    const other = await startApi([{ ...web, spec: { ...web.spec, change: { ...web.spec.change, from: 'web:0' } } }])
    const heard = await other.call('POST', `${of(web)}/approve`, { headers: { 'if-match': etag ?? '' } })
    expect(heard.body.error.code).toBe('SeenDiffers')
    await other.close()
  })

  test('of several namespaces asks for the right in each of them', async () => {
    world.review.allow('alice', 'update', 'updaterequests/approve', 'pay')
    expect((await world.call('POST', `${of(shared)}/approve`)).status).toBe(200)
    expect(world.review.asked).toEqual([
      'identify',
      'may alice update updaterequests/approve in prod',
      'may alice update updaterequests/approve in prod',
      'may alice update updaterequests/approve in pay',
    ])
  })

  test('needs no right to read, and the right to read is none to approve', async () => {
    world.review.know('reader', { name: 'rita' })
    world.review.allow('rita', 'get', 'updaterequests', 'prod')
    expect((await world.call('GET', of(web), { token: 'reader' })).status).toBe(200)
    expect((await world.call('POST', `${of(web)}/approve`, { token: 'reader' })).status).toBe(403)
    expect((await world.call('POST', `${of(web)}/approve`)).status).toBe(200)
    expect(world.review.asked).not.toContain('may alice get updaterequests in prod')
  })

  test('that has come too late is a conflict with its reason', async () => {
    world.state.failure = new FairleadError('NotPending', 'abc is not Pending but Completed')
    const { status, body } = await world.call('POST', `${of(web)}/approve`)
    expect([status, body.error]).toEqual([409, { code: 'NotPending', message: 'abc is not Pending but Completed' }])
  })
})

test('a rejection takes its reason along', async () => {
  const { status, body } = await world.call('POST', `${of(web)}/reject`, { body: { reason: 'breaks the shop' } })
  expect([status, body.status]).toEqual([200, { phase: 'Rejected', rejectedBy: 'alice' }])
  expect(world.done).toEqual([`reject ${keyOf(web)} by alice: breaks the shop`])
})

describe('reading', () => {
  test('shows the request without what only Kubernetes needs', async () => {
    const { status, body } = await world.call('GET', of(web))
    expect(status).toBe(200)
    expect(body).toEqual({
      apiVersion: 'fairlead.dev/v1alpha1',
      kind: 'UpdateRequest',
      metadata: { name: web.metadata.name, namespace: 'prod', uid: 'uid-web', resourceVersion: '7' },
      spec: web.spec,
    })
  })

  const rows: [what: string, path: string, status: number, code?: string][] = [
    ['a plan', `${of(web)}/plan`, 200],
    ['a plan of what fairlead did not make', `${of(forged)}/plan`, 409, 'RequestInvalid'],
    ['in another namespace', of(foreign), 403, 'Forbidden'],
    ['a plan in another namespace', `${of(foreign)}/plan`, 403, 'Forbidden'],
    ['everything, with a right in one namespace only', '/api/v1/updates', 403, 'Forbidden'],
    ['the list of one namespace', '/api/v1/updates?namespace=prod', 200],
    ['the list of another namespace', '/api/v1/updates?namespace=pay', 403, 'Forbidden'],
    ['with a limit that is none', '/api/v1/updates?namespace=prod&limit=many', 400, 'BadRequest'],
    ['with a limit of nothing', '/api/v1/updates?namespace=prod&limit=0', 400, 'BadRequest'],
    ['from a place that nobody gave', '/api/v1/updates?namespace=prod&continue=%00', 400, 'BadRequest'],
    ['why a workload is not updated', '/api/v1/explain?namespace=prod&kind=Deployment&name=web', 200],
    ['why a missing workload is not', '/api/v1/explain?namespace=prod&kind=Deployment&name=no', 404, 'NotFound'],
    ['why a workload elsewhere is not', '/api/v1/explain?namespace=pay&kind=Deployment&name=web', 403, 'Forbidden'],
    ['why what is never updated is not', '/api/v1/explain?namespace=prod&kind=CronJob&name=web', 400, 'BadRequest'],
    ['in a phase that is none', '/api/v1/updates?namespace=prod&phase=pending', 400, 'BadRequest'],
    ['why nothing is not', '/api/v1/explain?namespace=prod', 400, 'BadRequest'],
    ['what is not there', '/api/v1/updates/prod/none', 404, 'NotFound'],
    ['a name that leads elsewhere', '/api/v1/updates/prod/%2e%2e', 404, 'NotFound'],
    ['a namespace that leads elsewhere', '/api/v1/updates/prod%2F..%2Fpay/x/plan', 404, 'NotFound'],
    ['an unknown path', '/api/v1/nothing', 404, 'NotFound'],
    ['by approving', `${of(web)}/approve`, 405, 'MethodNotAllowed'],
  ]
  test.each(rows)('%s', async (_, path, status, code) => {
    const heard = await world.call('GET', path)
    expect([heard.status, heard.body.error?.code]).toEqual([status, code])
  })

  test('page by page gives every request once, in order', async () => {
    const many = ['e', 'b', 'd', 'a', 'c'].map((name) => aRequest(name))
    const api = await startApi(many)
    const names: string[] = []
    let next: string | undefined = ''
    for (let pages = 0; next !== undefined; pages++) {
      expect(pages).toBeLessThan(3)
      const { body } = await api.call('GET', `/api/v1/updates?namespace=prod&limit=2&continue=${next}`)
      names.push(...body.items.map((one: typeof web) => one.metadata.name))
      next = body.continue
    }
    expect(names).toEqual(many.map((one) => one.metadata.name).sort())
    await api.close()
  })

  test('by phase: one without a status is Pending', async () => {
    const api = await startApi([web, aRequest('done', ['prod'], { phase: 'Completed' })])
    const names = async (phase: string) => {
      const { body } = await api.call('GET', `/api/v1/updates?namespace=prod&phase=${phase}`)
      return body.items.map((one: typeof web) => one.spec.targets[0]?.name)
    }
    expect([await names('Pending'), await names('Completed'), await names('Failed')]).toEqual([['web'], ['done'], []])
    await api.close()
  })

  test('says that the list is not complete yet instead of giving a part of it', async () => {
    world.state.synced = false
    const { status, headers } = await world.call('GET', '/api/v1/updates?namespace=prod')
    expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  })
})

describe('when something does not answer', () => {
  const failures: [what: string, error: FairleadError, wait: string][] = [
    ['the API server', new FairleadError('ApiUnavailable', 'cannot be reached'), '5'],
    ['an overloaded API server', new FairleadError('ApiUnavailable', 'busy', { retryAfterMs: 2_500 }), '3'],
    ['our own rights', new FairleadError('ApiForbidden', 'create tokenreviews is missing'), '5'],
    ['the lease', new FairleadError('NotLeader', 'just lost'), '5'],
  ]
  test.each(failures)('%s: the caller is told to come again, and nothing is allowed', async (_, error, wait) => {
    world.review.fail(error)
    const { status, headers, body } = await world.call('POST', `${of(web)}/approve`)
    expect([status, headers.get('retry-after'), body.error.code]).toEqual([503, wait, error.code])
    expect(world.done).toEqual([])
    expect((await world.call('POST', `${of(web)}/approve`)).status).toBe(200)
  })

  test('our own mistake is one, without its details', async () => {
    world.state.failure = new Error('secret detail')
    const { status, body } = await world.call('GET', of(web))
    expect([status, body.error.code, JSON.stringify(body).includes('secret')]).toEqual([500, 'Internal', false])
  })
})

test('too many calls of one client are refused before anybody is asked who it is', async () => {
  const api = await startApi([web], { rate: { perSecond: 0.001, burst: 2 } })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await api.call('GET', of(web), { token: `guess-${i}` })).status)
  expect(statuses).toEqual([401, 401, 429, 429])
  expect(api.review.asked).toHaveLength(2)
  await api.close()
})

test('names that could lead to another path of the API server are asked nowhere', async () => {
  for (const path of ['/%2e%2e%2fsecrets', '/prod%3Fx=1', '/PROD', '/-']) {
    expect((await world.call('GET', `/api/v1/updates${path}/x`)).status).toBe(404)
    expect((await world.call('POST', `/api/v1/updates/prod${path}/approve`)).status).toBe(404)
  }
  expect(world.review.asked.filter((asked) => asked !== 'identify')).toEqual([])
})

test('health needs no token', async () => {
  expect((await world.call('GET', '/health', { token: null })).status).toBe(200)
})

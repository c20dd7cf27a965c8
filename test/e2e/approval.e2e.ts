import { createPrivateKey, sign } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { approverRole, binding } from './approver.ts'
import { writesOf } from './audit.ts'
import { runCli } from './cli.ts'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { namespaceObject } from './flux.ts'
import { valueAt } from './kubernetes.ts'
import { type Lab, startLab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import {
  createWorld,
  type Decision,
  decisionIn,
  deployWithFlux,
  untilApplied,
  untilContent,
  type World,
} from './world.ts'

/** Approvals by people with real tokens and RBAC of a real API server. */

let lab: Lab
let account: Account
let world: World
let fairlead: Fairlead
const tokens = { approver: '', reader: '', elsewhere: '', stranger: '' }

const web = (tag: string) =>
  plainDeployment({ namespace: 'orders', name: 'web', image: world.image('web', tag) }).replace(
    'require-approval: "false"',
    'require-approval: "true"\n    fairlead.dev/min-update-interval: 0s',
  )

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'orders')
  await world.release('web', '1.0.0')
  await world.gitops.commit('Take orders', { 'apps/web.yaml': web('1.0.0') })
  await deployWithFlux(world, [{ name: 'orders', path: './apps' }], ['web'])
  await installPeople()
  fairlead = await startFairlead(lab, account, settings('fairlead-leader'))
  await untilContent(fairlead, 1)
})

afterAll(() => lab?.stop())

const settings = (name: string) => ({
  name,
  mode: 'commit' as const,
  backend: 'native' as const,
  namespace: 'orders',
  repository: world.gitops.url,
  allowPaths: ['apps/**'],
})

/** The shipped role, bound as the README says: `approver` in orders, `elsewhere` in pay only; `reader` may only look. */
async function installPeople(): Promise<void> {
  const { kubernetes } = lab.plane
  const reading = { apiGroups: ['fairlead.dev'], resources: ['updaterequests'], verbs: ['get'] }
  await kubernetes.apply(
    ...(await approverRole()),
    namespaceObject('pay'),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'reader', namespace: 'orders' },
      ...{ rules: [reading] },
    },
    binding('orders', { who: 'approver', home: 'pay' }),
    binding('pay', { who: 'elsewhere', home: 'pay' }),
    binding('orders', { who: 'reader', home: 'pay' }, { kind: 'Role', name: 'reader' }),
  )
  for (const name of Object.keys(tokens) as (keyof typeof tokens)[]) {
    await kubernetes.apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'pay' } })
    tokens[name] = await kubernetes.serviceAccountToken('pay', name)
  }
}

async function call(method: string, path: string, token: string, body?: object, server = fairlead.api) {
  const answer = await fetch(`${server}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at field by field
  return { status: answer.status, body: (await answer.json()) as any }
}

/** The command as the approver runs it. */
function run(...args: string[]) {
  return runCli(lab, { server: fairlead.api, token: tokens.approver }, ...args)
}

/** A token as the API server would have made it, but two hours ago, for one hour. */
async function expiredToken(): Promise<string> {
  const [header = '', payload = ''] = tokens.approver.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const then = Math.floor(Date.now() / 1000) - 7200
  const old = { ...claims, iat: then, nbf: then, exp: then + 3600 }
  const key = createPrivateKey(await readFile(join(lab.dir, 'service-account.key')))
  const signed = `${header}.${Buffer.from(JSON.stringify(old)).toString('base64url')}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key).toString('base64url')}`
}

const pathOf = ({ name }: Decision) => `/api/v1/updates/orders/${name}`

async function waiting(tag: string): Promise<Decision> {
  return eventually(
    `the decision for ${tag} waits`,
    async () => {
      const found = await decisionIn(world, 'web', 'Pending', fairlead)
      return found.to.endsWith(`:${tag}`) ? found : undefined
    },
    { watched: [fairlead.component] },
  )
}

describe('a release that needs an approval', () => {
  let decision: Decision
  let before: string

  beforeAll(async () => {
    before = await world.gitops.head()
    await world.release('web', '1.1.0')
    decision = await waiting('1.1.0')
  })

  test.each([
    ['that somebody made up', async () => 'made-up'],
    ['that has expired', expiredToken],
    ['for another audience', () => lab.plane.kubernetes.serviceAccountToken('pay', 'approver', 'vault')],
    ['whose signature is another', async () => `${tokens.approver.slice(0, -8)}AAAAAAAA`],
  ])('is not approved with a token %s: 401', async (_, token) => {
    expect((await call('POST', `${pathOf(decision)}/approve`, await token())).status).toBe(401)
  })

  test.each([
    ['without any right', 'stranger' as const],
    ['with the right to read only', 'reader' as const],
    ['with the right in another namespace', 'elsewhere' as const],
  ])('is not approved by somebody %s: 403', async (_, who) => {
    const { status, body } = await call('POST', `${pathOf(decision)}/approve`, tokens[who])
    expect([status, body.error.code]).toEqual([403, 'Forbidden'])
    expect(body.error.message).toContain(`system:serviceaccount:pay:${who}`)
  })

  test('cannot be edited: the API server holds its spec fixed', async () => {
    const { kubernetes } = lab.plane
    const request = await kubernetes.get('fairlead.dev/v1alpha1', 'UpdateRequest', 'orders', decision.name)
    const edited = {
      apiVersion: 'fairlead.dev/v1alpha1',
      kind: 'UpdateRequest',
      metadata: { name: decision.name, namespace: 'orders' },
      spec: { ...(valueAt(request, 'spec') as object), requireApproval: false },
    }
    await expect(kubernetes.apply(edited)).rejects.toThrow(/422.*a decision is never edited/)
  })

  test('is approved by who may, and becomes the very commit that was planned, which Flux applies', async () => {
    expect(await world.gitops.head()).toBe(before)
    const plan = await run('plan', `orders/${decision.name}`, '-o', 'json')
    expect([plan.exit, plan.err]).toEqual([0, ''])
    const { commit, base, digest, diff } = JSON.parse(plan.out)
    expect(base).toBe(before)
    expect(diff).toContain(`+          image: ${world.image('web', '1.1.0')}`)

    const { status, body } = await call('POST', `${pathOf(decision)}/approve`, tokens.approver, { digest })
    expect([status, body.status.approvedBy]).toEqual([200, 'system:serviceaccount:pay:approver'])
    expect(await decisionIn(world, 'web', 'Completed', fairlead)).toMatchObject({ name: decision.name, commit })
    expect(await world.gitops.head()).toBe(commit)
    await untilApplied(world, 'orders', commit)
    expect((await call('POST', `${pathOf(decision)}/approve`, tokens.approver)).body.error.code).toBe('NotPending')
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })

  test('is explained up to the engine', async () => {
    const { exit, out } = await run('explain', 'deploy/orders/web', '-o', 'json')
    expect(exit).toBe(0)
    const [container] = JSON.parse(out).containers
    expect(container.gates.map(({ gate }: { gate: string }) => gate)).toEqual(
      expect.arrayContaining(['policy', 'origin', 'tags', 'request', 'delivery', 'sync']),
    )
  })
})

test('a release that is rejected with the command is not committed, and who and why is remembered', async () => {
  const before = await world.gitops.head()
  await world.release('web', '1.2.0')
  const { name } = await waiting('1.2.0')
  expect(await run('reject', `orders/${name}`, '--reason', 'breaks the orders')).toMatchObject({ exit: 0, err: '' })
  const request = await lab.plane.kubernetes.get('fairlead.dev/v1alpha1', 'UpdateRequest', 'orders', name)
  expect(valueAt(request, 'status')).toMatchObject({
    phase: 'Rejected',
    rejectedBy: 'system:serviceaccount:pay:approver',
    message: 'rejected by system:serviceaccount:pay:approver: breaks the orders',
  })
  expect(await world.gitops.head()).toBe(before)
})

test('a decision that reaches a standby is passed on to the replica that leads', async () => {
  const standby = await startFairlead(lab, account, { ...settings('fairlead-standby'), standby: true })
  const before = await world.gitops.head()
  await world.release('web', '1.3.0')
  const decision = await waiting('1.3.0')
  const path = `${pathOf(decision)}/approve`
  expect((await call('POST', path, tokens.stranger, undefined, standby.api)).status).toBe(403)
  // The standby learns who leads within one look at the lease.
  await eventually('the standby passes it on', async () => {
    const { status } = await call('POST', path, tokens.approver, undefined, standby.api)
    return status === 200 ? true : undefined
  })
  const commit = await eventually('fairlead commits', async () => (await world.gitops.commitsSince(before))[0], {
    watched: [fairlead.component, standby.component],
  })
  expect(commit.files).toEqual(['apps/web.yaml'])
  expect((await standby.samples('fairlead_git_operations_total')).filter(({ value }) => value > 0)).toEqual([])
})

describe('all that time', () => {
  test('the shipped rights were enough, and the reviews were asked for', async () => {
    const writes = await writesOf(lab.plane.auditLog, account.user)
    expect(writes.filter(({ code }) => code === 401 || code === 403)).toEqual([])
    const resources = writes.map(({ resource }) => resource)
    expect(resources).toContain('authentication.k8s.io/tokenreviews')
    expect(resources).toContain('authorization.k8s.io/subjectaccessreviews')
  })

  test('no token was written to a log of fairlead', async () => {
    for (const name of ['fairlead-leader', 'fairlead-standby']) {
      const log = await readFile(join(lab.dir, `${name}.log`), 'utf8')
      for (const token of Object.values(tokens)) expect(log.includes(token)).toBe(false)
    }
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApprover } from './approver.ts'
import { isOwnWrite, writesOf } from './audit.ts'
import { runCli } from './cli.ts'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { valueAt } from './kubernetes.ts'
import { type Lab, startLab } from './lab.ts'
import {
  commitsTo,
  conditionWith,
  eventAbout,
  nextCommitTo,
  releaseBad,
  requestsFrom,
  restlessDeployment,
  rolloutOf,
} from './rollout.ts'
import { createWorld, deployWithFlux, untilApplied, untilContent, versionsOf, type World } from './world.ts'

/** Versions that fail, and the way back, with Flux. The workloads of one repository live their stories side by side. */

let lab: Lab
let account: Account
let world: World
let fairlead: Fairlead
let token: string

/** Kubernetes gives `web` and `hand` up. The deadline of the others is fairlead's: a StatefulSet has none of its own. */
const manifests = {
  web: (tag: string) => restlessDeployment(world, { name: 'web', tag, giveUpSeconds: 8 }),
  slow: (tag: string) => restlessDeployment(world, { name: 'slow', tag, giveUpSeconds: 7200, deadline: '8s' }),
  db: (tag: string) =>
    restlessDeployment(world, { name: 'db', tag, giveUpSeconds: 7200, deadline: '8s' })
      .replace('kind: Deployment', 'kind: StatefulSet')
      .replace('progressDeadlineSeconds: 7200', 'serviceName: db'),
  hand: (tag: string) => restlessDeployment(world, { name: 'hand', tag, giveUpSeconds: 8 }),
}
const names = Object.keys(manifests) as (keyof typeof manifests)[]
const fileOf = (name: string) => `${name}/${name}.yaml`
const rootOf = (name: string) => `shop-${name}`
/** Flux waits for the health of `slow`, and looks at no newer commit meanwhile. */
const roots = names.map((name) => ({
  name: rootOf(name),
  path: `./${name}`,
  ...(name === 'slow' && { waits: '30s' }),
}))

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'shop')
  for (const name of names) await world.release(name, '1.0.0')
  const files = names.map((name) => [fileOf(name), manifests[name]('1.0.0')] as const)
  await world.gitops.commit('Open the shop', Object.fromEntries(files))
  await deployWithFlux(
    world,
    roots,
    names.filter((name) => name !== 'db'),
  )
  await eventually('the pods of shop/db are ready', async () => {
    const set = await lab.plane.kubernetes.get('apps/v1', 'StatefulSet', 'shop', 'db')
    return valueAt(set, 'status', 'availableReplicas') === 2 ? true : undefined
  })
  token = await createApprover(lab, 'shop')
  fairlead = await startFairlead(lab, account, {
    name: 'fairlead-rollback',
    mode: 'commit',
    backend: 'native',
    namespace: 'shop',
    repository: world.gitops.url,
    allowPaths: names.map((name) => `${name}/**`),
    rollback: { onFailure: 'own', mode: 'commit' },
  })
  await untilContent(fairlead, names.length)
})

afterAll(async () => {
  await fairlead?.component.end('SIGKILL')
  await lab?.stop()
})

const nextCommit = (name: string, since: string) => nextCommitTo(world, fileOf(name), since, fairlead)

describe.concurrent('a version that fails', () => {
  test('after a good one: Kubernetes gives it up, one commit puts the good one back, and it stays away', async ({
    expect,
  }) => {
    const file = fileOf('web')
    const start = await world.gitops.head()
    await world.release('web', '1.1.0')
    const good = await nextCommit('web', start)
    expect(await world.gitops.file(good.id, file)).toBe(manifests.web('1.1.0'))
    const runs = { phase: 'success', version: '1.1.0', previousVersion: '1.0.0', commit: good.id } as const
    await rolloutOf(world, 'web', runs, fairlead)
    expect(await versionsOf(fairlead, 'shop', 'web')).toEqual(['1.1.0'])

    const { phases, record, commits } = await releaseBad(world, { name: 'web', tag: '1.1.666', file }, fairlead)
    expect(phases.slice(0, 3)).toEqual(['success', 'rolling_out', 'failed'])
    expect(record).toMatchObject({
      version: '1.1.666',
      previousVersion: '1.1.0',
      reason: 'ProgressDeadlineExceeded',
      cause: 'ImagePullBackOff',
    })
    const [bad, back, ...others] = commits
    expect(others).toEqual([])
    expect(await world.gitops.file(bad?.id ?? '', file)).toBe(manifests.web('1.1.666'))
    expect(back).toMatchObject({ author: 'fairlead', files: [file] })
    expect(back?.message).toMatch(/^Fairlead-Action: rollback$/m)
    expect(await world.gitops.file(back?.id ?? '', file)).toBe(manifests.web('1.1.0'))
    await untilApplied(world, rootOf('web'), back?.id ?? '')
    expect(await versionsOf(fairlead, 'shop', 'web')).toEqual(['1.1.0'])

    const why = expect.stringContaining('ImagePullBackOff')
    expect(await eventAbout(world, 'web', 'RollbackRequested', fairlead)).toEqual(why)
    const update = { name: 'web', tag: '1.1.0' }
    const rollback = { name: 'web', tag: '1.1.666', action: 'rollback' } as const
    const [failed, requested] = await Promise.all([
      conditionWith(world, update, { type: 'RolledOut', status: 'False', reason: 'Failed' }, fairlead),
      conditionWith(world, update, { type: 'Rollback', status: 'True', reason: 'Requested' }, fairlead),
      conditionWith(world, rollback, { type: 'RolledOut', status: 'True', reason: 'Success' }, fairlead),
    ])
    expect([failed.message, requested.message]).toEqual([why, why])

    expect(await eventAbout(world, 'web', 'Quarantined', fairlead)).toContain('1.1.666')
    await world.release('web', '1.3.0')
    const newer = await nextCommit('web', back?.id ?? '')
    expect(await world.gitops.file(newer.id, file)).toBe(manifests.web('1.3.0'))
    await rolloutOf(world, 'web', { phase: 'success', version: '1.3.0' }, fairlead)
    expect(await commitsTo(world, file, good.id)).toEqual([bad, back, newer])
  })

  test('in the time that fairlead gives it is put back, although Kubernetes still waits', async ({ expect }) => {
    const file = fileOf('slow')
    const rollback = { name: 'slow', tag: '1.1.666', action: 'rollback' } as const
    const [{ phases, record, commits }, blocked] = await Promise.all([
      releaseBad(world, { name: 'slow', tag: '1.1.666', file }, fairlead),
      conditionWith(world, rollback, { type: 'Applied', reason: 'RollbackBlockedByHealthCheck' }, fairlead),
    ])
    expect(blocked.message).toContain('CancelHealthCheckOnNewRevision')
    expect(phases.slice(0, 3)).toEqual(['success', 'rolling_out', 'failed'])
    expect(record).toMatchObject({ version: '1.1.666', reason: 'DeadlineExceeded', cause: 'ImagePullBackOff' })
    const [bad, back, ...others] = commits
    expect(others).toEqual([])
    expect(await world.gitops.file(bad?.id ?? '', file)).toBe(manifests.slow('1.1.666'))
    expect(await world.gitops.file(back?.id ?? '', file)).toBe(manifests.slow('1.0.0'))
    await untilApplied(world, rootOf('slow'), back?.id ?? '')
    expect(await eventAbout(world, 'slow', 'Quarantined', fairlead)).toContain('1.1.666')
    expect(await versionsOf(fairlead, 'shop', 'slow')).toEqual(['1.0.0'])
  })

  test('in a StatefulSet is put back, and a person is told which pod is in the way', async ({ expect }) => {
    const file = fileOf('db')
    const stuck = { phase: 'failed', version: '1.0.0', cause: 'OldPodUnready' } as const
    const [{ record, commits }] = await Promise.all([
      releaseBad(world, { name: 'db', tag: '1.1.666', file }, fairlead),
      rolloutOf(world, 'db', stuck, fairlead).then(async ({ message }) => {
        expect(message).toContain('kubectl -n shop delete pod db-1')
        expect(await eventAbout(world, 'db', 'RollbackLastGoodFails', fairlead)).toContain('delete pod db-1')
        await lab.plane.kubernetes.remove('v1', 'Pod', 'shop', 'db-1')
      }),
    ])
    expect(record).toMatchObject({ version: '1.1.666', reason: 'DeadlineExceeded', cause: 'ImagePullBackOff' })
    expect(await Promise.all(commits.map(({ id }) => world.gitops.file(id, file)))).toEqual([
      manifests.db('1.1.666'),
      manifests.db('1.0.0'),
    ])
    await rolloutOf(world, 'db', { phase: 'success', version: '1.0.0', recovered: true }, fairlead)
  })

  test('by the hand of a person stays, until a person takes it back; that holds as well', async ({ expect }) => {
    const file = fileOf('hand')
    const start = await world.gitops.commit('Try something', { [file]: manifests.hand('1.1.666') })
    const record = await rolloutOf(world, 'hand', { phase: 'failed' }, fairlead)
    expect(record).toMatchObject({ reason: 'ProgressDeadlineExceeded', cause: 'ImagePullBackOff' })
    expect(await eventAbout(world, 'hand', 'RollbackNotOwn', fairlead)).toContain('was not brought by fairlead')
    expect(await commitsTo(world, file, start)).toEqual([])

    const words = ['rollback', 'Deployment/shop/hand', '--reason', 'customers see errors']
    expect(await runCli(lab, { server: fairlead.api, token }, ...words)).toMatchObject({ exit: 0, err: '' })
    const back = await nextCommit('hand', start)
    expect(back.message).toContain('customers see errors')
    expect(await world.gitops.file(back.id, file)).toBe(manifests.hand('1.0.0'))
    await untilApplied(world, rootOf('hand'), back.id)
    await rolloutOf(world, 'hand', { phase: 'success', version: '1.0.0', rollback: true }, fairlead)
    const [request] = await requestsFrom(world, { name: 'hand', tag: '1.1.666', action: 'rollback' })
    expect(request?.spec.requestedBy).toBe('system:serviceaccount:shop:approver')

    await world.release('hand', '1.1.666')
    expect(await eventAbout(world, 'hand', 'Quarantined', fairlead)).toContain('1.1.666')
    await world.release('hand', '1.2.0')
    const newer = await nextCommit('hand', back.id)
    expect(await world.gitops.file(newer.id, file)).toBe(manifests.hand('1.2.0'))
    expect(await commitsTo(world, file, start)).toEqual([back, newer])
  })
})

describe('all that time', () => {
  test('live objects were left alone: fairlead wrote its own kinds, its Lease, Events and reviews', async () => {
    const writes = await writesOf(lab.plane.auditLog, account.user)
    expect(writes.filter((write) => !isOwnWrite(write))).toEqual([])
    expect(writes.map(({ resource }) => resource)).toContain('fairlead.dev/workloadrolloutstates/status')
  })

  test('the shipped rights were enough', async () => {
    const writes = await writesOf(lab.plane.auditLog, account.user)
    expect(writes.filter(({ code }) => code === 401 || code === 403)).toEqual([])
  })
})

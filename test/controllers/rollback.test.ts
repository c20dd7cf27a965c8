import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { createFakeWorld, digestOf, image } from '../fakes/world.ts'
import {
  anUpdate,
  apply,
  commits,
  conditionOf,
  exceeded,
  fail,
  forward,
  inGit,
  own,
  rollbacks,
  web,
} from './failed-update.ts'
import { push, start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

describe('a version that fails', () => {
  test('is taken back by one commit when Kubernetes gives up', async () => {
    const { world, replica } = await anUpdate()
    await fail(world, replica)
    expect(inGit(world)).toBe(web('1.0.0'))
    const [message, ...others] = commits(world)
    expect(others).toEqual([])
    expect(message).toMatch(/^Roll back ghcr\.io\/acme\/web to 1\.0\.0 in prod\/web\n/)
    expect(message).toContain('Policy: rollback\n')
    expect(message).toContain('Reason: Deployment/prod/web failed: ProgressDeadlineExceeded')
    expect(rollbacks(world)).toMatchObject([
      {
        spec: { change: { from: web('1.1.0'), to: web('1.0.0') }, requireApproval: false },
        status: { phase: 'Completed' },
      },
    ])
    expect(conditionOf(world, '1.1.0')).toMatchObject({ status: 'True', reason: 'Requested' })
  })

  test('is not chosen again, and what is put back becomes a success', async () => {
    const { world, replica } = await anUpdate()
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledOut', status: 'True', reason: 'Success' }),
    )
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(1)
    await push(world, replica, '1.2.0')
    expect(inGit(world)).toBe(web('1.2.0'))
  })
})

describe('a failed version is left as it is', () => {
  const rows: [why: string, config: string, annotations: Record<string, string>][] = [
    ['when nobody opted in', 'mode: commit', {}],
    ['when the workload opted out', own, { 'fairlead.dev/rollback': 'false' }],
    ['when a rule opted out for it', `${own}\nupdates: {rules: [{match: {name: web}, rollback: false}]}`, {}],
  ]
  test.each(rows)('%s', async (_, config, annotations) => {
    const { world, replica } = await anUpdate({ config, annotations })
    await fail(world, replica)
    expect(rollbacks(world)).toEqual([])
    expect(inGit(world)).toBe(web('1.1.0'))
  })

  test('when only the live object opted in', async () => {
    const { world, replica } = await anUpdate({ config: 'mode: commit' })
    world.annotate('web', { 'fairlead.dev/rollback': 'true' })
    await fail(world, replica)
    expect(rollbacks(world)).toEqual([])
  })

  test('when it was put back in the cluster alone', async () => {
    const { world, replica } = await anUpdate()
    putLive(world, 'web', web('1.0.0'))
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(rollbacks(world)).toEqual([])
    expect(inGit(world)).toBe(web('1.1.0'))
  })

  test('when a person has taken it back in Git already', async () => {
    const { world, replica } = await anUpdate()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.1.0', '1.0.0') }, 'Back to 1.0.0')
    await fail(world, replica)
    expect(commits(world)).toEqual([])
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('when more than its image differs from what ran well', async () => {
    const { world, replica } = await anUpdate()
    putLive(world, 'web', web('1.1.0'), { env: [{ name: 'FLAG', value: 'on' }] })
    await fail(world, replica)
    expect(rollbacks(world)).toEqual([])
    expect(conditionOf(world, '1.1.0')).toMatchObject({ status: 'False', reason: 'TemplateDiffers' })
    expect(world.cluster.recorded).toContainEqual(
      expect.objectContaining({ reason: 'RollbackTemplateDiffers', type: 'Warning' }),
    )
  })

  test('when the cause is the cluster', async () => {
    const { world, replica } = await anUpdate()
    const quota = 'pods "web-1" is forbidden: exceeded quota: small'
    settle(world, 'web', { updated: 0, failure: exceeded, quota })
    await replica.quiet()
    expect(rollbacks(world)).toEqual([])
    expect(conditionOf(world, '1.1.0')).toMatchObject({
      reason: 'ClusterCause',
      message: expect.stringContaining(quota),
    })
  })

  test('when the registry does not have the old image any more', async () => {
    const { world, replica } = await anUpdate()
    world.registry.remove(image('web'), '1.0.0')
    await fail(world, replica)
    expect(rollbacks(world)).toEqual([])
    expect(conditionOf(world, '1.1.0')).toMatchObject({ reason: 'OldImageGone' })
  })

  test('when its rollout was under way when it was first seen, and nobody knows what ran before', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    world.deploy('web', web('1.0.0'), forward)
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.0.0', '1.1.0') }, 'Try 1.1.0')
    putLive(world, 'web', web('1.1.0'))
    await world.sync()
    const replica = await start(world, 'mode: commit\nrollback: {onFailure: any}')
    await fail(world, replica)
    expect(rollbacks(world)).toEqual([])
    expect(world.cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'RollbackFirstSight' }))
  })
})

describe('what people committed', () => {
  async function aHumanUpdate(config: string) {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy('web', web('1.0.0'), {})
    settle(world, 'web', { updated: 1 })
    await world.sync()
    const replica = await start(world, config)
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.0.0', '1.1.0') }, 'Try 1.1.0')
    await apply(world, replica, '1.1.0')
    await fail(world, replica)
    return world
  }

  test('is put back with onFailure: any, without any policy', async () => {
    const world = await aHumanUpdate('mode: commit\nrollback: {onFailure: any}')
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(1)
  })

  test('is left alone with onFailure: own, and it is said', async () => {
    const world = await aHumanUpdate(own)
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(world.cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'RollbackNotOwn' }))
  })
})

describe('on its way back', () => {
  test('windows, ages, intervals and approvals of updates do not count', async () => {
    const closed = 'windows: [{name: never, exclude: [{cron: "* * * * *", duration: 1h}], match: {}}]'
    const { world, replica } = await anUpdate()
    await replica.stop()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    const stricter = text
      .replace('min-update-interval: "0s"', 'min-update-interval: "24h"')
      .replace('require-approval: "false"', 'require-approval: "true"')
    world.git.commit('main', { 'apps/web.yaml': stricter }, 'Be careful')
    await world.sync()
    const next = await start(world, `${own}\n${closed}`)
    await fail(world, next)
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  const holds: [what: string, config: string, annotations: Record<string, string>, reason: string][] = [
    ['the kill switch', `${own}\nsuspend: true`, {}, 'Suspended'],
    ['mode observe', 'mode: observe\nrollback: {onFailure: own}', {}, 'ObserveOnly'],
    ['a hold', own, { 'fairlead.dev/hold': 'incident 7' }, 'Held'],
  ]
  test.each(holds)('it is stopped by %s', async (_, config, annotations, reason) => {
    const { world, replica } = await anUpdate()
    await replica.stop()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    const added = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
    world.git.commit(
      'main',
      { 'apps/web.yaml': text.replace('annotations:\n', `annotations:\n${added.join('')}`) },
      'Stop',
    )
    await world.sync()
    const next = await start(world, config)
    await fail(world, next)
    expect(inGit(world)).toBe(web('1.1.0'))
    const [request] = rollbacks(world)
    expect(request?.status?.conditions).toContainEqual(expect.objectContaining({ type: 'Progressing', reason }))
  })

  test('it moves the version label along', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy('web', web('1.0.0'), forward)
    const label = 'app.kubernetes.io/version'
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    const labelled = text.replace('labels: {app: web}}\n    spec', `labels: {app: web, ${label}: "1.0.0"}}\n    spec`)
    world.git.commit('main', { 'apps/web.yaml': labelled }, 'Name the version')
    putLive(world, 'web', web('1.0.0'), { labels: { app: 'web', [label]: '1.0.0' } })
    settle(world, 'web', { updated: 1 })
    await world.sync()
    const replica = await start(world, own)
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/web.yaml')).toContain(`${label}: "1.1.0"`)
    await world.sync()
    putLive(world, 'web', web('1.1.0'), { labels: { app: 'web', [label]: '1.1.0' } })
    await replica.quiet()
    await fail(world, replica)
    expect(world.git.read('main', 'apps/web.yaml')).toBe(labelled)
  })
})

describe('when somebody puts the failed version into Git again', () => {
  test('it is not taken back twice, and that is said', async () => {
    const { world, replica } = await anUpdate()
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.0.0', '1.1.0') }, 'Once more')
    await apply(world, replica, '1.1.0')
    await fail(world, replica)
    expect(commits(world)).toHaveLength(1)
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(conditionOf(world, '1.0.0')).toMatchObject({ status: 'False', reason: 'PutBackAgain' })
  })

  test('also when nobody remembers the request, and whoever brings it', async () => {
    const { world, replica } = await anUpdate({ config: 'mode: commit\nrollback: {onFailure: any}' })
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    for (const { metadata } of world.requests()) {
      world.cluster.objects.remove(resources.updateRequest, 'prod', metadata.name)
    }
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.0.0', '1.1.0') }, 'Once more')
    await apply(world, replica, '1.1.0')
    await fail(world, replica)
    expect(commits(world)).toHaveLength(1)
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(world.cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'RollbackPutBackAgain' }))
  })
})

import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { commits, conditionOf, own, rollbacks } from './failed-update.ts'
import { anUpgrade, applyRelease, attempt, file, helmWords, podsAre, release, releaseSays } from './release.ts'
import { start } from './replica.ts'

const { workloadRolloutState } = resources

/** What becomes of a change in the values of a HelmRelease when Helm cannot make it. */

describe('a release that Helm could not upgrade', () => {
  test('has failed at once, with the words of Helm', async () => {
    const { world, replica } = await anUpgrade('mode: commit')
    podsAre(world, '1.1.0', false)
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toBeUndefined()
    releaseSays(world, attempt.failed())
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'Applied')).toMatchObject({ status: 'False', reason: 'UpgradeFailed' })
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({
      status: 'False',
      reason: 'Failed',
      message: expect.stringContaining(helmWords),
    })
    expect(conditionOf(world, '1.1.0', 'Progressing')).toMatchObject({ status: 'False', reason: 'UpgradeFailed' })
    expect(conditionOf(world, '1.1.0', 'Degraded')).toMatchObject({ status: 'False' })
    const [state] = world.cluster.objects.list(workloadRolloutState)
    expect(state?.status).toMatchObject({ phase: 'failed', reason: 'EngineFailed' })
    expect(world.git.read('main', file)).toBe(release('1.1.0'))
  })

  test('is put back in its values when Helm gives up', async () => {
    const { world, replica } = await anUpgrade()
    podsAre(world, '1.1.0', false)
    releaseSays(world, attempt.failed())
    await replica.quiet()
    expect(commits(world)).toEqual([])
    releaseSays(world, attempt.gaveUp())
    await replica.quiet()
    expect(world.git.read('main', file)).toBe(release('1.0.0'))
    expect(commits(world)[0]).toMatch(/Reason: Deployment\/prod\/web failed: .*UpgradeFailed: Helm upgrade failed/)
  })

  test('is put back in its values, too, when Helm has put it back in the cluster', async () => {
    const { world, replica } = await anUpgrade()
    podsAre(world, '1.1.0', false)
    releaseSays(world, attempt.failed())
    await replica.quiet()
    podsAre(world, '1.0.0', true)
    releaseSays(world, attempt.takenBack())
    await replica.quiet()
    expect(world.git.read('main', file)).toBe(release('1.0.0'))
    expect(commits(world)).toHaveLength(1)

    await applyRelease(world)
    releaseSays(world, attempt.well())
    await replica.quiet()
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledOut', status: 'True', reason: 'Success' }),
    )
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
  })

  test('is put back although Helm had put it back before anybody looked', async () => {
    const { world, replica } = await anUpgrade()
    await replica.stop()
    podsAre(world, '1.0.0', true)
    releaseSays(world, attempt.takenBack())
    const next = await start(world, own)
    await next.quiet()
    expect(world.git.read('main', file)).toBe(release('1.0.0'))
    expect(commits(world)).toHaveLength(1)
  })

  test('succeeds later, when Helm tries again, and is left as it is', async () => {
    const { world, replica } = await anUpgrade()
    podsAre(world, '1.1.0', false)
    releaseSays(world, attempt.failed())
    await replica.quiet()
    podsAre(world, '1.1.0', true)
    releaseSays(world, attempt.well())
    await replica.quiet()
    expect(commits(world)).toEqual([])
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
    const [state] = world.cluster.objects.list(workloadRolloutState)
    expect(state?.status).toMatchObject({ phase: 'success', recovered: true })
  })
})

describe('a release whose test fails', () => {
  test('has failed although its pods are well, and is put back', async () => {
    const { world, replica } = await anUpgrade()
    podsAre(world, '1.1.0', true)
    await replica.quiet()
    releaseSays(world, attempt.testFailed())
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
    expect(world.git.read('main', file)).toBe(release('1.0.0'))
  })
})

describe('a failure that is older than the commit', () => {
  test('says nothing about it, whatever generation is read', async () => {
    const { world, replica } = await anUpgrade()
    const { conditions } = attempt.gaveUp()
    const long = { version: 1, status: 'failed', lastDeployed: '2026-01-01T00:00:00Z' }
    releaseSays(world, { conditions, status: { upgradeFailures: 1, history: [long] } }, '2026-01-01T00:05:00Z')
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toBeUndefined()
    expect(world.git.read('main', file)).toBe(release('1.1.0'))
  })
})

import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { decideHelmSync } from '../../../src/core/sync/helm.ts'
import { type ReleaseFailure, releaseFailure } from '../../../src/core/sync/helm-failure.ts'
import { failureOfRelease, isAbout } from '../../../src/core/workload/engine-failure.ts'
import { began, failed, history, message, notReady, releaseWith, says } from './release-status.ts'

const { good, rollback, tested, uninstalled } = history
const upgraded = { upgradeFailures: 1, history: [history.failed, good] }
const putBack = { upgradeFailures: 1, history: [rollback, history.failed, good] }

const rollingBack = ['Reconciling', 'True', 'Progressing'] as const

/** The object while helm-controller runs an action (internal/reconcile/atomic_release.go). */
function running(action: string, release: KubernetesObject): KubernetesObject {
  const words = `Running '${action}' action with timeout of 5m0s`
  const conditions = (release.status as { conditions: { type: string }[] }).conditions.map((one) =>
    one.type === 'Reconciling' ? { ...one, message: words } : one,
  )
  return { ...release, status: { ...(release.status as object), conditions } }
}

describe('a release has failed', () => {
  it.each<[when: string, release: KubernetesObject, failure: Partial<ReleaseFailure>]>([
    [
      'when its upgrade did, and Helm gives up',
      releaseWith([notReady('UpgradeFailed'), says.upgradeFailed, says.gaveUp], upgraded),
      { reason: 'UpgradeFailed', message, isTakenBack: false, isGivenUp: true },
    ],
    [
      'when its upgrade did, and Helm tries again',
      releaseWith([says.upgrading, says.upgradeFailed], upgraded),
      { reason: 'UpgradeFailed', isTakenBack: false, isGivenUp: false },
    ],
    [
      'while Helm puts back what ran before',
      running('rollback', releaseWith([notReady('UpgradeFailed'), says.upgradeFailed, rollingBack], upgraded)),
      { reason: 'UpgradeFailed', isTakenBack: true, isGivenUp: false },
    ],
    [
      'when Helm has put back what ran before',
      releaseWith([notReady('RollbackSucceeded'), says.upgradeFailed, says.rolledBack, says.gaveUp], putBack),
      { reason: 'UpgradeFailed', isTakenBack: true, isGivenUp: true },
    ],
    [
      'when Helm could not put back what ran before',
      releaseWith([notReady('RollbackFailed'), says.upgradeFailed, says.rollbackFailed], upgraded),
      { reason: 'UpgradeFailed', isTakenBack: false },
    ],
    [
      'when its test did',
      releaseWith([notReady('TestFailed'), says.released, says.testFailed], { history: [tested, good] }),
      { reason: 'TestFailed', isTakenBack: false, isGivenUp: false },
    ],
    [
      'when its test did and Helm has put back what ran before',
      releaseWith([notReady('RollbackSucceeded'), says.released, says.testFailed, says.rolledBack], {
        upgradeFailures: 1,
        history: [rollback, { ...tested, status: 'superseded' }, good],
      }),
      { reason: 'TestFailed', isTakenBack: true },
    ],
    [
      'when it could not be installed and was removed',
      releaseWith([notReady('UninstallSucceeded'), says.installFailed, says.uninstalled], {
        installFailures: 1,
        history: [uninstalled],
      }),
      { reason: 'InstallFailed', isTakenBack: true },
    ],
  ])('%s', (_, release, failure) => {
    expect(releaseFailure(release)).toMatchObject({ beganMs: Date.parse(began), ...failure })
    expect(releaseFailure(release)?.failedMs).toBe(Date.parse(failed))
  })

  it('again, with the words and the time that its condition has from an older attempt', () => {
    const earlier = [...says.upgradeFailed, '2026-02-27T00:00:00Z'] as const
    const release = releaseWith([notReady('UpgradeFailed'), earlier], upgraded)
    expect(releaseFailure(release)).toMatchObject({ beganMs: Date.parse(began), failedMs: undefined })
  })
})

describe('a release has not failed', () => {
  it.each<[when: string, release: KubernetesObject]>([
    ['when it is ready', releaseWith([says.ready, says.released])],
    ['during its first upgrade', releaseWith([says.upgrading, says.released])],
    ['when the failure is about an older generation', releaseWith([says.upgradeFailed], upgraded, 5)],
    [
      'when Helm has changed nothing yet',
      releaseWith([notReady('UpgradeFailed'), says.upgradeFailed], { upgradeFailures: 0, history: [good] }),
    ],
    [
      'when other values were attempted since',
      releaseWith([says.upgrading, says.upgradeFailed], { history: [history.failed, good] }),
    ],
    ['when its chart cannot be fetched', releaseWith([notReady('ArtifactFailed')], { history: [good] })],
    ['when it waits for another one', releaseWith([notReady('DependencyNotReady')], { history: [good] })],
    ['when the failure of its test is ignored', releaseWith([says.ready, says.testFailed], { history: [tested] })],
    [
      'when Helm only stopped waiting for its health',
      releaseWith([notReady('HealthCheckCanceled'), says.upgradeFailed], upgraded),
    ],
    ['when it says nothing at all', releaseWith([], {})],
    ['when its history makes no sense', releaseWith([says.upgradeFailed], { upgradeFailures: 1, history: 'x' })],
  ])('%s', (_, release) => {
    expect(releaseFailure(release)).toBeUndefined()
  })

  it('and is applied, when only an ignored test did', () => {
    const owner = { engine: 'flux', object: 'Kustomization/a/b', state: 'applied', reason: '', message: '' } as const
    const release = releaseWith([says.ready, says.testFailed], { history: [tested] })
    expect(decideHelmSync(release, { ...owner, revision: '' }).state).toBe('applied')
  })
})

describe('of the rollouts of a failed release, the failure', () => {
  const release = releaseWith([notReady('UpgradeFailed'), says.upgradeFailed], upgraded)
  const failure = failureOfRelease('HelmRelease/prod/shop', releaseFailure(release))

  it.each<[what: string, startedAt: string | undefined, expected: boolean]>([
    ['is about one that began with the attempt', began, true],
    ['is about one that began a moment before, by another clock', '2026-03-01T09:59:58Z', true],
    ['is about one that began later in the attempt', '2026-03-01T10:04:59Z', true],
    ['is not about one that was under way before', '2026-03-01T09:59:00Z', false],
    ['is not about one that began when it had failed', failed, false],
    ['is not about one that nobody saw begin', undefined, false],
  ])('%s', (_, startedAt, expected) => {
    expect(isAbout(failure, startedAt === undefined ? {} : { startedAt })).toBe(expected)
  })

  it('says which release it is about, and why', () => {
    expect(failure?.message).toBe(`HelmRelease/prod/shop UpgradeFailed: ${message}`)
  })

  it('is about none once Helm has put back what ran before', () => {
    const back = releaseWith([notReady('RollbackSucceeded'), says.upgradeFailed, says.rolledBack], putBack)
    expect(failureOfRelease('HelmRelease/prod/shop', releaseFailure(back))).toBeUndefined()
  })
})

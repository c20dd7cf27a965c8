import { describe, expect, test } from 'vitest'
import { engineFailureOf, releaseFailureOf } from '../../../src/core/manifest/failed-release.ts'
import { nominatedOwner } from '../../../src/core/manifest/origin.ts'
import { readHelmRelease } from '../../../src/core/sync/flux-object.ts'
import { history, notReady, releaseWith, says } from '../sync/release-status.ts'

const inventory = { entries: [{ id: 'prod_web_apps_Deployment', v: 'v1' }] }
const failed = releaseWith([notReady('UpgradeFailed'), says.upgradeFailed], {
  upgradeFailures: 1,
  history: [history.failed],
  inventory,
})
const well = releaseWith([says.ready], { inventory })
const elsewhere = { ...failed, spec: { kubeConfig: { secretRef: { name: 'other' } } } }

const workload = (name: string, kind = 'helm') => ({
  ...{ kind: 'Deployment', namespace: 'prod', name },
  labels: { [`${kind}.toolkit.fluxcd.io/name`]: 'shop', [`${kind}.toolkit.fluxcd.io/namespace`]: 'prod' },
})

function ask(applied: ReturnType<typeof workload>, release: typeof failed) {
  const engine = { helmRelease: (key: string) => (key === 'prod/shop' ? readHelmRelease(release) : undefined) }
  const owner = nominatedOwner(applied)
  return [releaseFailureOf(applied, engine)?.reason, owner && engineFailureOf(applied, owner, engine)?.message]
}

test('a workload has the failure of the release that lists it', () => {
  expect(ask(workload('web'), failed)).toEqual([
    'UpgradeFailed',
    expect.stringMatching(/^HelmRelease\/prod\/shop UpgradeFailed: Helm upgrade failed/),
  ])
})

describe('a workload has no failure', () => {
  test.each([
    ['when its release is well', workload('web'), well],
    ['of a release that does not list it, whatever its labels say', workload('jobs'), failed],
    ['of a release that applies to another cluster', workload('web'), elsewhere],
    ['when a Kustomization applied it', workload('web', 'kustomize'), failed],
  ])('%s', (_, applied, release) => {
    expect(ask(applied, release)).toEqual([undefined, undefined])
  })
})

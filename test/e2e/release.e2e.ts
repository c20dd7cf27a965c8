import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chartFiles, pushChart } from './chart.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { type Lab, startLab } from './lab.ts'
import { commitsTo, conditionWith, eventAbout, rolloutOf } from './rollout.ts'
import { createWorld, deployWithFlux, untilApplied, untilContent, type World } from './world.ts'

/** Versions in the values of HelmReleases, and of their charts, that Helm cannot upgrade to, and the way back. */

let lab: Lab
let account: Account
let world: World
let fairlead: Fairlead

/** What Helm does about an upgrade that fails: it gives up, or puts back what ran before. */
const remedies = { stuck: '{retries: 0}', restored: '{remediateLastFailure: true}' }
const names = Object.keys(remedies) as (keyof typeof remedies)[]
const fileOf = (name: string) => `cluster/${name}.yaml`

const release = (name: keyof typeof remedies, tag: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${name}
  namespace: releases
  annotations:
    fairlead.dev/policy: minor
    fairlead.dev/require-approval: "false"
    fairlead.dev/min-update-interval: 0s
spec:
  interval: 1m
  chart:
    spec:
      chart: ./charts/${name}
      sourceRef: {kind: GitRepository, name: releases, namespace: flux-system}
  upgrade:
    timeout: 6s
    strategy: {name: RemediateOnFailure}
    remediation: ${remedies[name]}
  values:
    image:
      repository: ${world.image(name, '').slice(0, -1)}
      tag: ${tag}
`

const chartInGit = (name: string) => {
  const image = '{{ .Values.image.repository }}:{{ .Values.image.tag }}'
  const files = Object.entries(chartFiles(name, '0.1.0', image))
  return Object.fromEntries(files.map(([path, text]) => [`charts/${name}/${path}`, text]))
}

/** A release whose chart comes from a registry, with a version that runs the image of the same version. */
const packed = 'packed'

const packedRelease = (version: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: ${packed}
  namespace: releases
  annotations:
    fairlead.dev/chart-policy: minor
    fairlead.dev/require-approval: "false"
    fairlead.dev/min-update-interval: 0s
spec:
  interval: 1m
  chart:
    spec:
      chart: ${packed}-chart
      version: ${version}
      sourceRef: {kind: HelmRepository, name: charts}
  upgrade:
    timeout: 6s
    strategy: {name: RemediateOnFailure}
    remediation: {retries: 0}
`

const charts = () => `apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata:
  name: charts
  namespace: releases
spec:
  type: oci
  insecure: true
  url: oci://${lab.registry}/releases
`

async function publish(version: string): Promise<void> {
  const name = `${packed}-chart`
  const files = chartFiles(name, version, world.image(packed, version))
  await pushChart({ dir: lab.dir, name, files }, { host: lab.registry, repository: `releases/${name}`, tag: version })
}

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'releases')
  for (const name of names) await world.release(name, '1.0.0')
  await publish('1.0.0')
  const files = names.map((name) => ({ [fileOf(name)]: release(name, '1.0.0'), ...chartInGit(name) }))
  const packedFiles = { [fileOf(packed)]: packedRelease('1.0.0'), 'cluster/charts.yaml': charts() }
  await world.gitops.commit('Three releases', Object.assign(packedFiles, ...files))
  await deployWithFlux(world, [{ name: 'releases', path: './cluster' }], [...names, packed])
  fairlead = await startFairlead(lab, account, {
    name: 'fairlead-releases',
    mode: 'commit',
    backend: 'native',
    namespace: 'releases',
    repository: world.gitops.url,
    allowPaths: ['cluster/**'],
    rollback: { onFailure: 'own', mode: 'commit' },
  })
  await untilContent(fairlead, names.length + 1)
})

afterAll(async () => {
  await fairlead?.component.end('SIGKILL')
  await lab?.stop()
})

describe.concurrent('an upgrade that Helm cannot make is put back in the values', () => {
  test.each(names)('%s', async (name) => {
    const file = fileOf(name)
    const start = await world.gitops.head()
    const update = { name, tag: '1.0.0' }
    const rollback = { name, tag: '1.1.666', action: 'rollback' } as const
    const [record, failed] = await Promise.all([
      rolloutOf(world, name, { phase: 'failed' }, fairlead),
      conditionWith(world, update, { type: 'RolledOut', status: 'False', reason: 'Failed' }, fairlead),
      conditionWith(world, rollback, { type: 'RolledOut', status: 'True', reason: 'Success' }, fairlead),
      world.release(name, '1.1.666'),
    ])
    expect(record).toMatchObject({ version: '1.1.666', reason: 'EngineFailed', cause: 'ImagePullBackOff' })
    expect(record.message).toContain(`HelmRelease/releases/${name} UpgradeFailed: Helm upgrade failed`)
    expect(failed.message).toContain('Helm upgrade failed')

    const [bad, back, ...others] = await commitsTo(world, file, start)
    expect(others).toEqual([])
    expect(await world.gitops.file(bad?.id ?? '', file)).toBe(release(name, '1.1.666'))
    expect(await world.gitops.file(back?.id ?? '', file)).toBe(release(name, '1.0.0'))
    expect(back?.message).toMatch(/^Fairlead-Action: rollback$/m)
    await untilApplied(world, 'releases', back?.id ?? '')
    await rolloutOf(world, name, { phase: 'success', version: '1.0.0' }, fairlead)
    expect(await eventAbout(world, name, 'Quarantined', fairlead)).toContain('1.1.666')
  })
})

test('a version of a chart that Helm cannot make is put back, and stays away', async () => {
  const file = fileOf(packed)
  const start = await world.gitops.head()
  // What is changed is called `packed-chart:1.0.0`.
  const named: World = { ...world, image: (name, version) => `${name}-chart:${version}` }
  const update = { name: packed, tag: '1.0.0' }
  const rollback = { name: packed, tag: '1.1.666', action: 'rollback' } as const
  const [failed] = await Promise.all([
    conditionWith(named, update, { type: 'RolledOut', status: 'False', reason: 'Failed' }, fairlead),
    conditionWith(named, rollback, { type: 'RolledOut', status: 'True', reason: 'Success' }, fairlead),
    publish('1.1.666'),
  ])
  expect(failed.message).toContain('Helm upgrade failed')

  const [bad, back, ...others] = await commitsTo(world, file, start)
  expect(others).toEqual([])
  expect(await world.gitops.file(bad?.id ?? '', file)).toBe(packedRelease('1.1.666'))
  expect(await world.gitops.file(back?.id ?? '', file)).toBe(packedRelease('1.0.0'))
  expect(back?.message).toMatch(/^Chart-To: packed-chart:1\.0\.0$/m)
  await rolloutOf(world, packed, { phase: 'success', version: '1.0.0' }, fairlead)
  expect(await eventAbout(world, packed, 'Quarantined', fairlead)).toContain('1.1.666')
})

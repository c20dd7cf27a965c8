import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { type Lab, startLab } from './lab.ts'
import { commitsTo, conditionWith, eventAbout, rolloutOf } from './rollout.ts'
import { createWorld, deployWithFlux, untilApplied, untilContent, type World } from './world.ts'

/** Versions in the values of HelmReleases that Helm cannot upgrade to, and the way back. */

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

const chart = (name: string) => ({
  [`charts/${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 0.1.0\n`,
  [`charts/${name}/templates/deployment.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      nodeName: n1
      containers:
        - name: {{ .Release.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
`,
})

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'releases')
  for (const name of names) await world.release(name, '1.0.0')
  const files = names.map((name) => ({ [fileOf(name)]: release(name, '1.0.0'), ...chart(name) }))
  await world.gitops.commit('Two releases', Object.assign({}, ...files))
  await deployWithFlux(world, [{ name: 'releases', path: './cluster' }], names)
  fairlead = await startFairlead(lab, account, {
    name: 'fairlead-releases',
    mode: 'commit',
    backend: 'native',
    namespace: 'releases',
    repository: world.gitops.url,
    allowPaths: ['cluster/**'],
    rollback: { onFailure: 'own', mode: 'commit' },
  })
  await untilContent(fairlead, names.length)
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

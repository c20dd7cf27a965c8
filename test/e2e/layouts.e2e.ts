import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { type Lab, startLab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import {
  createWorld,
  decisionIn,
  deployWithFlux,
  nextCommit,
  phasesOfNextRollout,
  untilApplied,
  untilContent,
  type World,
} from './world.ts'

let lab: Lab
let account: Account
let world: World
let fairlead: Fairlead

/** A Flux Kustomization as people keep it in Git, applied by another one. */
function fluxKustomization(name: string, path: string, more = ''): string {
  return `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: ${name}, namespace: flux-system}
spec:
  interval: 1m
  retryInterval: 5s
  path: ${path}
  prune: true
  sourceRef: {kind: GitRepository, name: layouts}
${more}`
}

const overlay = (tag: string) => `resources: [../base]
namePrefix: prod-
images:
  # the release of this environment
  - name: web
    newName: ${world.image('web', tag).replace(/:[^:/]*$/, '')}
    newTag: ${tag}
`

const variables = (tag: string) =>
  fluxKustomization(
    'api',
    './api',
    `  postBuild:
    substitute:
      api_tag: "${tag}" # follows the releases
`,
  )

const release = (tag: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: store
  namespace: layouts
  annotations:
    fairlead.dev/policy: minor
    fairlead.dev/require-approval: "false"
spec:
  interval: 1m
  chart:
    spec:
      chart: ./charts/store
      reconcileStrategy: Revision
      sourceRef: {kind: GitRepository, name: layouts, namespace: flux-system}
  values:
    image:
      tag: ${tag}
    replicas: 2
`

const chart = {
  'charts/store/Chart.yaml': 'apiVersion: v2\nname: store\nversion: 0.1.0\n',
  'charts/store/templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  minReadySeconds: 1
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      nodeName: n1
      containers:
        - name: store
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
`,
}

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'layouts')
  const names = ['web', 'api', 'store']
  for (const name of names) await world.release(name, '1.0.0')
  const web = plainDeployment({ namespace: 'layouts', name: 'web', image: 'web' })
  const api = plainDeployment({ namespace: 'layouts', name: 'api', image: world.image('api', '$' + '{api_tag}') })
  await world.gitops.commit('Three ways to say what runs', {
    'cluster/web.yaml': fluxKustomization('web', './web/prod'),
    'cluster/api.yaml': variables('1.0.0'),
    'cluster/store.yaml': release('1.0.0'),
    'web/base/kustomization.yaml': 'resources: [deployment.yaml]\n',
    'web/base/deployment.yaml': web,
    'web/prod/kustomization.yaml': overlay('1.0.0'),
    'api/deployment.yaml': api,
    'charts/store/values.yaml': `image:\n  repository: ${world.image('store', '').slice(0, -1)}\n  tag: latest\nreplicas: 1\n`,
    ...chart,
  })
  await deployWithFlux(world, [{ name: 'layouts', path: './cluster' }], ['prod-web', 'api', 'store'])
  fairlead = await startFairlead(lab, account, {
    name: 'fairlead-layouts',
    mode: 'commit',
    backend: 'native',
    namespace: 'layouts',
    repository: world.gitops.url,
    allowPaths: ['cluster/**', 'web/prod/**'],
  })
  await untilContent(fairlead, names.length)
})

afterAll(async () => {
  await fairlead?.component.end('SIGKILL')
  await lab?.stop()
})

describe('a release is committed where the layout decides, and applied', () => {
  test.each([
    ['an overlay of kustomize', 'web', 'prod-web', 'web/prod/kustomization.yaml', (tag: string) => overlay(tag), 'web'],
    [
      'a variable of a Flux Kustomization',
      'api',
      'api',
      'cluster/api.yaml',
      (tag: string) => variables(tag),
      'layouts',
    ],
    ['the values of a HelmRelease', 'store', 'store', 'cluster/store.yaml', (tag: string) => release(tag), 'layouts'],
  ])('%s', async (_, image, deployment, file, text, root) => {
    const before = await world.gitops.head()
    const [phases, commit] = await Promise.all([
      phasesOfNextRollout(fairlead, 'layouts', deployment),
      world.release(image, '1.1.0').then(() => nextCommit(world, before, fairlead)),
    ])

    expect(phases).toEqual(['success', 'rolling_out', 'success'])
    expect(commit.files).toEqual([file])
    expect(await world.gitops.file(commit.id, file)).toBe(text('1.1.0'))
    await untilApplied(world, root, commit.id)
    expect(await decisionIn(world, deployment, 'Completed', fairlead)).toMatchObject({ commit: commit.id })
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { application, repositorySecret, startArgoCd } from './argocd.ts'
import { isOwnWrite, writesOf } from './audit.ts'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { conditionOf, valueAt } from './kubernetes.ts'
import { type Lab, startLab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import { conditionWith, releaseBad, restlessDeployment } from './rollout.ts'
import { createWorld, decisionIn, nextCommit, phasesOfNextRollout, untilContent, type World } from './world.ts'

let lab: Lab
let account: Account
let world: World
let fairlead: Fairlead

const inCluster = { server: 'https://kubernetes.default.svc', namespace: 'harbour' }

/** An Application in Git that says itself which image its folder runs. */
const child = (tag: string) => `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: api
  namespace: argocd
spec:
  project: default
  destination: {server: https://kubernetes.default.svc, namespace: harbour}
  syncPolicy: {automated: {prune: true, selfHeal: true}}
  source:
    repoURL: ${world.gitops.url}
    path: api
    targetRevision: HEAD
    kustomize:
      images:
        - ${world.image('api', tag)} # follows the releases
`

const web = (tag: string) => restlessDeployment(world, { name: 'web', tag, giveUpSeconds: 8 })

/** Argo CD waits for the health of this one before it applies what comes in the next wave. */
const quay = (tag: string) => restlessDeployment(world, { name: 'quay', tag, giveUpSeconds: 7200, deadline: '8s' })
const notice = `apiVersion: v1
kind: ConfigMap
metadata:
  name: notice
  namespace: harbour
  annotations: {argocd.argoproj.io/sync-wave: "1"}
data: {open: "always"}
`
const source = (path: string) => ({ repoURL: world.gitops.url, path, targetRevision: 'main' })
const quayApplication = () => application('quay', { destination: inCluster, source: source('quay') })

beforeAll(async () => {
  lab = await startLab({ engine: startArgoCd })
  account = await installFairlead(lab)
  world = await createWorld(lab, account, 'harbour')
  for (const name of ['web', 'api', 'quay']) await world.release(name, '1.0.0')
  await world.gitops.commit('Open the harbour', {
    'root/api.yaml': child('1.0.0'),
    'web/web.yaml': web('1.0.0'),
    'quay/quay.yaml': quay('1.0.0'),
    'quay/notice.yaml': notice,
    'api/kustomization.yaml': 'resources: [api.yaml]\n',
    'api/api.yaml': plainDeployment({ namespace: 'harbour', name: 'api', image: world.image('api', '0.1.0') }),
  })
  const { kubernetes } = lab.plane
  const { user: username, password } = lab.git
  await kubernetes.apply(
    repositorySecret({ name: 'harbour', url: world.gitops.url, username, password }),
    application('root', { destination: { ...inCluster, namespace: 'argocd' }, source: source('root') }),
    application('web', { destination: inCluster, source: source('web') }),
    quayApplication(),
  )
  for (const name of ['web', 'api', 'quay']) {
    await eventually(
      `Deployment harbour/${name} is available`,
      async () => {
        const deployment = await kubernetes.get('apps/v1', 'Deployment', 'harbour', name)
        return conditionOf(deployment, 'Available') === 'True' ? true : undefined
      },
      { watched: lab.components, timeoutMs: 180_000 },
    )
  }
  fairlead = await startFairlead(lab, account, {
    name: 'fairlead-argocd',
    mode: 'commit',
    backend: 'native',
    namespace: 'harbour',
    repository: world.gitops.url,
    allowPaths: ['root/**', 'web/**', 'quay/**'],
    rollback: { onFailure: 'own', mode: 'commit' },
  })
  await untilContent(fairlead, 3)
})

afterAll(async () => {
  await fairlead?.component.end('SIGKILL')
  await lab?.stop()
})

describe('a release is committed where Argo CD reads it, applied and followed', () => {
  test.each([
    ['a folder of manifests', 'web', 'web/web.yaml', web],
    ['the images of an Application that another one declares', 'api', 'root/api.yaml', child],
  ])('%s', async (_, name, file, text) => {
    const before = await world.gitops.head()
    const [phases, commit] = await Promise.all([
      phasesOfNextRollout(fairlead, 'harbour', name),
      world.release(name, '1.1.0').then(() => nextCommit(world, before, fairlead)),
    ])
    expect(phases).toEqual(['success', 'rolling_out', 'success'])
    expect(commit.files).toEqual([file])
    expect(await world.gitops.file(commit.id, file)).toBe(text('1.1.0'))
    expect(await decisionIn(world, name, 'Completed', fairlead)).toMatchObject({ commit: commit.id })
    await eventually(`the request about ${name} says Applied`, async () => {
      const requests = await lab.plane.kubernetes.list('fairlead.dev/v1alpha1', 'UpdateRequest', 'harbour')
      return requests.some((one) => JSON.stringify(one.spec).includes(file) && conditionOf(one, 'Applied') === 'True')
        ? true
        : undefined
    })
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })
})

describe.concurrent('a version that fails', () => {
  test('and that Kubernetes gives up is put back by one commit, which Argo CD applies', async ({ expect }) => {
    const file = 'web/web.yaml'
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
    expect(await world.gitops.file(bad?.id ?? '', file)).toBe(web('1.1.666'))
    expect(back).toMatchObject({ author: 'fairlead', files: [file] })
    expect(await world.gitops.file(back?.id ?? '', file)).toBe(web('1.1.0'))
    const rollback = { name: 'web', tag: '1.1.666', action: 'rollback' } as const
    const [failed] = await Promise.all([
      conditionWith(world, { name: 'web', tag: '1.1.0' }, { type: 'RolledOut', status: 'False' }, fairlead),
      conditionWith(world, rollback, { type: 'Applied', status: 'True' }, fairlead),
      conditionWith(world, rollback, { type: 'RolledOut', status: 'True', reason: 'Success' }, fairlead),
    ])
    expect(failed.message).toContain('ImagePullBackOff')
    const live = await lab.plane.kubernetes.get('apps/v1', 'Deployment', 'harbour', 'web')
    const image = valueAt(live, 'spec', 'template', 'spec', 'containers', 0, 'image')
    expect(image).toBe(world.image('web', '1.1.0'))
  })

  test('and keeps a sync running is put back as well, and who has to end that sync is told', async ({ expect }) => {
    const file = 'quay/quay.yaml'
    const rollback = { name: 'quay', tag: '1.1.666', action: 'rollback' } as const
    const blocked = { type: 'Applied', reason: 'RollbackBlockedByRunningSync' }
    const [{ record, commits }] = await Promise.all([
      releaseBad(world, { name: 'quay', tag: '1.1.666', file }, fairlead),
      conditionWith(world, rollback, blocked, fairlead).then(async ({ message }) => {
        expect(message).toContain('argocd app terminate-op quay')
        const terminated = { ...quayApplication(), status: { operationState: { phase: 'Terminating' } } }
        await lab.plane.kubernetes.apply(terminated)
      }),
    ])
    expect(record).toMatchObject({ version: '1.1.666', reason: 'DeadlineExceeded', cause: 'ImagePullBackOff' })
    expect(await Promise.all(commits.map(({ id }) => world.gitops.file(id, file)))).toEqual([
      quay('1.1.666'),
      quay('1.0.0'),
    ])
    await conditionWith(world, rollback, { type: 'Applied', status: 'True' }, fairlead)
  })
})

test('live objects were left alone', async () => {
  const writes = await writesOf(lab.plane.auditLog, account.user)
  expect(writes.filter((write) => !isOwnWrite(write))).toEqual([])
  expect(writes.filter(({ code }) => code === 401 || code === 403)).toEqual([])
})

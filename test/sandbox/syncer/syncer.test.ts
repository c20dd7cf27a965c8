import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fieldsAt, listAt, textAt } from '../../../src/sandbox/json.ts'
import { fluxObjects } from '../../../src/sandbox/seed.ts'
import { startWorld, type World } from '../../../src/sandbox/world.ts'
import { temporaryFolder } from '../git-host/git-command.ts'

let world: World
let remove: () => Promise<void>

beforeEach(async () => {
  const folder = await temporaryFolder()
  remove = folder.remove
  world = await startWorld({ directory: folder.path, syncIntervalMs: 5000, workloads: { podReadyMs: 5 } })
})
afterEach(async () => {
  await world.close()
  await remove()
})

const workload = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`
const config = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\n`

function install(spec: object = {}): void {
  world.git.createRepository('gitops', { 'apps/web.yaml': workload('acme/web:1.0.0'), 'apps/one.yaml': config('one') })
  const { source, kustomization } = fluxObjects(world.git.urlOf('gitops'))
  world.apply(source)
  world.apply({ ...kustomization, spec: { ...kustomization.spec, ...spec } })
}

const kustomization = () => world.get('Kustomization', 'flux-system', 'apps')
const source = () => world.get('GitRepository', 'flux-system', 'gitops')
const condition = (object: unknown, type: string) =>
  fieldsAt({ found: listAt(object, 'status', 'conditions').find((one) => textAt(one, 'type') === type) }, 'found')
const applied = (commit: string | undefined) =>
  world.until(`${commit} is applied`, () => {
    const isReady = condition(kustomization(), 'Ready').status === 'True'
    return isReady && textAt(kustomization(), 'status', 'lastAppliedRevision') === `main@sha1:${commit}`
  })

/** Every different line that `describe` gives for the Kustomization from now on. */
function recordKustomization(describe: (object: unknown) => string): string[] {
  const lines: string[] = []
  world.kubernetes.store.subscribe(({ collection, object }) => {
    if (collection !== 'kustomize.toolkit.fluxcd.io/kustomizations') return
    const line = describe(object)
    if (lines.at(-1) !== line) lines.push(line)
  })
  return lines
}

describe('a first sync', () => {
  it('publishes the revision as an artifact and applies it with labels and an inventory', async () => {
    install()
    const head = world.git.head('gitops', 'main')
    await applied(head)
    expect(source()?.status).toMatchObject({ observedGeneration: 1, artifact: { revision: `main@sha1:${head}` } })
    expect(condition(source(), 'Ready')).toMatchObject({
      status: 'True',
      reason: 'Succeeded',
      message: `stored artifact for revision 'main@sha1:${head}'`,
    })
    expect(kustomization()?.status).toMatchObject({
      observedGeneration: 1,
      lastAttemptedRevision: `main@sha1:${head}`,
      inventory: {
        entries: [
          { id: 'default_one__ConfigMap', v: 'v1' },
          { id: 'default_web_apps_Deployment', v: 'v1' },
        ],
      },
      history: [{ lastReconciledStatus: 'ReconciliationSucceeded', metadata: { revision: `main@sha1:${head}` } }],
    })
    expect(condition(kustomization(), 'Reconciling')).toEqual({})
    expect(world.get('Deployment', 'default', 'web')?.metadata.labels).toMatchObject({
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    })
  })

  it('fails on a branch that is not there', async () => {
    install()
    world.apply({ ...source(), spec: { interval: '1m', url: world.git.urlOf('gitops'), ref: { branch: 'gone' } } })
    await world.until('the source fails', () => condition(source(), 'FetchFailed').status === 'True')
    expect(condition(source(), 'Ready')).toMatchObject({ status: 'False', reason: 'GitOperationFailed' })
    expect(condition(source(), 'Reconciling')).toMatchObject({ reason: 'ProgressingWithRetry' })
  })
})

describe('a later commit', () => {
  it('goes through the steps of Flux in their order', async () => {
    install({ wait: true })
    await applied(world.git.head('gitops', 'main'))
    const old = `main@sha1:${world.git.head('gitops', 'main')}`
    const lines = recordKustomization((object) => {
      const step = String(condition(object, 'Reconciling').message ?? '-').split(' for ')[0]
      const attempted = textAt(object, 'status', 'lastAttemptedRevision') === old ? 'old' : 'new'
      const last = textAt(object, 'status', 'lastAppliedRevision') === old ? 'old' : 'new'
      const health = condition(object, 'Healthy').status ?? '-'
      return `${step} ready=${condition(object, 'Ready').status} healthy=${health} attempted=${attempted} applied=${last}`
    })
    const commit = world.git.commit('gitops', 'main', { 'apps/web.yaml': workload('acme/web:1.1.0') }, 'bump')
    await applied(commit)
    expect(lines).toEqual([
      'Fetching manifests ready=Unknown healthy=True attempted=old applied=old',
      'Building manifests ready=Unknown healthy=True attempted=new applied=old',
      'Detecting drift ready=Unknown healthy=True attempted=new applied=old',
      'Running health checks ready=Unknown healthy=Unknown attempted=new applied=old',
      'Running health checks ready=Unknown healthy=True attempted=new applied=old',
      '- ready=True healthy=True attempted=new applied=new',
    ])
  })

  it('prunes what it no longer holds', async () => {
    install()
    await applied(world.git.head('gitops', 'main'))
    const commit = world.git.commit('gitops', 'main', { 'apps/one.yaml': null, 'apps/two.yaml': config('two') }, 'swap')
    await applied(commit)
    expect(world.get('ConfigMap', 'default', 'one')).toBeUndefined()
    expect(world.get('ConfigMap', 'default', 'two')).toBeDefined()
  })

  it('that cannot be built fails without touching anything', async () => {
    install()
    const first = world.git.head('gitops', 'main')
    await applied(first)
    const commit = world.git.commit('gitops', 'main', { 'apps/broken.yaml': 'kind: [' }, 'break')
    await world.until('the build fails', () => condition(kustomization(), 'Ready').reason === 'BuildFailed')
    expect(kustomization()?.status).toMatchObject({
      lastAttemptedRevision: `main@sha1:${commit}`,
      lastAppliedRevision: `main@sha1:${first}`,
    })
    expect(condition(kustomization(), 'Ready')).toMatchObject({
      status: 'False',
      message: expect.stringContaining('apps/broken.yaml'),
    })
    expect(condition(kustomization(), 'Reconciling')).toMatchObject({ status: 'True', reason: 'ProgressingWithRetry' })
  })

  it('that the API server refuses fails with the object in the message', async () => {
    install()
    await applied(world.git.head('gitops', 'main'))
    world.git.commit('gitops', 'main', { 'apps/x.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n' }, 'x')
    await world.until('the apply fails', () => condition(kustomization(), 'Ready').reason === 'ReconciliationFailed')
    expect(condition(kustomization(), 'Ready').message).toBe(
      'ConfigMap/x namespace not specified: the server could not find the requested resource',
    )
  })

  it('that never becomes healthy is applied but not counted as applied', async () => {
    install({ wait: true, timeout: '300ms' })
    const first = world.git.head('gitops', 'main')
    await applied(first)
    world.git.commit('gitops', 'main', { 'apps/web.yaml': workload('acme/web:bad') }, 'bad')
    await world.until(
      'the health check fails',
      () => condition(kustomization(), 'Ready').reason === 'HealthCheckFailed',
    )
    expect(condition(kustomization(), 'Ready').message).toMatch(
      /^health check failed after \d+ms: timeout waiting for: \[Deployment\/default\/web status: 'InProgress'\]$/,
    )
    expect(kustomization()?.status).toMatchObject({
      lastAppliedRevision: `main@sha1:${first}`,
      history: [{ lastReconciledStatus: 'HealthCheckFailed' }, { lastReconciledStatus: 'ReconciliationSucceeded' }],
    })
    expect(JSON.stringify(world.get('Deployment', 'default', 'web')?.spec)).toContain('acme/web:bad')
  })
})

describe('the engine', () => {
  it('puts back what was changed by hand, when it is asked to', async () => {
    install()
    await applied(world.git.head('gitops', 'main'))
    const live = world.get('Deployment', 'default', 'web')
    world.apply({
      ...live,
      spec: {
        ...fieldsAt(live, 'spec'),
        template: JSON.parse(JSON.stringify(fieldsAt(live, 'spec', 'template')).replace('1.0.0', '6.6.6')),
      },
    })
    world.apply({
      ...kustomization(),
      metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' }, name: 'apps', namespace: 'flux-system' },
    })
    await world.until(
      'the request is handled',
      () => textAt(kustomization(), 'status', 'lastHandledReconcileAt') === 'now',
    )
    expect(JSON.stringify(world.get('Deployment', 'default', 'web')?.spec)).toContain('acme/web:1.0.0')
  })

  it('leaves suspended objects and everything else alone while it is paused', async () => {
    install()
    const first = world.git.head('gitops', 'main')
    await applied(first)
    world.syncer.pause()
    const commit = world.git.commit('gitops', 'main', { 'apps/two.yaml': config('two') }, 'two')
    world.syncer.syncNow()
    expect(textAt(source(), 'status', 'artifact', 'revision')).toBe(`main@sha1:${first}`)
    world.syncer.resume()
    await applied(commit)
  })

  it('waits for a dependency without attempting the revision', async () => {
    install({ dependsOn: [{ name: 'infra' }] })
    await world.until('it waits', () => condition(kustomization(), 'Ready').reason === 'DependencyNotReady')
    expect(condition(kustomization(), 'Ready').message).toBe("dependency 'flux-system/infra' is not ready")
    expect(kustomization()?.status).not.toHaveProperty('lastAttemptedRevision')
  })
})

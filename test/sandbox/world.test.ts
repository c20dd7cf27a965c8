import { AppsV1Api, AuthorizationV1Api, CoordinationV1Api, KubeConfig } from '@kubernetes/client-node'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listAt, textAt } from '../../src/sandbox/json.ts'
import { startWorld, type World } from '../../src/sandbox/world.ts'
import { temporaryFolder } from './git-host/git-command.ts'

let world: World
let remove: () => Promise<void>

beforeEach(async () => {
  const folder = await temporaryFolder()
  remove = folder.remove
  world = await startWorld({
    directory: folder.path,
    namespaces: ['team'],
    repositories: { notes: { 'a.txt': 'a\n' } },
    syncIntervalMs: 5000,
    workloads: { podReadyMs: 5 },
  })
})
afterEach(async () => {
  await world.close()
  await remove()
})

function clientConfig(): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(world.kubeconfig)
  return config
}

describe('the world', () => {
  it('serves the Kubernetes client through its kubeconfig, within the rights of its account', async () => {
    await world.seedDemo()
    const apps = clientConfig().makeApiClient(AppsV1Api)
    const list = await apps.listDeploymentForAllNamespaces()
    expect(list.items.map((one) => one.metadata?.name)).toEqual(['checkout', 'production-worker', 'web'])
    await expect(apps.deleteNamespacedDeployment({ namespace: 'shop', name: 'web' })).rejects.toMatchObject({
      code: 403,
    })
    const review = { spec: { resourceAttributes: { verb: 'patch', group: 'apps', resource: 'deployments' } } }
    const answer = await clientConfig()
      .makeApiClient(AuthorizationV1Api)
      .createSelfSubjectAccessReview({ body: review })
    expect(answer.status?.allowed).toBe(false)
    const leases = clientConfig().makeApiClient(CoordinationV1Api)
    await leases.createNamespacedLease({ namespace: 'fairlead', body: { metadata: { name: 'fairlead' }, spec: {} } })
    expect(world.kubernetes.audit.filter((entry) => entry.user.endsWith(':fairlead'))).toEqual([
      {
        user: 'system:serviceaccount:fairlead:fairlead',
        verb: 'create',
        group: 'coordination.k8s.io',
        resource: 'leases',
        namespace: 'fairlead',
        name: 'fairlead',
      },
    ])
  })

  it('rolls a pushed commit out to pods', async () => {
    const { images } = await world.seedDemo()
    const path = 'apps/web/deployment.yaml'
    const before = world.git.readFile('acme/gitops', 'main', path) ?? ''
    world.registry.push('acme/web', '1.1.0')
    world.git.commit('acme/gitops', 'main', { [path]: before.replace(':1.0.0', ':1.1.0') }, 'web 1.1.0')
    const isUpdated = () => {
      const pods = world.kubernetes.store.list('/pods').filter((pod) => pod.metadata.labels?.['app'] === 'web')
      return (
        pods.length === 3 &&
        pods.every((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image') === `${images.web}:1.1.0`)
      )
    }
    await world.until('all pods run the new image', isUpdated)
    expect(isUpdated()).toBe(true)
  })

  it('with a GitHub applies what is merged there', async () => {
    const folder = await temporaryFolder()
    const other = await startWorld({ directory: folder.path, syncIntervalMs: 5000, github: {} })
    const { repositoryUrl } = await other.seedDemo()
    const gitops = other.github?.repository('acme/gitops')
    expect(gitops?.url).toBe(repositoryUrl)
    const file = { 'apps/note.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: note, namespace: shop}\n' }
    other.github?.person('mona')
    other.git.moveRef('acme/gitops', 'refs/heads/topic', other.git.head('acme/gitops', 'main') ?? '')
    other.git.commit('acme/gitops', 'topic', { ...file }, 'Add a note')
    gitops?.open('mona', { title: 'Add a note', head: 'topic', base: 'main' })
    expect(other.get('ConfigMap', 'shop', 'note')).toBeUndefined()
    gitops?.merge(1, 'mona')
    expect(await other.until('it is applied', () => other.get('ConfigMap', 'shop', 'note'))).toBeDefined()
    await other.close()
    await folder.remove()
  })

  it('rejects with what was waited for', async () => {
    await expect(world.until('pigs fly', () => undefined, 20)).rejects.toThrow('20 ms have passed without: pigs fly')
  })

  it('leaves no timer, server or connection behind', async () => {
    await world.seedDemo()
    await world.close()
    await new Promise((resolve) => setImmediate(resolve))
    await expect(fetch(`${world.kubernetes.url}/readyz`)).rejects.toThrow()
    await expect(fetch(`${world.registry.url}/v2/`)).rejects.toThrow()
    await expect(fetch(world.git.url)).rejects.toThrow()
  })
})

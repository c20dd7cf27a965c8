import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { resources } from '../src/api/kubernetes.ts'
import type { UpdateRequestStatus } from '../src/api/update-request.ts'
import { parseConfig } from '../src/config.ts'
import { createBranches } from '../src/delivery/trace/branch-reader.ts'
import { createStores } from '../src/main-stores.ts'
import { createRepositoryWatch, type RepositoryWatch } from '../src/main-wake-repository.ts'
import type { RepositoryHint } from '../src/ports.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { createFakeCluster } from './fakes/cluster.ts'
import { createFakeGitRepository } from './fakes/git-repository.ts'
import { silentLog } from './fakes/silent-log.ts'

const ours = 'git.example.com/gitops'

describe('news of a repository', () => {
  const woken: string[] = []
  let watch: RepositoryWatch
  let stop: AbortController
  let running: Promise<unknown>

  /** A request for the workload of that name, and where it would be written. */
  const request = (name: string, [repository, branch]: [string, string], status?: UpdateRequestStatus) => ({
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { namespace: 'prod', name },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name, container: name }],
      change: { repository, branch, path: `${name}.yaml`, keyPath: '0:image', from: 'a:1', to: 'a:2' },
    },
    ...(status === undefined ? {} : { status }),
  })

  beforeEach(async () => {
    const { cluster, objects } = createFakeCluster(Object.values(resources))
    const put = (one: ReturnType<typeof request>) => objects.create(resources.updateRequest, one)
    put(request('waiting', [ours, 'main']))
    put(request('approved', [ours, 'main'], { phase: 'Approved' }))
    put(request('delivered', [ours, 'main'], { phase: 'Completed' }))
    put(request('rejected', [ours, 'main'], { phase: 'Rejected' }))
    put(request('next', [ours, 'next']))
    put(request('unread', [ours, 'unread']))
    put(request('elsewhere', ['git.example.com/other', 'main']))
    const config = parseConfig('f.yaml', '')
    const stores = createStores(
      { cluster, engine: cluster },
      { config, log: silentLog, metrics: createMetrics('test') },
    )
    stop = new AbortController()
    running = stores.requests.run(stop.signal)
    await stores.requests.synced()
    const branches = createBranches()
    const git = createFakeGitRepository('https://git.example.com/gitops')
    for (const branch of ['main', 'next', 'topic']) git.commit(branch, { a: '1' }, 'First')
    for (const branch of ['main', 'next']) {
      await branches.read({ repository: { url: ours, git }, branch, revision: undefined })
    }
    woken.length = 0
    watch = createRepositoryWatch({
      stores,
      branches,
      images: { wake: (key) => woken.push(`image ${key}`) },
      requests: { add: (key) => woken.push(`request ${key}`) },
      pullRequests: {
        changed: (...told) => woken.push(`pull request ${JSON.stringify(told)}`),
        baseMoved: (...told) => woken.push(`base ${told.join(' ')}`),
      },
    })
  })
  afterEach(async () => {
    stop.abort()
    await running
  })

  const names = (kind: string) => woken.filter((one) => one.startsWith(kind)).sort()

  test('that a base branch was pushed to wakes what is open on it, and every workload it was ever about', () => {
    watch.changed({ repository: ours, about: 'branch', branch: 'main', receiver: 'github' })
    expect(names('base')).toEqual([`base ${ours} main`])
    expect(names('request')).toEqual(['request prod/approved', 'request prod/delivered', 'request prod/waiting'])
    expect(names('image')).toEqual(
      ['approved', 'delivered', 'rejected', 'waiting'].map((name) => `image Deployment/prod/${name}`),
    )
  })

  const quiet: [string, Partial<RepositoryHint>][] = [
    ['of a branch that nobody reads', { branch: 'topic' }],
    ['of a branch that requests name and nobody reads', { branch: 'unread' }],
    ['of a branch that does not exist', { branch: 'gone' }],
    ['of a branch with another repository’s name in it', { branch: 'main git.example.com/other' }],
    ['of another repository', { repository: 'git.example.com/third', branch: 'main' }],
    ['of no branch', {}],
  ]
  test.each(quiet)('%s wakes nobody', (_, hint) => {
    watch.changed({ repository: ours, about: 'branch', receiver: 'github', ...hint })
    expect(woken).toEqual([])
  })

  const pullRequests: [string, Partial<RepositoryHint>, object][] = [
    ['a pull request', { branch: 'fairlead/x', pullRequest: 2 }, { branch: 'fairlead/x', number: 2 }],
    ['a branch with one', { branch: 'fairlead/x' }, { branch: 'fairlead/x' }],
  ]
  test.each(pullRequests)('about %s is passed on to those who look after them', (_, hint, about) => {
    watch.changed({ repository: ours, about: 'pull-request', receiver: 'github', ...hint })
    expect(woken).toEqual([`pull request ${JSON.stringify([ours, about])}`])
  })
})

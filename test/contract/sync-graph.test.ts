import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { followCommit } from '../../src/controllers/update-request/follow.ts'
import { requestId } from '../../src/core/change/claim.ts'
import { normaliseRepositoryUrl } from '../../src/core/change/repository-url.ts'
import type { EngineObjects, Owner } from '../../src/core/manifest/origin.ts'
import { readApplication } from '../../src/core/sync/argo-application.ts'
import { readKustomization, readSource } from '../../src/core/sync/flux-object.ts'
import type { Repositories } from '../../src/delivery/repositories.ts'
import type { GitRepository } from '../../src/ports.ts'
import { hasGit, type ServedRepository } from '../fakes/git-http-server.ts'
import { type Graph, graphPath, importGraph, moveBranch } from './commit-graph.ts'
import { useGitWorld } from './git-repository-world.ts'

const now = new Date('2026-03-01T12:00:00Z')
const engine: EngineObjects = {
  kustomization: () => undefined,
  kustomizations: () => [],
  helmRelease: () => undefined,
  source: () => undefined,
  applications: () => [],
  allApplications: () => [],
  applicationSet: () => undefined,
  demandsSignatures: () => false,
}

function requestFor(url: string): UpdateRequest {
  const repository = normaliseRepositoryUrl(url)
  const change = { repository, branch: 'main', path: graphPath, keyPath: '0:image', from: 'web:1', to: 'web:2' }
  const targets = [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }]
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'web-1', namespace: 'prod' },
    spec: { targets, change, policy: 'minor', reason: 'selected', requireApproval: false },
  }
}

/** A Kustomization and an Application that have applied `revision` of the branch. */
function ownersAt(url: string, revision: string): Owner[] {
  const metadata = { name: 'apps', namespace: 'gitops', generation: 1 }
  const object = (kind: string, spec: object, status: object): KubernetesObject => ({
    apiVersion: kind === 'Application' ? 'argoproj.io/v1alpha1' : 'kustomize.toolkit.fluxcd.io/v1',
    kind,
    metadata,
    spec,
    status,
  })
  const flux = `main@sha1:${revision}`
  const source = readSource(object('GitRepository', { url, ref: { branch: 'main' } }, { artifact: { revision: flux } }))
  const kustomization = readKustomization(
    object(
      'Kustomization',
      { path: './apps', sourceRef: { kind: 'GitRepository', name: 'apps' } },
      { lastAttemptedRevision: flux, lastAppliedRevision: flux },
    ),
  )
  const application = readApplication(
    object(
      'Application',
      { source: { repoURL: url, path: 'apps', targetRevision: 'main' }, syncPolicy: { automated: {} } },
      { sync: { status: 'Synced', revision } },
    ),
  )
  const place = { repository: url, branch: 'main' }
  return [
    { kind: 'Kustomization', kustomization, source, place },
    { kind: 'Application', application, places: [place] },
  ]
}

const one = 'image: web:1\n'
const two = 'image: web:2\n'
const carrying = (id: string, subject = 'Update web') => `${subject}\n\nFairlead-Id: ${id}\n`

/** Shapes that a branch takes around our commit, with the id of the change in the messages that keep it. */
const shapes: Record<string, (id: string) => Graph> = {
  linear: (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    later: { parents: ['ours'] },
  }),
  'merged by others': (id) => ({
    base: { parents: [], value: one },
    side: { parents: ['base'] },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    tip: { parents: ['ours', 'side'], message: "Merge branch 'side'" },
  }),
  'merged as a pull request': (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    main: { parents: ['base'] },
    merge: { parents: ['main', 'ours'], value: two, message: 'Merge pull request #1' },
    later: { parents: ['merge'] },
  }),
  squashed: (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    main: { parents: ['base'] },
    squash: { parents: ['main'], value: two, message: carrying(id, 'Update web (#1)') },
    later: { parents: ['squash'] },
  }),
  'squashed without a word of us': (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    squash: { parents: ['base'], value: two, message: 'A squash' },
  }),
  rebased: (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    main: { parents: ['base'] },
    again: { parents: ['main'], value: two, message: carrying(id) },
    later: { parents: ['again'] },
  }),
  'forced away': (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    other: { parents: ['base'], message: 'instead' },
  }),
  'begun anew': (id) => ({
    base: { parents: [], value: one },
    ours: { parents: ['base'], value: two, message: carrying(id) },
    root: { parents: [], value: one, message: 'another history' },
  }),
}

const rows: [what: string, shape: string, commit: string, head: string, applied: string, expected: string][] = [
  ['the commit itself is applied', 'linear', 'ours', 'ours', 'ours', 'applied Applied'],
  ['a later commit of others is applied', 'linear', 'ours', 'later', 'later', 'applied Applied'],
  ['the engine has not come so far', 'linear', 'ours', 'later', 'base', 'pending NotFetched'],
  ['the tip is a merge on top of it', 'merged by others', 'ours', 'tip', 'tip', 'applied Applied'],
  [
    'the tip is a merge, and its other side is applied',
    'merged by others',
    'ours',
    'tip',
    'side',
    'pending NotFetched',
  ],
  ['it was merged from a branch', 'merged as a pull request', 'ours', 'merge', 'merge', 'applied Applied'],
  [
    'it was merged from a branch some time ago',
    'merged as a pull request',
    'ours',
    'later',
    'later',
    'applied Applied',
  ],
  ['its merge is what is known of it', 'merged as a pull request', 'merge', 'later', 'later', 'applied Applied'],
  [
    'it is merged, and the engine is not there',
    'merged as a pull request',
    'ours',
    'merge',
    'main',
    'pending NotFetched',
  ],
  ['the squash that the host named is applied', 'squashed', 'squash', 'later', 'later', 'applied Applied'],
  ['it was squashed, and its id tells into what', 'squashed', 'ours', 'later', 'later', 'applied Applied'],
  ['it was squashed, and the engine is not there', 'squashed', 'ours', 'later', 'main', 'pending NotFetched'],
  [
    'the head that holds the value stands for it',
    'squashed without a word of us',
    'squash',
    'squash',
    'squash',
    'applied Applied',
  ],
  ['it was rebased', 'rebased', 'ours', 'later', 'later', 'applied Applied'],
  ['it was rebased, and the engine is not there', 'rebased', 'ours', 'later', 'main', 'pending NotFetched'],
  ['it was forced away', 'forced away', 'ours', 'other', 'other', 'failed CommitLost'],
  ['it was forced away, and the engine still has it', 'forced away', 'ours', 'other', 'ours', 'applied Applied'],
  ['the branch was begun anew', 'begun anew', 'ours', 'root', 'root', 'failed CommitLost'],
]

for (const backend of ['native', 'isomorphic'] as const) {
  describe.skipIf(!hasGit())(`how far engines have come with a commit, by the ${backend} backend`, () => {
    const { serve, open } = useGitWorld(backend)

    const follow = async (served: ServedRepository, git: GitRepository, commit: string, applied: string) => {
      const repositories = { find: () => ({ git }) } as unknown as Repositories
      const states: string[] = []
      for (const owner of ownersAt(served.url, applied)) {
        const request = requestFor(served.url)
        const deps = { engine, repositories, liveWorkload: () => undefined }
        const { state, reason } = await followCommit(request, { commit, owner, now }, deps)
        states.push(`${state} ${reason}`)
      }
      return states
    }

    test.each(rows)('%s', async (_, shape, commit, head, applied, expected) => {
      const served = serve()
      const ids = importGraph(served, shapes[shape]?.(requestId(requestFor(served.url))) ?? {})
      // The branch as it was when the commit was made, then as it is.
      moveBranch(served, 'main', ids[commit] ?? '')
      const git = await open(served.url)
      await git.snapshot('main', { fresh: true })
      moveBranch(served, 'main', ids[head] ?? '')
      expect(await follow(served, git, ids[commit] ?? '', ids[applied] ?? '')).toEqual([expected, expected])
    })

    test('it lies deeper than the store reaches, which is deepened', async () => {
      const served = serve()
      const graph: Record<string, Graph[string]> = { ours: { parents: [], value: two } }
      for (let at = 0; at < 150; at++) graph[`c${at}`] = { parents: [at === 0 ? 'ours' : `c${at - 1}`] }
      const ids = importGraph(served, graph)
      moveBranch(served, 'main', ids['c149'] ?? '')
      const git = await open(served.url)
      await git.snapshot('main', { fresh: true })
      expect(await follow(served, git, ids['ours'] ?? '', ids['c149'] ?? '')).toEqual([
        'applied Applied',
        'applied Applied',
      ])
    })

    test('the remote itself is shallow, so nobody knows', async () => {
      const source = serve()
      const ids = importGraph(source, {
        ours: { parents: [], value: two },
        middle: { parents: ['ours'] },
        tip: { parents: ['middle'] },
      })
      moveBranch(source, 'main', ids['tip'] ?? '')
      const served = serve()
      served.git(['fetch', '--quiet', '--depth=1', `file://${source.dir}`, '+main:refs/heads/main'])
      const git = await open(served.url)
      await git.snapshot('main', { fresh: true })
      const unknown = 'unknown AncestryUnknown'
      expect(await follow(served, git, ids['ours'] ?? '', ids['tip'] ?? '')).toEqual([unknown, unknown])
    })
  })
}

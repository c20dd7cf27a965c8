import { describe, expect, it } from 'vitest'
import { type LocalRepository, syncCommand } from '../../src/cli/sync.ts'
import { FairleadError } from '../../src/errors.ts'
import { terminal } from './terminal.ts'

const commit = '3ebb95cc56d2db59bc6ffbe0d9dd0ea445edeb77'
const objects = 'fixtures/cluster/health-check-lags/objects.yaml'

async function sync(args: string[], { input = '', knows = (_: string): 'yes' | 'no' | 'unknown' => 'no' } = {}) {
  const { io, json } = terminal(input)
  const asked: string[] = []
  const openRepository = async (folder: string): Promise<LocalRepository> => {
    if (folder === 'none') throw new FairleadError('RepositoryNotFound', 'none is no Git repository')
    return {
      ancestry: async (_, revision) => {
        asked.push(revision)
        return revision === commit ? 'yes' : knows(revision)
      },
    }
  }
  const exit = await syncCommand(args, io, openRepository)
  return { exit, json: json(), asked }
}

describe('fairlead sync', () => {
  it('tells of every Flux object in order, by ancestry', async () => {
    const { exit, json, asked } = await sync(['-f', objects, '--repo', '.', '--commit', commit, '-o', 'json'])
    expect(exit).toBe(0)
    expect(
      json.map((entry: Record<string, string>) => [entry.engine, entry.object, entry.state, entry.reason]),
    ).toEqual([
      ['flux', 'GitRepository/flux-system/flux-system', 'seen', 'ArtifactStored'],
      ['flux', 'Kustomization/flux-system/apps', 'applied', 'Applied'],
      ['flux', 'HelmRelease/podinfo/podinfo', 'failed', 'UpgradeFailed'],
    ])
    expect(asked).toEqual([commit, '8084f1bb180ac259c6698cd027064b7dce86a72a'])
  })

  it('says unknown when the repository does not know', async () => {
    const other = '0'.repeat(40)
    const nobody = await sync(['-f', '-', '--repo', '.', '--commit', other], {
      input: `{"apiVersion":"source.toolkit.fluxcd.io/v1","kind":"GitRepository","metadata":{"name":"a","namespace":"b"},
        "status":{"artifact":{"revision":"main@sha1:${'1'.repeat(40)}"}}}`,
      knows: () => 'unknown',
    })
    expect(nobody.json).toEqual([expect.objectContaining({ state: 'unknown', reason: 'AncestryUnknown' })])
  })

  it('tells of Argo CD beside Flux', async () => {
    const input = `{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":"web","namespace":"argocd"},
      "status":{"sync":{"status":"Synced","revision":"${commit}"}}}`
    expect((await sync(['-f', '-', '--repo', '.', '--commit', commit], { input })).json).toEqual([
      expect.objectContaining({ engine: 'argocd', object: 'Application/argocd/web', state: 'applied' }),
    ])
  })

  it('passes over what no engine applies', async () => {
    const input = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: []\n---\nkind: Service'
    expect((await sync(['-f', '-', '--repo', '.', '--commit', commit], { input })).json).toEqual([])
  })

  it.each([
    ['no commit', ['-f', objects, '--repo', '.'], 2, 'UsageInvalid'],
    ['half a commit', ['-f', objects, '--repo', '.', '--commit', 'abc'], 2, 'UsageInvalid'],
    ['an option as a commit', ['-f', objects, '--repo', '.', '--commit=--all'], 2, 'UsageInvalid'],
    ['a time that is none', ['-f', objects, '--repo', '.', '--commit', commit, '--now', 'now'], 2, 'UsageInvalid'],
    ['objects that cannot be read', ['-f', 'none.yaml', '--repo', '.', '--commit', commit], 2, 'ManifestInvalid'],
    ['a folder that is no repository', ['-f', objects, '--repo', 'none', '--commit', commit], 1, 'RepositoryNotFound'],
  ])('refuses %s', async (_, args, exit, code) => {
    const answer = await sync(args)
    expect([answer.exit, answer.json.error.code]).toEqual([exit, code])
  })
})

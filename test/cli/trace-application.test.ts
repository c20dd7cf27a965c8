import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bumpCommand } from '../../src/cli/bump.ts'
import { traceCommand } from '../../src/cli/trace.ts'
import { deployment } from '../core/manifest/folder.ts'
import { folderOnDisk, run } from './offline-folder.ts'

const source = (tag: string) =>
  `  source: {repoURL: r, path: web, kustomize: {images: [app=registry.example/app:${tag}]}}`

let folder = ''
let remove = async () => {}

beforeAll(async () => {
  const head = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: shop, namespace: argocd}\nspec:\n'
  const made = await folderOnDisk({
    'argocd/shop.yaml': `${head}${source('v3')}\n`,
    'web/kustomization.yaml': 'resources: [web.yaml]\n',
    'sets/chart.yaml': `${head.replace('shop', 'charted')}  source: {repoURL: https://charts.example.com, chart: web, targetRevision: 1.0.0}\n`,
    'web/web.yaml': deployment('web', 'app'),
  })
  folder = made.folder
  remove = made.remove
})

afterAll(() => remove())

describe('an Application', () => {
  const rows: [says: string, args: string[]][] = [
    ['is asked about', ['--root', 'argocd', 'app/argocd/shop', '--image', 'registry.example/app:v3']],
    ['is pointed at the root', ['--root', 'web', 'deploy/web']],
  ]
  test.each(rows)('that %s is where the image is found', async (_, args) => {
    const { code, stdout } = await run(traceCommand, ['--repo', folder, ...args])
    const place = 'argocd/shop.yaml:5 0:spec.source.kustomize.images[0] = app=registry.example/app:v3'
    expect([code, stdout.split('\n').slice(0, 2)]).toEqual([0, ['web: registry.example/app:v3', place]])
    expect(stdout).toContain('spec.source is web of r, taken to be this repository\n')
  })

  const bumps: [says: string, args: string[]][] = [
    ['of a workload', ['--root', 'web', 'deploy/web']],
    ['of the Application', ['--root', 'argocd', 'app/argocd/shop']],
  ]
  test.each(bumps)('is changed by a bump %s', async (_, args) => {
    const to = ['--image', 'registry.example/app:v4']
    const { code, stdout } = await run(bumpCommand, ['--repo', folder, ...args, ...to])
    expect([code, stdout.split('\n').filter((line) => /^[-+] /.test(line))]).toEqual([
      0,
      [`-${source('v3')}`, `+${source('v4')}`],
    ])
  })

  test('that no file declares is not said to be made by the chart that may make it', async () => {
    const args = ['--repo', folder, '--root', 'sets', 'app/argocd/typo', '--image', 'app:v3']
    const { code, stderr } = await run(traceCommand, args)
    expect([code, stderr]).toEqual([1, expect.stringContaining('typo is declared in no file; only a Helm chart can')])
  })

  test('needs an image to be looked for', async () => {
    const { code, stderr } = await run(traceCommand, ['--repo', folder, '--root', 'argocd', 'app/shop'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('name it with --image REF')])
  })
})

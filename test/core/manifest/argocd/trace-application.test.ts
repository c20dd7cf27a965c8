import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { ApplicationApplier, GitBranch, KustomizationApplier } from '../../../../src/core/manifest/applier.ts'
import { traceApplicationChart } from '../../../../src/core/manifest/argocd/application-chart.ts'
import { applicationPointedAt } from '../../../../src/core/manifest/argocd/application-in-folder.ts'
import { planChartVersion } from '../../../../src/core/manifest/chart/version.ts'
import { declaredThrough } from '../../../../src/core/manifest/declared-through.ts'
import { planThrough, traceThrough } from '../../../../src/core/manifest/trace-through.ts'
import { deployment, folder, refusalOf } from '../folder.ts'

const image = 'ghcr.io/acme/web:1.4.2'
const web = { kind: 'Deployment', namespace: 'shop', name: 'web', image }
const repoURL = 'https://git.example/acme/config'

function branchOf(name: string, files: Record<string, string>): GitBranch {
  return { repository: `git.example/acme/${name}`, name: 'main', snapshot: folder(files) }
}

function application(source: object, more: object = {}, metadata: object = {}): string {
  const spec = { destination: { namespace: 'shop' }, source: { repoURL, targetRevision: 'main', ...source }, ...more }
  return stringify({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web', namespace: 'argocd', ...metadata },
    spec,
  })
}

/** The platform repository declares Applications, the config repository holds what they deploy. */
function applierOf(manifests: Record<string, string>, config: GitBranch, more: Partial<ApplicationApplier> = {}) {
  const declaredBy: KustomizationApplier = {
    kind: 'Kustomization',
    namespace: 'flux-system',
    name: 'argocd',
    folder: { branch: branchOf('platform', manifests), path: 'argocd' },
    alters: [],
  }
  const applier: ApplicationApplier = {
    kind: 'Application',
    namespace: 'argocd',
    name: 'web',
    sources: [config],
    isSettled: true,
    declaredBy,
    ...more,
  }
  return applier
}

const manifests = branchOf('config', { 'apps/web/web.yaml': deployment('web', image) })
const kustomized = branchOf('config', {
  'apps/web/kustomization.yaml': 'resources: [web.yaml]\n',
  'apps/web/web.yaml': deployment('web', 'web'),
})
const chart = branchOf('config', {
  'chart/Chart.yaml': 'name: web\n',
  'chart/values.yaml': 'image: {repository: ghcr.io/acme/web, tag: 1.4.2}\n',
})

describe('an Application in one repository and its source in another', () => {
  test('the source decides, and is changed in its own branch', () => {
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'apps/web' }) }, manifests)
    const traced = traceThrough(applier, web)
    expect([traced.branch, traced.file]).toEqual([manifests, 'apps/web/web.yaml'])
    expect(planThrough(traced, 'ghcr.io/acme/web:2').map((edit) => edit.path)).toEqual(['apps/web/web.yaml'])
    expect(traced.via.slice(0, 2)).toEqual([
      'argocd/web.yaml:1 Application web deploys it',
      'argocd/web.yaml:10 spec.source is apps/web of https://git.example/acme/config',
    ])
  })

  test('the Application decides, and is changed where it is declared', () => {
    const images = [`web=${image}`]
    const applier = applierOf(
      { 'argocd/web.yaml': application({ path: 'apps/web', kustomize: { images } }) },
      kustomized,
    )
    const traced = traceThrough(applier, web)
    expect([traced.branch.repository, traced.file]).toEqual(['git.example/acme/platform', 'argocd/web.yaml'])
    const [edit] = planThrough(traced, 'ghcr.io/acme/web:2')
    expect(edit?.after).toContain('- web=ghcr.io/acme/web:2\n')
  })

  test('values of the chart are changed in the branch of the chart', () => {
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'chart' }) }, chart)
    const traced = traceThrough(applier, web)
    expect([traced.branch, traced.keyPath]).toEqual([chart, '0:image.tag'])
  })

  test('annotations of the Application count for its workloads', () => {
    const annotations = { 'fairlead.dev/policy': 'patch', 'example.com/other': 'x' }
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'chart' }, {}, { annotations }) }, chart)
    expect(traceThrough(applier, web).declared.annotations).toEqual({ 'fairlead.dev/policy': 'patch' })
  })
})

describe('what an Application lays over a folder', () => {
  test('counts for its workloads', () => {
    const commonAnnotations = { 'fairlead.dev/policy': 'patch', 'example.com/other': 'x' }
    const kustomize = { namePrefix: 'eu-', commonAnnotations, images: [`web=${image}`] }
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'apps/web', kustomize }) }, kustomized)
    const traced = traceThrough(applier, { ...web, name: 'eu-web' })
    expect([traced.image, traced.declared.annotations]).toEqual([image, { 'fairlead.dev/policy': 'patch' }])
  })

  test('one value decides several containers of a chart', () => {
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'chart' }) }, chart)
    const job = { kind: 'Deployment', namespace: 'shop', name: 'job', container: 'job' }
    const alongside = [
      { ...job, image },
      { ...job, name: 'db', image: 'postgres:16' },
    ]
    expect(traceThrough(applier, { ...web, container: 'web', alongside }).containers.map(({ name }) => name)).toEqual([
      'web',
      'job',
    ])
  })
})

describe('an Application that nothing in Git declares', () => {
  const live = (source: object) => ({ spec: { source: { repoURL, targetRevision: 'main', ...source } } })

  test('still tells the way to its source', () => {
    const applier = applierOf({}, manifests, { declaredBy: undefined, live: live({ path: 'apps/web' }) })
    expect(traceThrough(applier, web).file).toBe('apps/web/web.yaml')
  })

  test('decides nothing that can be changed', () => {
    const source = { path: 'apps/web', kustomize: { images: [`web=${image}`] } }
    const applier = applierOf({}, kustomized, { declaredBy: undefined, live: live(source) })
    expect(refusalOf(() => traceThrough(applier, web))?.code).toBe('Masked')
  })

  test('is never asked when Git declares it', () => {
    const applier = applierOf({ 'argocd/web.yaml': application({ path: 'apps/web' }) }, manifests, {
      live: live({ path: 'elsewhere' }),
    })
    expect(traceThrough(applier, web).file).toBe('apps/web/web.yaml')
  })
})

describe('is refused', () => {
  const argocd = (source: object) => ({ 'argocd/web.yaml': application(source) })
  const both = { kustomize: {}, helm: {} }
  const rows: [says: string, code: string, applier: ApplicationApplier][] = [
    ['nothing is known of what declares it', 'NotTraced', applierOf({}, manifests, { declaredBy: undefined })],
    ['Git does not declare it', 'NotTraced', applierOf({ 'argocd/x.yaml': 'a: b\n' }, manifests)],
    [
      'Git names another branch than the cluster',
      'OwnerNotReady',
      applierOf(argocd({ path: 'apps/web', targetRevision: 'next' }), manifests),
    ],
    ['its repository is not at hand', 'NotTraced', applierOf(argocd({ path: 'apps/web' }), manifests, { sources: [] })],
    [
      'it follows a commit',
      'PinnedRevision',
      applierOf(argocd({ path: 'apps/web', targetRevision: 'a'.repeat(40) }), manifests),
    ],
    ['it is of two types', 'ManifestInvalid', applierOf(argocd({ path: 'apps/web', ...both }), manifests)],
    ['its path leaves the repository', 'ManifestInvalid', applierOf(argocd({ path: '../x' }), manifests)],
    [
      'the folder has no kustomization',
      'NotTraced',
      applierOf(argocd({ path: 'apps/web', kustomize: { namePrefix: 'x-' } }), manifests),
    ],
    [
      'an image is filled in by Argo CD',
      'Templated',
      applierOf(argocd({ path: 'apps/web', kustomize: { images: ['web:$ARGOCD_APP_REVISION'] } }), kustomized),
    ],
    [
      'kustomize refuses the image',
      'ManifestInvalid',
      applierOf(argocd({ path: 'apps/web', kustomize: { images: ['web'] } }), kustomized),
    ],
    [
      'the tag is the one of the folder',
      'Masked',
      applierOf(argocd({ path: 'apps/web', kustomize: { images: ['web=acme/web:*'] } }), kustomized),
    ],
    [
      'a value file is in no branch at hand',
      'Masked',
      applierOf(argocd({ path: 'chart', helm: { valueFiles: ['https://x.example/a.yaml'] } }), chart),
    ],
    [
      'a parameter is filled in by Argo CD',
      'Masked',
      applierOf(
        argocd({ path: 'chart', helm: { parameters: [{ name: 'image.tag', value: '$ARGOCD_APP_REVISION' }] } }),
        chart,
      ),
    ],
  ]
  test.each(rows)('when %s: %s', (_, code, applier) => {
    expect(refusalOf(() => traceThrough(applier, web))?.code).toBe(code)
  })

  test('a workload that two sources declare', () => {
    const other = branchOf('other', { 'apps/web/web.yaml': deployment('web', image) })
    const sources = [
      { repoURL, path: 'apps/web' },
      { repoURL: 'https://git.example/acme/other', path: 'apps/web' },
    ]
    const text = application({}, { source: undefined, sources })
    const applier = applierOf({ 'argocd/web.yaml': text }, manifests, { sources: [manifests, other] })
    expect(refusalOf(() => traceThrough(applier, web))?.code).toBe('Ambiguous')
  })
})

describe('an ApplicationSet', () => {
  const elements = [{ name: 'web', tag: '1.4.2' }]
  const set = (spec: object) =>
    stringify({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'ApplicationSet',
      metadata: { name: 'apps', namespace: 'argocd' },
      spec: {
        generators: [{ list: { elements } }],
        template: {
          metadata: { name: '{{name}}' },
          spec: { source: { repoURL, path: 'chart', helm: { parameters: [{ name: 'image.tag', value: '{{tag}}' }] } } },
        },
        ...spec,
      },
    })
  const applier = (spec: object) => applierOf({ 'argocd/set.yaml': set(spec) }, chart)

  test('gives the tag as a parameter of its element', () => {
    expect(traceThrough(applier({}), web).keyPath).toBe('0:spec.generators[0].list.elements[0].tag')
  })

  const refusals: [says: string, code: string, spec: object][] = [
    ['it patches what it makes', 'Generated', { templatePatch: 'spec: {}' }],
    ['it only creates', 'Generated', { syncPolicy: { applicationsSync: 'create-only' } }],
    ['it leaves fields alone', 'Generated', { ignoreApplicationDifferences: [{ jsonPointers: ['/spec/source'] }] }],
    [
      'it makes the Application twice',
      'Ambiguous',
      { generators: [{ list: { elements: [...elements, ...elements] } }] },
    ],
    ['its generators are combined', 'Generated', { generators: [{ matrix: { generators: [] } }] }],
    ['it makes others', 'NotTraced', { generators: [{ list: { elements: [{ name: 'api' }] } }] }],
    ['its element is picked by a selector', 'Generated', { generators: [{ list: { elements }, selector: {} }] }],
  ]
  test.each(refusals)('is refused when %s: %s', (_, code, spec) => {
    expect(refusalOf(() => traceThrough(applier(spec), web))?.code).toBe(code)
  })
})

describe('the version of a chart', () => {
  const source = { repoURL: 'https://charts.example/acme', chart: 'web', targetRevision: '3.1.0' }

  test('is where the Application names it', () => {
    const found = traceApplicationChart(applierOf({ 'argocd/web.yaml': application(source) }, chart), declaredThrough)
    expect([found.chart, found.source, found.version]).toEqual(['web', { kind: 'url', url: source.repoURL }, '3.1.0'])
    expect(planChartVersion(found, '3.2.0')[0]?.after).toContain('targetRevision: 3.2.0\n')
  })

  const rows: [says: string, code: string, source: object][] = [
    ['is a range', 'PinnedRevision', { ...source, targetRevision: '3.x' }],
    ['is that of a folder', 'NotTraced', { path: 'chart' }],
  ]
  test.each(rows)('is refused when it %s: %s', (_, code, odd) => {
    const applier = applierOf({ 'argocd/web.yaml': application(odd) }, chart)
    expect(refusalOf(() => traceApplicationChart(applier, declaredThrough))?.code).toBe(code)
  })
})

describe('the Application that is pointed at a folder', () => {
  const pointed = (files: Record<string, string>) => {
    const branch: GitBranch = { repository: '', name: '', snapshot: folder(files) }
    const applier: KustomizationApplier = {
      kind: 'Kustomization',
      namespace: '',
      name: '',
      folder: { branch, path: './apps/web/' },
      alters: [],
    }
    return applicationPointedAt(applier, true, declaredThrough)?.name
  }
  const one = application({ path: 'apps/web' })

  test.each<[says: string, files: Record<string, string>, name: string | undefined]>([
    ['the only one', { 'argocd/web.yaml': one }, 'web'],
    [
      'none of two',
      { 'argocd/web.yaml': one, 'argocd/b.yaml': application({ path: 'apps/web' }, {}, { name: 'b' }) },
      undefined,
    ],
    ['none of another folder', { 'argocd/web.yaml': application({ path: 'apps' }) }, undefined],
    [
      'one that an overlay changes',
      {
        'base/web.yaml': application({ path: 'apps' }),
        'base/kustomization.yaml': 'resources: [web.yaml]\n',
        'prod/kustomization.yaml':
          'resources: [../base]\npatches:\n  - patch: |\n      apiVersion: argoproj.io/v1alpha1\n      kind: Application\n      metadata: {name: web, namespace: argocd}\n      spec: {source: {path: apps/web}}\n',
      },
      'web',
    ],
  ])('%s', (_, files, name) => {
    expect(pointed(files)).toBe(name)
  })
})

describe.skipIf(spawnSync('kubectl', ['kustomize', '--help']).status !== 0)('images of an Application', () => {
  const own = [
    { name: 'web', newName: 'ghcr.io/acme/web', newTag: '1.0.0' },
    { name: 'proxy', newTag: '2' },
  ]

  /** What kustomize makes of the folder once `kustomize edit set image` has written the entry. */
  function render(images: object[]): string[] {
    const top = mkdtempSync(path.join(tmpdir(), 'fairlead-argocd-'))
    try {
      mkdirSync(path.join(top, 'web'))
      writeFileSync(
        path.join(top, 'web/kustomization.yaml'),
        stringify({ resources: ['web.yaml', 'proxy.yaml'], images }),
      )
      writeFileSync(path.join(top, 'web/web.yaml'), deployment('web', 'web'))
      writeFileSync(path.join(top, 'web/proxy.yaml'), deployment('proxy', 'proxy'))
      const result = spawnSync('kubectl', ['kustomize', path.join(top, 'web')], { encoding: 'utf8' })
      expect(result.stderr).toBe('')
      return result.stdout.split('\n').map((line) => line.trim())
    } finally {
      rmSync(top, { recursive: true })
    }
  }

  const digest = `sha256:${'1'.repeat(64)}`
  const rows: [text: string, entry: object, to: string][] = [
    [
      'web=ghcr.io/acme/web:1.4.2',
      { name: 'web', newName: 'ghcr.io/acme/web', newTag: '1.4.2' },
      'ghcr.io/acme/web:1.4.3',
    ],
    ['web:1.4.2', { name: 'web', newTag: '1.4.2' }, 'web:1.4.3'],
    [`web@${digest}`, { name: 'web', digest }, `web@sha256:${'2'.repeat(64)}`],
    ['web=*:1.4.2', { name: 'web', newName: 'ghcr.io/acme/web', newTag: '1.4.2' }, 'ghcr.io/acme/web:1.4.3'],
  ]
  test.each(rows)('%s is read as kustomize does, and only that image changes', (text, entry, to) => {
    const config = branchOf('config', {
      'apps/web/kustomization.yaml': stringify({ resources: ['web.yaml', 'proxy.yaml'], images: own }),
      'apps/web/web.yaml': deployment('web', 'web'),
      'apps/web/proxy.yaml': deployment('proxy', 'proxy'),
    })
    const source = { path: 'apps/web', kustomize: { images: [text] } }
    const traced = traceThrough(applierOf({ 'argocd/web.yaml': application(source) }, config), { ...web, image: '' })
    const others = own.filter(({ name }) => name !== 'web')
    const before = render([...others, entry])
    expect(before).toContain(`- image: ${traced.image}`)
    const [edit] = planThrough(traced, to)
    const changed = /images:\n\s+- "?([^\n"]+)/.exec(edit?.after ?? '')?.[1] ?? ''
    const digestAfter = changed.split('@')[1]
    const written = 'digest' in entry ? { digest: digestAfter } : { newTag: changed.split(':').at(-1) }
    const after = render([...others, { ...entry, ...written }])
    expect(after.filter((line, index) => line !== before[index])).toEqual([`- image: ${to}`])
  })
})

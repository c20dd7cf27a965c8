import { spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import git from 'isomorphic-git'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { annotationFields } from '../src/api/annotation.ts'
import { webhookProofs } from '../src/api/webhook-type.ts'
import { parseConfig } from '../src/config.ts'
import { configSchema } from '../src/config-schema.ts'
import { workloadSamples } from '../src/controllers/workload/series.ts'
import { renderMessage } from '../src/core/change/message.ts'
import { requireTemplate, templatePlaces } from '../src/core/change/template-place.ts'
import { resolveSettings } from '../src/core/image/settings.ts'
import { trackRollout } from '../src/core/workload/track-rollout.ts'
import { readWorkload } from '../src/core/workload/workload.ts'
import { errorCodes } from '../src/errors.ts'
import { sinkNames } from '../src/ports-event.ts'
import { createMetrics } from '../src/runtime/metrics.ts'

/** What the documents say is held against the program: they cannot promise what is not there. */

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const readme = read('README.md')
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map((name) => ({ name, text: read(name) }))

/** The text below a heading of the README, up to the next one of that level. */
function section(title: string): string {
  const [, text] = readme.split(`\n## ${title}\n`)
  if (text === undefined) throw new Error(`README.md has no section ${title}`)
  return text.split('\n## ')[0] ?? ''
}

/** Contents of the fenced blocks of one language, without their common indentation. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\`$`, 'gm'))].map(
    ([, indent, body]) => (body ?? '').replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  )
}

const unique = (found: Iterable<RegExpMatchArray>) =>
  [...new Set([...found].flatMap(([, one]) => (one === undefined ? [] : [one])))].sort()
/** First cells of the tables in a text, e.g. `` `NotTraced` ``. */
const firstCells = (text: string) => [...text.matchAll(/^\| (`.*?) \|/gm)].map(([, cell]) => cell ?? '').join(' ')

describe('the verbs', () => {
  const known = unique(read('src/cli.ts').matchAll(/^ {2,4}(?:\{ )?name: '([a-z]+)'/gm))

  test('are read from the command at all', () => expect(known).toContain('controller'))

  test('are those in the README', () => {
    const inline = [...readme.matchAll(/`fairlead ([a-z]+)/g)]
    const run = blocks(readme, 'console').flatMap((block) => [...block.matchAll(/^\$ (?:.* \| )?fairlead ([a-z]+)/gm)])
    expect(unique([...inline, ...run])).toEqual(known)
  })
})

describe('a command of the README prints what stands below it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-docs-'))
  const clone = join(folder, 'clone')

  beforeAll(async () => {
    await build({
      entryPoints: [join(root, 'src/cli.ts')],
      outdir: join(folder, 'dist'),
      bundle: true,
      splitting: true,
      platform: 'node',
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      logLevel: 'error',
      external: ['@opentelemetry/api'],
      banner: {
        js: "import{createRequire as bundleRequire}from'node:module';const require=bundleRequire(import.meta.url);",
      },
    })
    for (const one of ['fixtures/repositories', 'fixtures/lint', 'fixtures/cluster', 'deploy/examples']) {
      cpSync(join(root, one), join(clone, one), { recursive: true })
    }
    await commitHistory(join(clone, 'gitops'))
    // The smallest thing that is a Git repository; the answer shown needs no commit in it.
    for (const one of ['objects', 'refs/heads']) mkdirSync(join(clone, '.git', one), { recursive: true })
    writeFileSync(join(clone, '.git/HEAD'), 'ref: refs/heads/main\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const examples = blocks(section('Without a cluster'), 'console').flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((one) => {
        const [command = '', ...output] = one.trimEnd().split('\n')
        return { command, output }
      }),
  )

  test('there are some', () => expect(examples.length).toBeGreaterThan(7))

  const verbs = [
    'policy check',
    'trace',
    'bump',
    'updates',
    'plan',
    'explain',
    'status',
    'history',
    'wait',
    'approve',
    'reject',
    'rollback',
    'hold',
    'release',
    'lint',
    'phase',
    'sync',
  ]
  test.each([...verbs, 'crds', 'config'])('and %s --help names every option that wrong use is told', (verb) => {
    const run = (option: string) =>
      spawnSync(process.execPath, [join(folder, 'dist/cli.mjs'), ...verb.split(' '), option], { encoding: 'utf8' })
    const wrong = run('--nope')
    const words = `${wrong.stdout}${wrong.stderr}`.replaceAll('--nope', '')
    const told = unique(words.matchAll(/(?<![-\w])(--[a-z][a-z-]+)/g))
    const { stdout } = run('--help')
    expect(told).not.toEqual([])
    expect(told.filter((option) => !stdout.includes(option))).toEqual([])
  })

  test('a verb that there is not is told with the one that was meant', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'dist/cli.mjs'), 'statuss'], {
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'fairlead: unknown verb statuss; did you mean status? fairlead --help lists them all\n',
    })
  })

  test.each(examples)('$command', ({ command, output }) => {
    const script = `exec 2>&1; fairlead() { "$NODE" "$CLI" "$@"; }\n${command}`
    const env = { PATH: process.env['PATH'], NODE: process.execPath, CLI: join(folder, 'dist/cli.mjs') }
    const { stdout } = spawnSync('sh', ['-c', script], { cwd: clone, env, encoding: 'utf8' })
    expect(stdout).toMatch(withElisions(output))
  })
})

/** A repository in which fairlead raised a version and Dana took it back. */
async function commitHistory(dir: string): Promise<void> {
  const update = renderMessage(read('templates/commit.txt'), {
    ...{ id: '0123456789abcdef', action: 'update', workloads: ['Deployment/prod/web'], cluster: 'production-eu' },
    ...{ from: 'ghcr.io/acme/web:1.4.2', to: 'ghcr.io/acme/web:1.5.0', policy: 'minor', reason: 'selected' },
  })
  await git.init({ fs, dir, defaultBranch: 'main' })
  const commit = (name: string, email: string, hour: number, message: string) => {
    const timestamp = Date.parse(`2026-03-01T${hour}:00:00Z`) / 1000
    return git.commit({ fs, dir, message, author: { name, email, timestamp, timezoneOffset: 0 } })
  }
  await commit('Dana', 'dana@example.com', 10, 'Begin\n')
  const id = await commit('fairlead', 'fairlead@example.com', 11, update)
  await commit('Dana', 'dana@example.com', 12, `Revert "Update web"\n\nThis reverts commit ${id}.\n`)
}

/** Lines of a document as a pattern: a line that is only `…` stands for any lines. */
function withElisions(lines: readonly string[]): RegExp {
  const pattern = lines.map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${line.trimEnd().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[ \\t]*\\n`,
  )
  return new RegExp(`^${pattern.join('')}$`)
}

describe('the demo', () => {
  const chapters = ['demo', 'demo-approval', 'demo-pull-request'].map((name) => read(`src/cli/${name}.ts`)).join('')
  const titles = [...chapters.matchAll(/title: (?:'(.*?)'|`(.*?)`)/g)].map(
    ([, plain, template]) => plain ?? template ?? '',
  )
  const patterns = titles.map(
    (title) =>
      new RegExp(
        `^${title
          .split(/\$\{.*?\}/)
          .map(escaped)
          .join('.+')}$`,
      ),
  )
  const told = [...section('Try it').matchAll(/^✓ (.*) \(\d+ ms\)$/gm)].map(([, title]) => title ?? '')

  function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  }

  test('tells the steps of the transcript', () => {
    expect(told.filter((title) => !patterns.some((pattern) => pattern.test(title)))).toEqual([])
  })

  test('tells no step that the transcript leaves out', () => {
    expect(titles.filter((_, at) => !told.some((title) => patterns[at]?.test(title)))).toEqual([])
  })
})

describe('the configuration shown', () => {
  const [example = ''] = blocks(section('Install'), 'yaml').filter((one) => one.startsWith('# config.yaml'))

  test('has no mistakes', () => expect(parseConfig('README.md', example).mode).toBe('observe'))

  test('of the webhooks has no mistakes and no type is left out', () => {
    const [receivers = ''] = blocks(section('Webhooks'), 'yaml')
    expect(parseConfig('README.md', receivers).webhooks.receivers).toHaveLength(4)
    const rows = [...section('Webhooks').matchAll(/^\| `(\w+)` \|.*\| ((?:`\w+` ?)+) \|$/gm)].map(
      ([, type, proofs]) => [type, proofs?.replaceAll('`', '').split(' ')],
    )
    expect(Object.fromEntries(rows)).toEqual(webhookProofs)
  })

  test('of the publishers has no mistakes, and none is left out', () => {
    const [shown = ''] = blocks(section('Events'), 'yaml')
    const configured = Object.entries(parseConfig('README.md', shown).publishers).filter(([, one]) => one !== undefined)
    expect(configured.map(([name]) => name)).toEqual([...sinkNames])
    expect([...section('Events').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)).toEqual([...sinkNames])
  })

  test('has keys that exist', () => {
    expect(Object.keys(parse(example)).filter((key) => !Object.hasOwn(configSchema.shape, key))).toEqual([])
  })

  test.each([
    'deploy/examples/config.yaml',
    'deploy/standalone/config.yaml',
    'deploy/flux-sidecar/account/config.yaml',
  ])('%s has none either', (path) => expect(() => parseConfig(path, read(path))).not.toThrow())
})

describe('the annotations', () => {
  const subject = { namespace: 'prod', name: 'web', labels: {}, container: 'web', image: 'ghcr.io/acme/web:1.0.0' }
  const settingsOf = (annotations: Record<string, string>) =>
    resolveSettings({ ...subject, annotations }, [], 'observe')
  const named = unique(readme.matchAll(/fairlead\.dev\/([a-z-]+)/g))

  test('named in the README exist', () => {
    expect(named.filter((name) => !annotationFields.some((field) => field === name))).toEqual([])
  })

  test('that exist are named in the table', () => {
    const table = unique(firstCells(section('First steps')).matchAll(/fairlead\.dev\/([a-z-]+)/g))
    expect(table.toSorted()).toEqual([...annotationFields].sort())
  })

  test('of the first steps say what the text says', () => {
    const [manifest = ''] = blocks(section('First steps'), 'yaml')
    const { annotations } = parse(manifest).metadata
    expect(settingsOf(annotations)).toMatchObject({ policyText: 'minor', requireApproval: false, mode: 'observe' })
    expect(settingsOf({ ...annotations, 'fairlead.dev/mode': 'commit' })).toMatchObject({ mode: 'commit' })
  })

  test('may be made for one container', () => {
    expect(settingsOf({ 'fairlead.dev/policy.web': 'patch' })).toMatchObject({ policyText: 'patch' })
  })

  test('of Headwind that are named have a say', () => {
    const written = { policy: 'glob', pattern: '1.*', 'require-approval': 'false', 'min-update-interval': '1m' }
    const named = unique(readme.matchAll(/headwind\.sh\/([a-z-]+)/g))
    expect(named).toEqual([...Object.keys(written), 'images', 'auto-rollback'].sort())
    const headwind = Object.fromEntries(Object.entries(written).map(([name, value]) => [`headwind.sh/${name}`, value]))
    const expected = { policyText: 'glob 1.*', requireApproval: false, minUpdateIntervalMs: 60_000 }
    expect(settingsOf(headwind)).toMatchObject(expected)
    expect(settingsOf({ ...headwind, 'headwind.sh/images': 'other' })).toBeUndefined()
  })
})

describe('the metrics', async () => {
  let exposition = ''
  for await (const piece of createMetrics('1').render()) exposition += piece
  const deployment = readWorkload({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'prod', uid: '1', generation: 1 },
    spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image: 'ghcr.io/acme/web:1.0.0' }] } } },
    status: { observedGeneration: 1, replicas: 1, updatedReplicas: 0 },
  })
  const state = trackRollout(undefined, deployment, new Date(0), {
    elapsedMs: 0,
    defaultDeadlineMs: 1,
    committed: true,
  })
  const finished = { ...state, startedAt: '2026-03-01T10:00:00Z', finishedAt: '2026-03-01T10:01:00Z' }
  const exported = unique(exposition.matchAll(/^# TYPE (fairlead_\w+)/gm))
  const perWorkload = workloadSamples(deployment, finished, 0).map(({ family }) => family.name)

  test('of the README are those that are exported', () => {
    const named = unique(section('Metrics').matchAll(/`((?:fairlead|apptrail)_\w+)`/g))
    const all = [...new Set([...exported, ...perWorkload])]
    expect(named).toEqual(all.sort())
  })
})

describe('the refusals', () => {
  const named = unique(firstCells(section('What it refuses')).matchAll(/`(\w+)`/g))
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && path !== 'errors.ts')
    .map((path) => ({ path, text: read(join('src', path)) }))

  test('named in the README are in the catalogue and need a person', () => {
    const kinds: Readonly<Record<string, string>> = errorCodes
    expect(named.filter((code) => kinds[code] !== 'terminal')).toEqual([])
  })

  test('named in the README are made somewhere', () => {
    expect(named.filter((code) => !sources.some(({ text }) => text.includes(`'${code}'`)))).toEqual([])
  })

  test('that a decision can end in are named in the README', () => {
    /** Codes that tell of wrong use of a verb, a wrong file given to it, or our own mistake. */
    const others = ['ConfigInvalid', 'Internal', 'KubeconfigInvalid', 'UsageInvalid']
    const deciding = sources.filter(({ path }) => /^(core\/(manifest|image)|controllers|delivery)\//.test(path))
    const made = unique(deciding.flatMap(({ text }) => [...text.matchAll(/FairleadError\(\s*'(\w+)'/g)]))
    const kinds: Readonly<Record<string, string>> = errorCodes
    const wanted = made.filter((code) => kinds[code] === 'terminal' && !others.includes(code))
    expect(wanted.filter((code) => !named.includes(code))).toEqual([])
  })
})

describe.each(documents)('$name', ({ text }) => {
  test('has relative links that lead somewhere', () => {
    const links = unique(text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
    expect(links.filter((link) => !existsSync(join(root, link)))).toEqual([])
  })

  test('names files and folders that exist', () => {
    const paths = unique(text.matchAll(/`((?:src|test|deploy|fixtures|templates|\.ci|\.github)\/[^`\s]*)`/g))
    const fixed = paths.filter((path) => !/[<>*{…]/.test(path))
    expect(fixed.filter((path) => !existsSync(join(root, path)))).toEqual([])
  })

  test('names scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const named = unique(text.matchAll(/npm run (?:--silent )?([a-z:0-9]+)/g))
    expect(named.filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  test('names no path of a machine', () => {
    expect(text).not.toMatch(/(?:^|[\s`'"(=])(?:\/(?:home|root|tmp|work|Users)\/|~\/|[A-Z]:\\)/m)
  })
})

test('npm ci can work: the lockfile holds every package that it names, also those for other systems', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const named = Object.values(packages).flatMap((one) => Object.keys(one.optionalDependencies ?? {}))
  const held = Object.keys(packages)
  expect(named).not.toEqual([])
  // npm 11 refuses such a lockfile, npm 10 does not.
  expect(named.filter((name) => !held.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([])
})

test('every folder that is built by kubectl in the README has a kustomization', () => {
  const folders = unique(readme.matchAll(/apply -k (\S+)/g))
  expect(folders).not.toEqual([])
  expect(folders.filter((folder) => !existsSync(join(root, folder, 'kustomization.yaml')))).toEqual([])
})

test('the images of the README are those of the manifests', () => {
  const [named] = unique(section('Install').matchAll(/`(ghcr\.io\/fairlead\/fairlead:[\w.]+)`/g))
  for (const path of ['deploy/base/deployment.yaml', 'deploy/flux-sidecar/container.yaml']) {
    expect(read(path)).toContain(`image: ${named}\n`)
  }
  expect(named?.split(':')[1]).toBe(JSON.parse(read('package.json')).version)
})

describe('templates', () => {
  const words = section('Words of your own')
  const rows = [...words.matchAll(/^\| `([\w.-]+)` \| .* \| (.*) \|$/gm)]
  const places = (cell: string | undefined) => [...(cell ?? '').matchAll(/`(\w+)`/g)].map(([, place]) => place)

  test('are those in the folder, and have the places, that the README names', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(readdirSync(join(root, 'templates')).sort())
    expect(Object.fromEntries(rows.map(([, name, cell]) => [name, places(cell)]))).toEqual(templatePlaces)
  })
  test('are fine as they are shipped', () => {
    const names = Object.keys(templatePlaces) as (keyof typeof templatePlaces)[]
    for (const name of names) expect(() => requireTemplate(name, read(`templates/${name}`))).not.toThrow()
  })
})

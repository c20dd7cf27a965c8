import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type SourceFile, violations } from './architecture.ts'

const root = join(import.meta.dirname, '..')

function readSources(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, text: readFileSync(join(root, folder, path), 'utf8') }))
}

describe('the source', () => {
  const sources = readSources('src')

  test('is read at all', () => expect(sources.length).toBeGreaterThan(50))

  test('keeps the dependency rules', () => expect(violations(sources)).toEqual([]))

  test('has no file longer than 400 lines', () => {
    const long = sources
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter((one) => one.lines > 400)
    expect(long).toEqual([])
  })

  test('has a test for every file of the core that decides something', () => {
    const tests = readSources('test')
      .map((one) => one.text)
      .join('\n')
    const untested = sources
      .filter(({ path, text }) => path.startsWith('core/') && /^export (async )?function/m.test(text))
      .filter(({ path, text }) => !tests.includes(`src/${path}`) && !namesTested(text, tests))
      .map((one) => one.path)
    expect(untested).toEqual([])
  })
})

/** A file that only others of the core use is tested through them. */
function namesTested(text: string, tests: string): boolean {
  const names = [...text.matchAll(/^export function\*? (\w+)/gm)].map(([, name = '']) => name)
  return names.some((name) => tests.includes(name)) || sourcesUsing(names)
}

function sourcesUsing(names: readonly string[]): boolean {
  return readSources('src/core').some(({ text }) =>
    names.some((name) => new RegExp(`import[^;]*\\b${name}\\b`).test(text)),
  )
}

describe('a sample that must alarm', () => {
  const alarms: [title: string, path: string, text: string, what: string][] = [
    ['core reads the clock', 'core/image/a.ts', 'export const a = Date.now()', 'reads the clock'],
    ['core takes the time of now', 'core/image/a.ts', 'export const a = new Date()', 'reads the clock'],
    ['core is asynchronous', 'core/image/a.ts', 'export async function a() {}', 'is asynchronous'],
    ['core reads the disk', 'core/image/a.ts', "import { readFileSync } from 'node:fs'", 'imports node:fs'],
    ['core draws random numbers', 'core/image/a.ts', "import { randomUUID } from 'node:crypto'", 'more of node:crypto'],
    ['core knows the ports', 'core/image/a.ts', "import type { Clock } from '../../ports.ts'", 'imports ports.ts'],
    ['core knows a controller', 'core/a.ts', "import { b } from '../controllers/b/b.ts'", 'imports controllers/b/b.ts'],
    [
      'an adapter imports another',
      'adapters/git/a.ts',
      "import { b } from '../registry/b.ts'",
      'imports adapters/registry/b.ts',
    ],
    ['an adapter takes another door', 'adapters/git/a.ts', "import { Octokit } from 'octokit'", 'imports octokit'],
    ['a controller imports another', 'controllers/a/a.ts', "import { b } from '../b/b.ts'", 'another controller'],
    [
      'a controller names an adapter',
      'controllers/a/a.ts',
      "import { b } from '../../adapters/git/b.ts'",
      'imports adapters/git/b.ts',
    ],
    ['a type-only import counts', 'runtime/a.ts', "import type { B } from '../delivery/b.ts'", 'imports delivery/b.ts'],
    ['the sandbox agrees with the core', 'sandbox/a.ts', "import { b } from '../core/b.ts'", 'imports core/b.ts'],
    ['a verb names an adapter', 'cli/a.ts', "import { b } from '../adapters/git/b.ts'", 'imports adapters/git/b.ts'],
    ['the environment is read', 'runtime/a.ts', 'export const a = process.env.HOME', 'reads process.env'],
    ['a default export', 'core/a.ts', 'export default 1', 'default export'],
    ['a barrel', 'core/a.ts', "export * from './b.ts'", 'barrel'],
    ['a helper file', 'core/image/helpers.ts', 'export const a = 1', 'says nothing'],
    ['an index file', 'core/image/index.ts', 'export const a = 1', 'says nothing'],
    ['an unknown folder', 'services/a.ts', 'export const a = 1', 'do not name'],
    ['a dynamic import', 'core/a.ts', "export const a = () => import('../runtime/b.ts')", 'imports runtime/b.ts'],
  ]
  test.each(alarms)('%s', (_, path, text, what) => {
    expect(violations([{ path, text }]).join('\n')).toContain(what)
  })

  test('an import cycle', () => {
    const a = { path: 'core/a.ts', text: "import type { B } from './b.ts'" }
    const b = { path: 'core/b.ts', text: "import type { A } from './a.ts'" }
    expect(violations([a, b]).join('\n')).toContain('import cycle: core/a.ts → core/b.ts → core/a.ts')
  })
})

describe('a sample that must not alarm', () => {
  const quiet: [title: string, path: string, text: string][] = [
    ['core takes the date as a parameter', 'core/a.ts', 'export const a = (now: Date) => new Date(now.getTime() + 1)'],
    ['core hashes', 'core/a.ts', "import { createHash } from 'node:crypto'"],
    ['core hashes at once', 'core/a.ts', "import { hash } from 'node:crypto'"],
    ['core mentions a promise in a comment', 'core/a.ts', '// no Promise, no process.env here\nexport const a = 1'],
    ['core mentions process.exit in words', 'core/a.ts', "export const a = 'process.exit is not used'"],
    ['an adapter uses its own package', 'adapters/git/a.ts', "import { simpleGit } from 'simple-git'"],
    ['an adapter uses its own folder', 'adapters/git/native/a.ts', "import { b } from '../b.ts'"],
    ['main wires adapters', 'main.ts', "import { b } from './adapters/git/b.ts'"],
    ['the environment is read by the configuration', 'config.ts', 'export const a = process.env.HOME'],
    ['offline verbs open a repository', 'cli/offline.ts', "import { b } from '../adapters/git/b.ts'"],
    ['a part of the configuration', 'config-schema.ts', "import { z } from 'zod'"],
    ['a word that only contains a forbidden one', 'core/image/commonality.ts', 'export const a = 1'],
  ]
  test.each(quiet)('%s', (_, path, text) => expect(violations([{ path, text }])).toEqual([]))
})

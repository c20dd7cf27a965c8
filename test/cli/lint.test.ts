import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lintCommand } from '../../src/cli/lint.ts'
import { run } from './offline-folder.ts'

const fixtures = join(import.meta.dirname, '../../fixtures/lint')
const repository = join(fixtures, 'repository')
const config = ['--config', join(fixtures, 'config.yaml')]

test('the golden folder, with a configuration', async () => {
  const { code, stdout, stderr } = await run(lintCommand, [repository, ...config])
  expect(stdout).toBe(readFileSync(join(fixtures, 'findings.txt'), 'utf8'))
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
})

test('names of windows are looked at only with a configuration', async () => {
  const { stdout } = await run(lintCommand, [repository])
  expect(stdout).not.toContain('weekend')
})

test('JSON is an array of the same', async () => {
  const { code, stdout } = await run(lintCommand, [join(repository, 'apps/base'), '-o', 'json'])
  expect(code).toBe(1)
  expect(JSON.parse(stdout)).toEqual([
    {
      file: 'kustomization.yaml',
      line: 3,
      severity: 'error',
      code: 'PolicyInvalid',
      key: 'fairlead.dev/order',
      value: 'upwards',
      message: 'fairlead.dev/order "upwards" is not allowed: use one of asc, desc',
    },
  ])
})

test('notes and warnings are no failure', async () => {
  const { code, stdout } = await run(lintCommand, [join(repository, 'apps/chart')])
  expect(stdout).toMatch(/: note Templated: .*\n0 errors, 0 warnings, 1 note \(1 file of interest\)\n$/)
  expect(code).toBe(0)
})

test.each([
  ['no folder', [], /Exactly one DIR is wanted/],
  ['two folders', ['a', 'b'], /Exactly one DIR is wanted/],
  ['a folder that is not there', ['/does/not/exist'], /is no folder that can be read/],
  ['an unknown option', ['.', '--nope'], /nope/],
  ['an unknown output', ['.', '-o', 'yaml'], /-o yaml: only json is known/],
  ['a configuration that cannot be read', ['.', '--config', '/does/not/exist'], /ConfigInvalid: .*cannot be read/],
])('%s is wrong use: exit 2', async (_, args, why) => {
  const { code, stdout, stderr } = await run(lintCommand, args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(why)
})

test('wrong use in JSON', async () => {
  const { code, stdout } = await run(lintCommand, ['-o', 'json'])
  expect(code).toBe(2)
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'UsageInvalid' })
})

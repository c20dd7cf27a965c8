import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readLocalLog } from '../../../src/adapters/git/local-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'fairlead-log-'))
const checkout = join(folder, 'checkout')
afterAll(() => rmSync(folder, { recursive: true }))

function git(...args: string[]): void {
  const who = { NAME: 'Dana', EMAIL: 'dana@example.com', DATE: '2026-03-01T10:00:00Z' }
  const idents = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ])
  const env = { PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1', ...Object.fromEntries(idents) }
  execFileSync('git', args, { cwd: folder, env, stdio: 'pipe' })
}
const inCheckout = (...args: string[]) => git('-C', 'checkout', ...args)
const commit = (message: string) => inCheckout('commit', '-q', '--allow-empty', '-m', message)

/** Two branches, the second of which took in what the first had brought. */
beforeAll(() => {
  git('init', '-q', '-b', 'main', 'checkout')
  commit('root')
  inCheckout('checkout', '-q', '-b', 'one')
  commit('one a')
  commit('one b')
  inCheckout('checkout', '-q', 'main')
  commit('between')
  inCheckout('merge', '-q', '--no-ff', '-m', 'merge one', 'one')
  inCheckout('checkout', '-q', '-b', 'two', 'main~1')
  commit('two a')
  inCheckout('merge', '-q', '--no-ff', '-m', 'two takes one in', 'main')
  inCheckout('checkout', '-q', 'main')
  inCheckout('merge', '-q', '--no-ff', '-m', 'merge two', 'two')
  git('clone', '-q', '--bare', 'checkout', 'bare')
  git('clone', '-q', '--depth', '2', `file://${checkout}`, 'shallow')
})

const told = async (dir: string) =>
  (await readLocalLog(join(folder, dir))).map(({ message, merged }) => [
    message.trim(),
    merged.map((one) => one.message.trim()),
  ])

describe('the log of a checkout', () => {
  const whole = [
    ['merge two', ['two takes one in', 'two a']],
    ['merge one', ['one b', 'one a']],
    ['between', []],
    ['root', []],
  ]
  test('follows first parents, and tells once what each merge brought', async () => {
    expect(await told('checkout')).toEqual(whole)
  })
  test('of a bare repository is the same', async () => expect(await told('bare')).toEqual(whole))

  test('ends where a shallow clone does', async () => {
    expect((await told('shallow')).map(([message]) => message)).toEqual(['merge two', 'merge one'])
  })

  test('says who committed when', async () => {
    const [newest] = await readLocalLog(checkout)
    expect(newest).toMatchObject({ author: 'Dana <dana@example.com>', at: '2026-03-01T10:00:00Z' })
    expect(newest?.id).toMatch(/^[0-9a-f]{40}$/)
  })

  test('is refused where there is none', async () => {
    git('init', '-q', 'empty')
    await expect(readLocalLog(folder)).rejects.toThrow('has no .git folder')
    await expect(readLocalLog(join(folder, 'empty'))).rejects.toThrow('has no commit')
  })
})

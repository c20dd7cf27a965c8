import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommitDraft, parseCommit, renderCommit } from '../../../src/core/change/commit.ts'
import { FairleadError } from '../../../src/errors.ts'
import { hasGit } from '../../fakes/git-http-server.ts'

const emptyTree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

function draft(changes: Partial<CommitDraft> = {}): CommitDraft {
  return {
    tree: emptyTree,
    parents: [],
    author: { name: 'A U Thor', email: 'author@example.com' },
    committer: { name: 'C O Mitter', email: 'committer@example.com' },
    date: new Date('2026-02-03T04:05:06.789Z'),
    message: 'Subject\n\nBody\n',
    ...changes,
  }
}

const textOf = (changes: Partial<CommitDraft> = {}): string =>
  Buffer.from(renderCommit(draft(changes)).bytes).toString()

const codeOf = (changes: Partial<CommitDraft>): string => {
  try {
    renderCommit(draft(changes))
    return 'no error'
  } catch (error) {
    return error instanceof FairleadError ? error.code : String(error)
  }
}

describe('renderCommit', () => {
  test('writes exactly these bytes', () => {
    expect(textOf({ parents: ['a'.repeat(40), 'b'.repeat(40)] })).toBe(
      [
        `tree ${emptyTree}`,
        `parent ${'a'.repeat(40)}`,
        `parent ${'b'.repeat(40)}`,
        'author A U Thor <author@example.com> 1770091506 +0000',
        'committer C O Mitter <committer@example.com> 1770091506 +0000',
        '',
        'Subject',
        '',
        'Body',
        '',
      ].join('\n'),
    )
  })

  const messages: [title: string, message: string][] = [
    ['no final newline', 'Subject\n\nBody'],
    ['several final newlines', 'Subject\n\nBody\n\n\n'],
    ['leading newlines', '\n\nSubject\n\nBody\n'],
    ['CRLF', 'Subject\r\n\r\nBody\r\n'],
    ['lone CR', 'Subject\r\rBody\r'],
    ['blanks at the end', 'Subject\n\nBody \t\n'],
  ]
  test.each(messages)('gives the same commit for a message with %s', (_, message) => {
    expect(textOf({ message })).toBe(textOf())
  })

  const names: [title: string, name: string, written: string][] = [
    ['padding', '  fairlead \n', 'fairlead'],
    ['angle brackets', 'fair<lead>', 'fairlead'],
    ['a final dot', 'Acme, Inc.', 'Acme, Inc'],
    ['quotes around it', '"fairlead"', 'fairlead'],
    ['a newline inside', 'fair\nlead', 'fairlead'],
    ['letters of other scripts', 'Zoë ☃', 'Zoë ☃'],
  ]
  test.each(names)('cleans a name with %s', (_, name, written) => {
    expect(textOf({ author: { name, email: 'a@example.com' } })).toContain(`\nauthor ${written} <a@example.com> `)
  })

  const refusals: [title: string, changes: Partial<CommitDraft>][] = [
    ['NUL in the message', { message: 'a\0b' }],
    ['NUL in a name', { author: { name: 'a\0', email: 'x' } }],
    ['no message', { message: ' \n' }],
    ['no name', { author: { name: ' <> ', email: 'x@y' } }],
    ['no date', { date: new Date(Number.NaN) }],
    ['a date before 1970', { date: new Date(-1000) }],
    ['a short tree id', { tree: 'abc' }],
    ['a header in a parent id', { parents: [`${'a'.repeat(40)}\nauthor x`] }],
  ]
  test.each(refusals)('refuses %s', (_, changes) => expect(codeOf(changes)).toBe('UsageInvalid'))
})

describe('parseCommit', () => {
  test('reads back what was rendered, with a signature in between', () => {
    const { bytes } = renderCommit(draft({ parents: ['a'.repeat(40)], signature: 'one\ntwo\n' }))
    expect(Buffer.from(bytes).toString()).toContain('\ngpgsig one\n two\n\nSubject')
    expect(parseCommit(bytes)).toEqual({ tree: emptyTree, parents: ['a'.repeat(40)], message: 'Subject\n\nBody\n' })
  })

  test('is nothing for other bytes', () => expect(parseCommit(Buffer.from('blob'))).toBeUndefined())
})

describe.skipIf(!hasGit())('git commit-tree', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'commit-'))
    execFileSync('git', ['init', '--quiet', '--bare', dir])
    execFileSync('git', ['mktree'], { cwd: dir, input: '' })
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const idents = ['A U Thor', 'Acme, Inc.', ' padded ', 'fair<lead>', "O'Brien", '"q"', 'Zoë', 'a.b.c', "'x'"]
  test.each(idents)('makes the same commit for the name %j', (name) => {
    const { id } = renderCommit(draft({ author: { name, email: ' a.b@example.com. ' } }))
    const made = execFileSync('git', ['commit-tree', emptyTree], {
      cwd: dir,
      input: 'Subject\n\nBody\n',
      env: {
        PATH: process.env.PATH,
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: ' a.b@example.com. ',
        GIT_AUTHOR_DATE: '1770091506 +0000',
        GIT_COMMITTER_NAME: 'C O Mitter',
        GIT_COMMITTER_EMAIL: 'committer@example.com',
        GIT_COMMITTER_DATE: '1770091506 +0000',
      },
    })
    expect(made.toString().trim()).toBe(id)
  })
})

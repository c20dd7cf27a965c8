import { describe, expect, test } from 'vitest'
import { DamagedStore } from '../../../src/adapters/git/backend.ts'
import { refusedRef, serverWords } from '../../../src/adapters/git/failure.ts'
import { explainFailure, explainPush } from '../../../src/adapters/git/native/failure.ts'
import { GitFailed } from '../../../src/adapters/git/native/runner.ts'
import { FairleadError } from '../../../src/errors.ts'

const ours = '1'.repeat(40)
const other = '2'.repeat(40)
const url = 'https://git.example.com/a/b'
const ref = 'refs/heads/main'

const failed = (stderr: string, stdout = ''): GitFailed =>
  new GitFailed({ status: 1, stdout: Buffer.from(stdout), stderr })

const codeOf = (error: unknown): string =>
  error instanceof FairleadError ? error.code : error instanceof DamagedStore ? 'DamagedStore' : String(error)

describe('a refused ref', () => {
  // The first four rows are what Kargo's push tests hold; the others were seen with git 2.39 and on GitHub.
  const rows: [reason: string, words: string, code: string][] = [
    ['[rejected] (non-fast-forward)', '', 'PushRejected'],
    ['[rejected] (fetch first)', '', 'PushRejected'],
    [`[remote rejected] (cannot lock ref '${ref}': is at ${other} but expected ${'3'.repeat(40)})`, '', 'PushRejected'],
    ['[remote rejected] (incorrect old value provided)', '', 'PushRejected'],
    ['[rejected] (stale info)', '', 'PushRejected'],
    ['[remote rejected] (failed to update ref)', '', 'PushRejected'],
    [`[remote rejected] (cannot lock ref '${ref}': is at ${ours} but expected ${other})`, '', 'GitUnavailable'],
    ['failed to update ref', `error: cannot lock ref '${ref}': is at ${ours} but expected ${other}`, 'GitUnavailable'],
    ['[remote rejected] (pre-receive hook declined)', 'no', 'PushRefused'],
    [
      '[remote rejected] (protected branch hook declined)',
      'error: GH006: Protected branch update failed',
      'PushRefused',
    ],
    ['push declined due to repository rule violations', 'error: GH013: Repository rule violations', 'PushRefused'],
    ['[remote rejected] (unpacker error)', 'No space left on device', 'GitUnavailable'],
    ['[remote rejected] (something nobody knows)', '', 'PushRefused'],
  ]
  test.each(rows)('%s %s: is %s', (reason, words, code) => {
    expect(codeOf(refusedRef({ how: 'append', url, ref, commit: ours, reason, words }))).toBe(code)
  })

  // The lease was met, or the client would have said so: the host lets nobody rewrite that branch.
  test.each<[reason: string, code: string]>([
    ['[remote rejected] (non-fast-forward)', 'PushRefused'],
    ['denying non-fast-forward refs/heads/x (you should pull first)', 'PushRefused'],
    ['[rejected] (stale info)', 'PushRejected'],
  ])('of a branch that is rewritten: %s is %s', (reason, code) => {
    expect(codeOf(refusedRef({ how: 'replace', url, ref, commit: ours, reason, words: '' }))).toBe(code)
  })
})

describe('the words of a server', () => {
  test('are one line of at most 500 characters without colours and logins', () => {
    const words = serverWords(`\x1b[31mno\x1b[0m\n\n  https://user:hunter2@host/x \0 ${'y'.repeat(900)}`)
    expect(words).toMatch(/^no https:\/\/host\/x y+$/)
    expect(words).toHaveLength(500)
  })

  test('never hold an authorization header', () => {
    expect(serverWords('authorization: Basic aHVudGVyMg==')).not.toContain('aHVudGVyMg')
  })
})

describe('a failed run of git', () => {
  const rows: [stderr: string, code: string][] = [
    [`fatal: couldn't find remote ref ${ref}`, 'BranchNotFound'],
    [`fatal: Authentication failed for '${url}/'`, 'GitAuthFailed'],
    [`fatal: could not read Username for 'https://h': terminal prompts disabled`, 'GitAuthFailed'],
    [`fatal: unable to access '${url}/': The requested URL returned error: 403`, 'GitAuthFailed'],
    [
      `remote: This repository was archived so it is read-only.\nfatal: unable to access '${url}/': The requested URL returned error: 403`,
      'HostArchived',
    ],
    ['git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.', 'GitAuthFailed'],
    ['Host key verification failed.\nfatal: Could not read from remote repository.', 'GitAuthFailed'],
    [`fatal: repository '${url}/' not found`, 'RepositoryNotFound'],
    ['ERROR: Repository not found.\nfatal: Could not read from remote repository.', 'RepositoryNotFound'],
    [`fatal: unable to access '${url}/': The requested URL returned error: 503`, 'GitUnavailable'],
    [`fatal: unable to access '${url}/': Could not resolve host: git.example.com`, 'GitUnavailable'],
    ['fatal: the remote end hung up unexpectedly', 'GitUnavailable'],
    ['error: file write error: No space left on device', 'GitUnavailable'],
    ["fatal: Unable to create '/c/refs/remotes/origin/main.lock': File exists.", 'DamagedStore'],
    ['error: inflate: data stream error (incorrect header check)', 'DamagedStore'],
    ['fatal: loose object 1234 (stored in objects/12/34) is corrupt', 'DamagedStore'],
    ['fatal: not a git repository: objects', 'DamagedStore'],
    ['fatal: shallow file has changed since we read it', 'DamagedStore'],
    ['fatal: something nobody has seen before', 'GitUnavailable'],
  ]
  test.each(rows)('%s is %s', (stderr, code) => {
    expect(codeOf(explainFailure(failed(stderr), { url, ref }))).toBe(code)
  })

  test('for want of a login says what to look at, not that git has no terminal', () => {
    const words = String(explainFailure(failed("fatal: could not read Username for 'https://h': terminal"), { url }))
    expect(words).toMatch(/did not accept the credentials; look whether its credentials in git\.repositories are valid/)
  })

  test('of a push is told by the line about the ref', () => {
    const stdout = `To ${url}\n!\t${ours}:${ref}\t[remote rejected] (pre-receive hook declined)\nDone\n`
    const stderr = 'remote: policy says no        \nerror: failed to push some refs\n'
    const error = explainPush(failed(stderr, stdout), { how: 'append', url, ref, commit: ours })
    expect(codeOf(error)).toBe('PushRefused')
    expect(String(error)).toContain('policy says no')
    expect(codeOf(explainPush(failed('fatal: early EOF'), { how: 'append', url, ref, commit: ours }))).toBe(
      'GitUnavailable',
    )
  })

  test('keeps what is already ours', () => {
    const mine = new FairleadError('Timeout', 'x')
    expect(explainFailure(mine, { url })).toBe(mine)
  })
})

import { expect, it } from 'vitest'
import { fluxCommit, parseFluxRevision } from '../../../src/core/sync/flux-revision.ts'

const sha = '5394cb7f48332b2de7c17dd8b8384bbc84b7e738'
const digest = '9f3bc0f341d4ecf2bab460cc59320a2a9ea292f01d7b96e32740a9abfd341088'

// forms: fluxcd/pkg git/utils.go and its tests
it.each([
  [`main@sha1:${sha}`, 'main', sha],
  [`feature/branch@sha1:${sha}`, 'feature/branch', sha],
  [`v1.2.3@sha1:${sha}`, 'v1.2.3', sha],
  [`refs/heads/main@sha1:${sha}`, 'refs/heads/main', sha],
  [`refs/pull/420/head@sha1:${sha}`, 'refs/pull/420/head', sha],
  [`user@host@sha1:${sha}`, 'user@host', sha],
  [`sha1:${sha}`, undefined, sha],
  [`main/${sha}`, 'main', sha],
  [`feature/branch/${sha}`, 'feature/branch', sha],
  [`HEAD/${sha}`, undefined, sha],
  [sha, undefined, sha],
])('%s names the pointer %s and the commit %s', (text, pointer, commit) => {
  expect(parseFluxRevision(text).pointer).toBe(pointer)
  expect(fluxCommit(text)).toBe(commit)
})

it.each([`6.1.8@sha256:${digest}`, `sha256:${digest}`, '6.6.1', '6.6.1+0cc9a8446c95', 'main', '', sha.slice(1)])(
  '%s names no commit',
  (text) => {
    expect(fluxCommit(text)).toBeUndefined()
  },
)

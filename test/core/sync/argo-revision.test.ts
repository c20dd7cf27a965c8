import { describe, expect, test } from 'vitest'
import { followedBy } from '../../../src/core/sync/argo-revision.ts'

function followed(targetRevision: string, more: { chart?: string; repoUrl?: string } = {}, branches?: string[]) {
  const source = { repoUrl: 'https://git.example/acme/gitops', chart: '', targetRevision, ...more }
  const found = followedBy(source, branches)
  return found.kind === 'branch' ? `branch ${found.branch}` : found.kind
}

describe('a source follows', () => {
  const rows: [revision: string, expected: string][] = [
    ['', 'default-branch'],
    ['HEAD', 'default-branch'],
    ['main', 'branch main'],
    ['release/1.2', 'branch release/1.2'],
    ['env-prod', 'branch env-prod'],
    ['refs/heads/v1.2.3', 'branch v1.2.3'],
    ['refs/tags/v1', 'pinned'],
    ['refs/pull/1/head', 'pinned'],
    ['v1.2.3', 'pinned'],
    ['1.2', 'pinned'],
    ['20240101', 'pinned'],
    ['1.x', 'pinned'],
    ['*', 'pinned'],
    ['>=1.2.0 <2.0.0', 'pinned'],
    ['~1.2', 'pinned'],
    ['0123456789abcdef0123456789abcdef01234567', 'pinned'],
    ['0123abc', 'pinned'],
    ['facade', 'branch facade'],
    ['develop', 'branch develop'],
  ]
  test.each(rows)('%s: %s', (revision, expected) => {
    expect(followed(revision)).toBe(expected)
  })

  const known: [revision: string, branches: string[], expected: string][] = [
    ['v1.2', ['v1.2', 'main'], 'branch v1.2'],
    ['deadbeef', ['deadbeef'], 'branch deadbeef'],
    ['stable', ['main'], 'pinned'],
    ['1.x', ['1.x'], 'pinned'],
    ['0123456789abcdef0123456789abcdef01234567', ['0123456789abcdef0123456789abcdef01234567'], 'pinned'],
  ]
  test.each(known)('%s among the branches %j: %s', (revision, branches, expected) => {
    expect(followed(revision, {}, branches)).toBe(expected)
  })

  test('no branch for a chart or an artifact', () => {
    expect(followed('main', { chart: 'web' })).toBe('pinned')
    expect(followed('main', { repoUrl: 'oci://registry.example/web' })).toBe('pinned')
  })
})

import { describe, expect, test } from 'vitest'
import { buildOf } from '../../../../src/core/manifest/kustomize/build.ts'
import { otherIncluders } from '../../../../src/core/manifest/kustomize/shared-base.ts'
import { folder } from '../folder.ts'

const base = { 'base/kustomization.yaml': 'resources: [web.yaml]', 'base/web.yaml': '' }

function others(files: Record<string, string>, file = 'base/web.yaml'): string[] {
  const snapshot = folder({ ...base, 'prod/kustomization.yaml': 'resources: [../base]', ...files })
  return otherIncluders(snapshot, buildOf(snapshot, 'prod'), file)
}

describe('a file outside the root', () => {
  test.each([
    ['is the root’s own when nobody else includes it', {}, []],
    [
      'is shared with a root that includes its folder',
      { 'dev/kustomization.yaml': 'resources: [../base]' },
      ['dev/kustomization.yaml'],
    ],
    [
      'is shared with one that names the file',
      { 'dev/kustomization.yaml': 'resources: [../base/web.yaml]' },
      ['dev/kustomization.yaml'],
    ],
    [
      'is shared through others, and as component',
      { 'dev/kustomization.yaml': 'resources: [mid]', 'dev/mid/kustomization.yaml': 'components: [../../base]' },
      ['dev/mid/kustomization.yaml', 'dev/kustomization.yaml'],
    ],
    ['is not shared by what includes the root itself', { 'all/kustomization.yaml': 'resources: [../prod]' }, []],
    ['is not shared by what nobody can read', { 'dev/kustomization.yaml': 'resources: [../base' }, []],
  ])('%s', (_, files, wanted) => {
    expect(others(files)).toEqual(wanted)
  })

  test('a kustomization file is included with its folder', () => {
    const files = { 'dev/kustomization.yaml': 'resources: [../base]' }
    expect(others(files, 'base/kustomization.yaml')).toEqual(['dev/kustomization.yaml'])
  })

  test('what lies in the root’s folder belongs to the root', () => {
    expect(others({ 'dev/kustomization.yaml': 'resources: [../prod]' }, 'prod/kustomization.yaml')).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { chartHistory, isSnapshotOf } from '../../../src/core/sync/helm-history.ts'
import { history, releaseWith, says } from './release-status.ts'

const made = (one: object, chartVersion: string) => ({ ...one, chartVersion, configDigest: 'sha256:a' })
const of = (version: string) => ({ version, configDigest: 'sha256:a' })

describe('what failed, and what was well before, is the chart', () => {
  const bad = made(history.failed, '6.6.0')
  const rows: [when: string, snapshots: readonly object[], failed: string | undefined, good: string | undefined][] = [
    ['of the upgrade that failed and of the release before', [bad, made(history.good, '6.5.4')], '6.6.0', '6.5.4'],
    [
      'of the same two when Helm has rolled back',
      [made(history.rollback, '6.5.4'), bad, made(history.good, '6.5.4')],
      '6.6.0',
      '6.5.4',
    ],
    ['whose test failed', [made(history.tested, '6.6.0'), made(history.good, '6.5.4')], '6.6.0', '6.5.4'],
    ['of a first installation, with nothing before', [made(history.uninstalled, '6.6.0')], '6.6.0', undefined],
    [
      'of the last of several attempts',
      [bad, made(history.failed, '6.5.9'), made(history.good, '6.5.4')],
      '6.6.0',
      '6.5.4',
    ],
    ['and of nothing that failed', [made(history.good, '6.5.4')], undefined, '6.5.4'],
    ['and unknown where the version is', [history.failed, history.good], undefined, undefined],
    ['and unknown without a history', [], undefined, undefined],
  ]
  test.each(rows)('%s', (_, snapshots, failed, good) => {
    const known = chartHistory(releaseWith([says.upgradeFailed], { history: snapshots }))
    expect(known).toEqual({ failed: failed && of(failed), good: good && of(good) })
  })
})

describe('a version in Git', () => {
  const rows: [inGit: string, made: string, isSame: boolean][] = [
    ['6.5.4', '6.5.4', true],
    ['v6.5.4', '6.5.4', true],
    ['6.5.4', '6.6.0', false],
    ['6.5.4', '6.5.4+0123456789ab', true],
    ['6.5.4+up4', '6.5.4+0123456789ab', true],
    ['6.5.4-rc.1', '6.5.4+0123456789ab', false],
    ['1.0.0+up4', '1.0.0+up5', false],
    ['1.0.0', '1.0.0+up5', false],
  ]
  test.each(rows)('%s is of the snapshot %s: %s', (inGit, version, isSame) => {
    expect(isSnapshotOf(inGit, { version })).toBe(isSame)
  })
})

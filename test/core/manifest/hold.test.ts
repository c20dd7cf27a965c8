import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { folderApplier } from '../../../src/cli/folder-applier.ts'
import { planHold, planRelease } from '../../../src/core/manifest/hold-edit.ts'
import { findHoldPlace } from '../../../src/core/manifest/hold-place.ts'
import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { withEdits } from '../../../src/core/manifest/snapshot-memo.ts'
import type { TraceQuery } from '../../../src/core/manifest/trace.ts'
import { folder, refusalOf } from './folder.ts'

interface Case {
  says: string
  root: string
  workload: { kind: string; namespace: string; name: string }
  /** What deploys it, where that is no mere folder. */
  applier?: TraceQuery
  reason?: string
  error?: string
  /** Part of what a refusal says. */
  message?: string
}

const top = path.resolve(import.meta.dirname, '../../../fixtures/hold')
const cases = readdirSync(top).map((name) => {
  return { name, ...(JSON.parse(readFileSync(path.join(top, name, 'case.json'), 'utf8')) as Case) }
})
const held = cases.filter(({ error }) => error === undefined)

function read(name: string, side: 'before' | 'held'): Snapshot {
  const base = path.join(top, name, side)
  const files = readdirSync(base, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => path.relative(base, path.join(entry.parentPath, entry.name)))
  return folder(Object.fromEntries(paths.map((file) => [file, readFileSync(path.join(base, file), 'utf8')])))
}

function placeIn(snapshot: Snapshot, { root, workload, applier = workload }: Case) {
  return findHoldPlace(folderApplier(snapshot, root, applier, true), workload)
}

const filesOf = (snapshot: Snapshot) => snapshot.paths.map((file) => [file, snapshot.text(file)])

describe('a workload is held as its golden folder says', () => {
  const reason = 'the bank closes its books'

  test.each(held)('$name: $says', (one) => {
    const before = read(one.name, 'before')
    const after = withEdits(before, planHold(placeIn(before, one), reason))
    expect(filesOf(after)).toEqual(filesOf(read(one.name, 'held')))
  })

  test.each(held)('$name: the same hold again is no change', (one) => {
    expect(planHold(placeIn(read(one.name, 'held'), one), reason)).toEqual([])
  })

  test.each(held.filter(({ name }) => name !== 'changed-reason'))('$name: released, it is as it was', (one) => {
    const snapshot = read(one.name, 'held')
    expect(filesOf(withEdits(snapshot, planRelease(placeIn(snapshot, one))))).toEqual(filesOf(read(one.name, 'before')))
  })

  test.each(cases.filter(({ error }) => error !== undefined))('$name is refused: $says', (one) => {
    const refusal = refusalOf(() => planHold(placeIn(read(one.name, 'before'), one), one.reason ?? reason))
    expect({ code: refusal?.code, message: refusal?.message }).toEqual({
      code: one.error,
      message: expect.stringContaining(one.message ?? ''),
    })
  })

  test('holds of single containers are released, too', () => {
    const text = read('plain-manifest', 'held').text('prod/web.yaml') ?? ''
    const both = text.replace('    fairlead.dev/hold:', '    fairlead.dev/hold.web: mine\n    fairlead.dev/hold:')
    const snapshot = folder({ 'prod/web.yaml': both })
    const place = placeIn(snapshot, held.find(({ name }) => name === 'plain-manifest') as Case)
    expect([...place.holds.keys()]).toEqual(['fairlead.dev/hold.web', 'fairlead.dev/hold'])
    expect(planRelease(place)).toMatchObject([{ after: read('plain-manifest', 'before').text('prod/web.yaml') }])
  })
})

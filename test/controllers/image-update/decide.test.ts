import { describe, expect, test } from 'vitest'
import { type ContainerFacts, decideContainer, findBlocked } from '../../../src/controllers/image-update/decide.ts'
import { chosenReference } from '../../../src/core/image/choice.ts'
import type { Exclusion } from '../../../src/core/image/decision.ts'
import { parsePolicy } from '../../../src/core/image/policy.ts'
import { createTagList } from '../../../src/core/image/tag-list.ts'
import type { Trace } from '../../../src/core/manifest/trace.ts'

const now = new Date('2026-03-01T12:00:00Z')
const digestA = `sha256:${'a'.repeat(64)}`
const digestB = `sha256:${'b'.repeat(64)}`

function facts(
  overrides: {
    image?: string
    policy?: string
    tags?: string[]
    lastUpdate?: Date
    hold?: string
    presentDigest?: string
    pinDigest?: boolean
    excluded?: [tag: string, verdict: Exclusion][]
    refusedDigest?: string
    gaveUp?: Exclusion
    openRollback?: string
  } = {},
): ContainerFacts {
  const { image = 'ghcr.io/acme/web:1.0.0', policy = 'minor', tags = ['1.0.0', '1.1.0', '2.0.0'] } = overrides
  return {
    container: 'web',
    settings: {
      policy: parsePolicy({ policy }),
      policyText: policy,
      requireApproval: false,
      mode: 'commit',
      minUpdateIntervalMs: 300_000,
      minAgeMs: 0,
      windows: [],
      pinDigest: overrides.pinDigest ?? false,
      platforms: [],
      verify: [],
      hold: overrides.hold,
    },
    trace: { image } as Trace,
    tags: createTagList(tags),
    presentDigest: overrides.presentDigest,
    facts: { excluded: new Map(overrides.excluded) },
    refusedDigests: new Map(overrides.refusedDigest === undefined ? [] : [[overrides.refusedDigest, 'quarantined']]),
    digests: new Map(),
    notes: new Map([['1.1.0', 'somebody put 1.0.0 back']]),
    gaveUp: overrides.gaveUp,
    lastUpdate: overrides.lastUpdate,
    openRollback: overrides.openRollback,
    now,
  }
}

describe('a container', () => {
  const rows: [what: string, facts: ContainerFacts, expected: object][] = [
    ['with a newer tag is updated', facts(), { kind: 'update', tag: '1.1.0', reason: 'selected' }],
    ['with the newest tag is left alone', facts({ image: 'web:1.1.0' }), { kind: 'none' }],
    [
      'whose tag is no version is left alone',
      facts({ image: 'web:latest' }),
      { kind: 'none', reason: 'current-not-a-version' },
    ],
    ['on hold is left alone', facts({ hold: 'incident 42' }), { kind: 'none', reason: 'held' }],
    [
      'updated four minutes ago waits for the rest of five',
      facts({ lastUpdate: new Date(now.getTime() - 240_000) }),
      { kind: 'wait', reason: 'min-update-interval', untilMs: 60_000 },
    ],
    ['updated long ago does not wait', facts({ lastUpdate: new Date(now.getTime() - 300_000) }), { kind: 'update' }],
    [
      'that follows a digest is pinned first',
      facts({ policy: 'digest', image: 'web:stable', presentDigest: digestA, tags: ['stable'] }),
      { kind: 'update', tag: 'stable', digest: digestA, reason: 'digest' },
    ],
    [
      'that follows a digest is updated when the tag moved',
      facts({ policy: 'digest', image: `web:stable@${digestA}`, presentDigest: digestB, tags: ['stable'] }),
      { kind: 'update', tag: 'stable', digest: digestB },
    ],
    [
      'that follows a digest is left alone while the tag stands still',
      facts({ policy: 'digest', image: `web:stable@${digestA}`, presentDigest: digestA, tags: ['stable'] }),
      { kind: 'none' },
    ],
    [
      'that is to be pinned is pinned where it stands',
      facts({ pinDigest: true, image: 'web:1.1.0', presentDigest: digestA }),
      { kind: 'update', tag: '1.1.0', digest: digestA, isPinned: true, reason: 'digest' },
    ],
    [
      'that is to be pinned goes to a newer tag first, and that is pinned',
      facts({ pinDigest: true, image: 'web:1.0.0', presentDigest: digestA }),
      { kind: 'update', tag: '1.1.0', isPinned: true, reason: 'selected' },
    ],
    [
      'that is to be pinned follows its tag',
      facts({ pinDigest: true, image: `web:1.1.0@${digestA}`, presentDigest: digestB }),
      { kind: 'update', tag: '1.1.0', digest: digestB },
    ],
    [
      'that is not to be pinned anew stays pinned, and does not follow its tag',
      facts({ image: `web:1.1.0@${digestA}`, presentDigest: digestB }),
      { kind: 'none', reason: 'no-candidate' },
    ],
    [
      'whose newest candidate is kept away takes the next',
      facts({ tags: ['1.0.0', '1.1.0', '1.0.5'], excluded: [['1.1.0', 'wrong-platform']] }),
      { kind: 'update', tag: '1.0.5', verdicts: { counts: { 'wrong-platform': 1 } } },
    ],
    [
      'whose only candidate is kept away says so',
      facts({ excluded: [['1.1.0', 'quarantined']] }),
      { kind: 'none', verdicts: { selected: null, counts: { quarantined: 1 } } },
    ],
    [
      'whose tag moved to what nobody wants back is left alone',
      facts({ policy: 'digest', image: `web:stable@${digestA}`, presentDigest: digestB, refusedDigest: digestB }),
      { kind: 'none', reason: 'quarantined' },
    ],
    [
      'of which too many candidates were refused is left alone',
      facts({ gaveUp: 'wrong-platform' }),
      { kind: 'none', reason: 'wrong-platform' },
    ],
    [
      'on hold shows what it would go to',
      facts({ hold: 'incident 42' }),
      { reason: 'held', verdicts: { selected: null, counts: { held: 1 } } },
    ],
  ]
  test.each(rows)('%s', (_, given, expected) => expect(decideContainer(given)).toMatchObject(expected))
})

describe('what keeps the nearest candidate away', () => {
  const rows: [what: string, facts: ContainerFacts, blocked: ReturnType<typeof findBlocked>][] = [
    ['is nothing when one is chosen', facts(), undefined],
    ['is nothing when there is none', facts({ image: 'web:1.1.0' }), undefined],
    [
      'is told with its note',
      facts({ excluded: [['1.1.0', 'quarantined']] }),
      { reason: 'Quarantined', message: '1.1.0 is not taken: somebody put 1.0.0 back' },
    ],
    [
      'is the hold, in its own words',
      facts({ hold: 'incident 42' }),
      { reason: 'Held', message: '1.1.0 is not taken: held: incident 42' },
    ],
  ]
  test.each(rows)('%s', (_, given, blocked) => expect(findBlocked(decideContainer(given), given)).toEqual(blocked))
})

describe('the wanted reference', () => {
  const rows: [image: string, decided: { tag: string; isPinned: boolean }, wanted: string][] = [
    ['ghcr.io/acme/web:1.0.0', { tag: '1.1.0', isPinned: false }, 'ghcr.io/acme/web:1.1.0'],
    ['nginx:1.27', { tag: '1.28', isPinned: false }, 'nginx:1.28'],
    [`web:1.0.0@${digestA}`, { tag: '1.1.0', isPinned: true }, `web:1.1.0@${digestB}`],
    ['web:stable', { tag: 'stable', isPinned: true }, `web:stable@${digestB}`],
  ]
  test.each(rows)('after %s', (image, decided, wanted) =>
    expect(chosenReference(image, decided, { policy: { kind: 'digest' }, digest: digestB })).toBe(wanted),
  )
})

import { describe, expect, test } from 'vitest'
import { type ContainerFacts, decideContainer } from '../../../src/controllers/image-update/decide.ts'
import { chosenReference } from '../../../src/core/image/choice.ts'
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
      hold: overrides.hold,
    },
    trace: { image } as Trace,
    tags: createTagList(tags),
    presentDigest: overrides.presentDigest,
    lastUpdate: overrides.lastUpdate,
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
  ]
  test.each(rows)('%s', (_, given, expected) => expect(decideContainer(given)).toMatchObject(expected))
})

describe('the wanted reference', () => {
  const rows: [image: string, decided: { tag: string; digest: string | undefined }, wanted: string][] = [
    ['ghcr.io/acme/web:1.0.0', { tag: '1.1.0', digest: undefined }, 'ghcr.io/acme/web:1.1.0'],
    ['nginx:1.27', { tag: '1.28', digest: undefined }, 'nginx:1.28'],
    [`web:1.0.0@${digestA}`, { tag: '1.1.0', digest: undefined }, `web:1.1.0@${digestB}`],
    ['web:stable', { tag: 'stable', digest: digestB }, `web:stable@${digestB}`],
  ]
  test.each(rows)('after %s', (image, decided, wanted) => expect(chosenReference(image, decided, digestB)).toBe(wanted))
})

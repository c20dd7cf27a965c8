import { describe, expect, test } from 'vitest'
import { revisionsWith } from '../../../src/core/rollback/put-back.ts'
import { templateRevision } from '../../../src/core/workload/revision.ts'

const label = 'app.kubernetes.io/version'

function template({ web = 'ghcr.io/acme/web:1.0.0', side = 'busybox:1', version = '', env = 'a' } = {}) {
  return {
    metadata: { labels: { app: 'web', ...(version === '' ? {} : { [label]: version }) } },
    spec: {
      containers: [
        { name: 'web', image: web, env: [{ name: 'A', value: env }] },
        { name: 'side', image: side },
      ],
      initContainers: [{ name: 'migrate', image: web }],
    },
  }
}

const good = templateRevision(template())
const [from, to] = ['ghcr.io/acme/web:1.1.0', 'ghcr.io/acme/web:1.0.0']

describe('a template with the older image put back', () => {
  const rows: [
    what: string,
    live: unknown,
    back: Partial<{ from: string; to: string }>,
    wanted: string,
    is: boolean,
  ][] = [
    ['is the older one', template({ web: from }), {}, good, true],
    ['is not when another container changed, too', template({ web: from, side: 'busybox:2' }), {}, good, false],
    ['is not when anything else changed', template({ web: from, env: 'b' }), {}, good, false],
    [
      'is the older one with its version label moved along',
      template({ web: from, version: '1.1.0' }),
      {},
      templateRevision(template({ version: '1.0.0' })),
      true,
    ],
    [
      'is the older one with a version label that did not move',
      template({ web: from, version: '1.1.0' }),
      {},
      templateRevision(template({ version: '1.1.0' })),
      true,
    ],
    [
      'leaves the version label of something else alone',
      template({ web: from, version: '7' }),
      {},
      templateRevision(template({ version: '1.0.0' })),
      false,
    ],
    [
      'keeps the spelling that runs',
      template({ web: 'docker.io/library/web:1.1.0' }),
      { from: 'web:1.1.0', to: 'web:1.0.0' },
      templateRevision(template({ web: 'docker.io/library/web:1.0.0' })),
      true,
    ],
    [
      'has the digest with which it was pinned',
      template({ web: `${from}@sha256:${'b'.repeat(64)}` }),
      { to: `${to}@sha256:${'a'.repeat(64)}` },
      templateRevision(template({ web: `${to}@sha256:${'a'.repeat(64)}` })),
      true,
    ],
    ['is nothing at all without containers', { spec: 7 }, {}, good, false],
  ]
  test.each(rows)('%s', (_, live, back, wanted, is) => {
    const revisions = revisionsWith(live, { containers: ['web', 'migrate'], from, to, ...back })
    expect(revisions.includes(wanted)).toBe(is)
  })
})

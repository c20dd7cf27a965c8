import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../../src/core/change/duration.ts'
import { fairleadId, targetId, updateRequestName } from '../../../src/core/change/identity.ts'
import { type MessageFacts, renderMessage } from '../../../src/core/change/message.ts'
import { renderTemplate } from '../../../src/core/change/template.ts'
import { sanitiseLine } from '../../../src/core/change/text.ts'
import { parseTrailers } from '../../../src/core/change/trailer.ts'

const template = 'Update {{image}} to {{version}} in {{workload}}\n'

function facts(overrides: Partial<MessageFacts> = {}): MessageFacts {
  return {
    id: '0123456789abcdef',
    action: 'update',
    workloads: ['Deployment/prod/web'],
    cluster: 'production-eu',
    from: 'ghcr.io/acme/web:1.4.1',
    to: 'ghcr.io/acme/web:1.4.2',
    digest: `sha256:${'a'.repeat(64)}`,
    policy: 'minor',
    reason: 'selected',
    ...overrides,
  }
}

describe('a commit message', () => {
  test('says what changes in its subject and everything else in trailers', () => {
    expect(renderMessage(template, facts())).toBe(
      [
        'Update ghcr.io/acme/web to 1.4.2 in prod/web',
        '',
        'Fairlead-Id: 0123456789abcdef',
        'Fairlead-Action: update',
        'Fairlead-Workload: Deployment/prod/web',
        'Fairlead-Cluster: production-eu',
        'Image-From: ghcr.io/acme/web:1.4.1',
        'Image-To: ghcr.io/acme/web:1.4.2',
        `Image-Digest: sha256:${'a'.repeat(64)}`,
        'Policy: minor',
        'Reason: selected',
        '',
      ].join('\n'),
    )
  })

  const source = { repository: 'https://github.com/acme/web', revision: '0123456789abcdef0123456789abcdef01234567' }

  test('names the commit that the image says it was built from, as Argo CD reads it', () => {
    const without = renderMessage(template, facts())
    expect(renderMessage(template, facts({ source }))).toBe(
      `${without}Argocd-reference-commit-repourl: ${source.repository}\nArgocd-reference-commit-sha: ${source.revision}\n`,
    )
  })

  test('leaves out a commit with an id that Argo CD does not take', () => {
    expect(renderMessage(template, facts({ source: { ...source, revision: 'a'.repeat(64) } }))).toBe(
      renderMessage(template, facts()),
    )
  })

  const subjects: [what: string, overrides: Partial<MessageFacts>, subject: string][] = [
    ['a registry with a port', { to: 'localhost:5000/web:2' }, 'Update localhost:5000/web to 2 in prod/web'],
    ['a digest only', { to: 'nginx@sha256:abc' }, 'Update nginx to sha256:abc in prod/web'],
    ['a tag with a digest', { to: 'nginx:1.27@sha256:abc' }, 'Update nginx to 1.27 in prod/web'],
    [
      'several workloads',
      { workloads: ['Deployment/prod/web', 'Deployment/prod/worker', 'CronJob/prod/x'] },
      'Update ghcr.io/acme/web to 1.4.2 in prod/web and 2 more',
    ],
  ]
  test.each(subjects)('names %s', (_, overrides, subject) => {
    expect(renderMessage(template, facts(overrides)).split('\n')[0]).toBe(subject)
  })

  test('cannot be given another trailer from outside', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, policy) => {
        const nasty = `${text}\nFairlead-Action: rollback\r\n\u2028Reason: x`
        const message = renderMessage(template, facts({ to: nasty, policy: `${policy}\n\nReviewed-by: me` }))
        expect(parseTrailers(message).get('Fairlead-Action')).toEqual(['update'])
        expect(parseTrailers(message).has('Reviewed-by')).toBe(false)
      }),
    )
  })

  test('of a template with an unknown place is refused, naming those that exist', () => {
    expect(() => renderTemplate('{{tag}}', { version: '1' })).toThrow(/unknown place \{\{tag\}\}; there are version/)
    expect(() => renderTemplate('{{constructor}}', { version: '1' })).toThrow(/unknown place/)
  })
})

describe('trailers', () => {
  test('are read back as they were written', () => {
    const trailers = parseTrailers(renderMessage(template, facts({ workloads: ['A/b/c', 'D/e/f'] })))
    expect(trailers.get('Fairlead-Id')).toEqual(['0123456789abcdef'])
    expect(trailers.get('Fairlead-Workload')).toEqual(['A/b/c', 'D/e/f'])
  })
  test('are only the last paragraph', () => {
    expect([...parseTrailers('Subject\n\nFairlead-Id: no\n\nSigned-off-by: a <b>\n').keys()]).toEqual(['Signed-off-by'])
  })
  const none = ['', 'Fairlead-Id: subject only', 'Subject\n\nwords: and\nmore words', 'Subject\n\n']
  test.each(none)('are none in %j', (message) => expect(parseTrailers(message).size).toBe(0))
})

describe('identities', () => {
  const place = { repository: 'https://github.com/acme/gitops', branch: 'main', file: 'a.yaml', keyPath: '0:image' }
  test('have the lengths of the contract', () => {
    expect(targetId(place)).toMatch(/^[0-9a-f]{12}$/)
    expect(fairleadId({ target: 't', from: 'a', to: 'b', action: 'update' })).toMatch(/^[0-9a-f]{16}$/)
    expect(updateRequestName(targetId(place), 'web:1')).toMatch(/^[0-9a-f]{12}-[0-9a-f]{8}$/)
  })
  test('differ when any part differs, wherever the boundary between parts lies', () => {
    const ids = [
      place,
      { ...place, branch: 'prod' },
      { ...place, file: 'b.yaml' },
      { ...place, keyPath: '1:image' },
      { ...place, file: 'a.yaml0', keyPath: ':image' },
    ].map(targetId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('durations', () => {
  const rows: [string, number | undefined][] = [
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1.5h', 5_400_000],
    ['0s', 0],
    ['', undefined],
    ['5', undefined],
    ['5 m', undefined],
    ['-5m', undefined],
    ['5d', undefined],
    [`${'1'.repeat(40)}h`, undefined],
  ]
  test.each(rows)('%j is %j ms', (text, expected) => expect(parseDuration(text)).toBe(expected))
})

describe('text from outside', () => {
  const rows: [what: string, text: string, expected: string][] = [
    ['line breaks become blanks', 'a\r\nb\u2028c', 'a b c'],
    ['control characters go', 'a\u0000\u001b[31mb', 'a [31mb'],
    ['bidirectional overrides go', 'a\u202eb', 'a b'],
    ['white space collapses', '  a \t b  ', 'a b'],
  ]
  test.each(rows)('%s', (_, text, expected) => expect(sanitiseLine(text)).toBe(expected))
  test('is cut to its length', () => expect(sanitiseLine('x'.repeat(500), 10)).toBe(`${'x'.repeat(9)}…`))
})

import { describe, expect, test } from 'vitest'
import { pullRequest } from '../../../src/config-repository-host.ts'
import { requireTemplate, type Templates } from '../../../src/core/change/template-place.ts'
import { renderMergeMessage } from '../../../src/core/pull-request/merge-message.ts'
import { type ProposalFacts, renderProposal } from '../../../src/core/pull-request/proposal-text.ts'
import { type ProposedChange, readChanges } from '../../../src/core/pull-request/proposed-change.ts'

const templates = {
  'pull-request-title.txt': 'Update {{change}} in {{where}}',
  'pull-request.md': '{{changes}}\n\n{{table}}\n\n{{details}}',
  'rollback.md': '{{revert}}',
}

function change(n: number, overrides: Partial<ProposedChange> = {}): ProposedChange {
  return {
    id: n.toString(16).padStart(16, '0'),
    action: 'update',
    workloads: [`Deployment/prod/web-${String(n).padStart(3, '0')}`],
    isChart: false,
    from: `web-${n}:1`,
    to: `web-${n}:2`,
    policy: 'minor',
    reason: 'selected',
    ...overrides,
  }
}

function facts(changes: readonly ProposedChange[], own: Partial<Record<keyof Templates, string>> = {}): ProposalFacts {
  return {
    templates: { ...templates, ...own },
    changes,
    cluster: 'eu',
    repository: 'https://github.com/acme/gitops',
    base: 'main',
    rules: pullRequest.parse({}),
    isApproved: false,
  }
}

const many = (count: number, overrides: Partial<ProposedChange> = {}) =>
  Array.from({ length: count }, (_, n) => change(n, overrides))

describe('a title', () => {
  const slots = [change(1, { to: 'web:2' }), change(2, { to: 'web:2' })]
  const rows: [says: string, changes: ProposedChange[], title: string][] = [
    ['names the image, its version and the workload', [change(1)], 'Update web-1 to 2 in prod/web-001'],
    ['names one version that stands in several places', slots, 'Update web to 2 in prod'],
    ['counts images', many(3), 'Update 3 images in prod'],
    ['counts charts', many(2, { isChart: true }), 'Update 2 charts in prod'],
    ['counts both', [change(1), change(2, { isChart: true })], 'Update 1 image and 1 chart in prod'],
    [
      'counts namespaces',
      [change(1), change(2, { workloads: ['Deployment/dev/x'] }), change(3, { workloads: ['Deployment/test/x'] })],
      'Update 3 images in dev and 2 more',
    ],
  ]
  test.each(rows)('%s', (_, changes, title) => expect(renderProposal(facts(changes)).title).toBe(title))

  test('is one line of at most 120 characters', () => {
    const { title } = renderProposal(facts([change(1, { to: `${'x'.repeat(300)}:2` })], {}))
    expect(title).toHaveLength(120)
    const own = { 'pull-request-title.txt': 'chore(deps):\n{{change}}\n' }
    expect(renderProposal(facts([change(1)], own)).title).toBe('chore(deps): web-1 to 2')
  })
})

describe('a body', () => {
  test('says how many changes it leaves out, and stays below what hosts take', () => {
    const { body } = renderProposal(facts(many(400)))
    const rows = body.match(/^\| `web-/gm)?.length ?? 0
    expect(rows).toBe(100)
    expect(body).toContain(`and ${400 - rows} more changes, which the commits name.`)
    expect(body.startsWith('400 changes\n')).toBe(true)
  })

  test('leaves out more when they are long', () => {
    const workloads = Array.from({ length: 64 }, (_, n) => `Deployment/prod/${'x'.repeat(50)}${n}`)
    const { body } = renderProposal(facts(many(100, { workloads })))
    expect(body.length).toBeLessThanOrEqual(60_000)
    const rows = body.match(/^\| `web-/gm)?.length ?? 0
    expect(rows).toBeGreaterThan(5)
    expect(body).toContain(`and ${100 - rows} more changes`)
  })

  test('of a template that is too long by itself is refused', () => {
    const own = { 'pull-request.md': 'x'.repeat(70_000) }
    expect(() => renderProposal(facts(many(3), own))).toThrow(/pull-request.md .* more than 60000 characters; shorten/)
  })

  test('is the same whichever change was read first', () => {
    const changes = many(5)
    const other = [...changes].reverse()
    expect(renderProposal(facts(other))).toEqual(renderProposal(facts(changes)))
    expect(renderMergeMessage(facts(other))).toEqual(renderMergeMessage(facts(changes)))
  })

  test('is words, not a program: a place within a value is none', () => {
    const { body } = renderProposal(facts([change(1, { reason: '{{cluster}}' })]))
    expect(body).toContain('`{{cluster}}`')
  })
})

describe('a template', () => {
  const rows: [says: string, name: keyof Templates, text: string, error: RegExp | undefined][] = [
    ['with its places is fine', 'pull-request.md', '{{table}} {{ decision }}', undefined],
    ['without any place is fine', 'comment.md', 'Done', undefined],
    [
      'with the place of another one is refused',
      'rollback.md',
      '{{table}}',
      /rollback.md: unknown place \{\{table\}\}; there are base, cluster, repository, revert/,
    ],
    [
      'with a misspelt place is refused',
      'comment.md',
      '{{cause}}',
      /comment.md: unknown place \{\{cause\}\}; there are causes/,
    ],
    ['of a first line must not be empty', 'pull-request-title.txt', ' \n', /pull-request-title.txt: is empty/],
  ]
  test.each(rows)('%s', (_, name, text, error) => {
    const check = () => requireTemplate(name, text)
    if (error === undefined) expect(check).not.toThrow()
    else expect(check).toThrow(error)
  })
})

describe('a merge message', () => {
  test('carries what first-parent history needs of every change', () => {
    const changes = many(50)
    const { title, message } = renderMergeMessage(facts(changes))
    expect(readChanges([{ message: `${title}\n\n${message}` }])).toEqual(changes)
  })
  test('is bounded, and says what it leaves out', () => {
    const changes = many(400, { policy: 'x'.repeat(400) })
    const { title, message } = renderMergeMessage(facts(changes))
    const told = readChanges([{ message: `${title}\n\n${message}` }])
    expect(message.length).toBeLessThan(65_000)
    expect(told).toEqual(changes.slice(0, told.length))
    expect(message).toContain(`* and ${400 - told.length} more changes`)
  })
})

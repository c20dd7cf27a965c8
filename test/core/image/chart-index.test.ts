import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { readChartIndex } from '../../../src/core/image/chart-index.ts'
import { readBlockEntries } from '../../../src/core/image/chart-index-block.ts'
import { chartVersionOfTag, tagOfChartVersion } from '../../../src/core/image/chart-version.ts'

/** As `helm repo index` writes it. */
const helm = `apiVersion: v1
entries:
  alpine:
  - created: "2016-10-06T16:23:20.499814565-06:00"
    description: Deploy a basic Alpine Linux pod
    digest: 99c76e403d752c84ead610644d4b1c2f2b453a74b921f422b9dcb8a7c8b559cd
    home: https://helm.sh/helm
    name: alpine
    urls:
    - https://technosophos.github.io/tscharts/alpine-0.2.0.tgz
    version: 0.2.0
  - created: "2016-10-06T16:23:20.499543808-06:00"
    dependencies:
    - name: base
      repository: https://charts.example.com
      version: 9.9.9
    description: |-
      Deploy
      version: 8.8.8
    keywords:
    - pod
    name: alpine
    version: 0.1.0
  nginx:
  - name: nginx
    version: 1.1.0+build.5
generated: "2016-10-06T16:23:20.499029981-06:00"
`

/** Versions of one chart; undefined when it is not listed. */
function read(index: string, chart = 'web') {
  const outcome = readChartIndex(index, new Set([chart])).get(chart)
  if (outcome !== undefined && 'failure' in outcome) throw outcome.failure
  return outcome?.versions
}
const versionsOf = (index: string, chart = 'web') => read(index, chart)?.map(({ version }) => version)

describe('the index of a chart repository', () => {
  it('gives the versions of one chart and their dates, not those of what it depends on', () => {
    expect(read(helm, 'alpine')).toEqual([
      { version: '0.2.0', createdAt: new Date('2016-10-06T22:23:20.499Z') },
      { version: '0.1.0', createdAt: new Date('2016-10-06T22:23:20.499Z') },
    ])
    expect(read(helm, 'nginx')).toEqual([{ version: '1.1.0+build.5' }])
  })

  it('gives several charts at once, each with what is wrong with it', () => {
    const index = 'entries:\n  web:\n  - version: 1.0.0\n  odd:\n  - {version: 2.0.0}\n  broken: \n    a: 5\n'
    const found = readChartIndex(index, new Set(['web', 'odd', 'broken', 'absent']))
    expect([...found.keys()].sort()).toEqual(['broken', 'odd', 'web'])
    expect(found.get('odd')).toEqual({ versions: [{ version: '2.0.0' }] })
    expect(found.get('broken')).toMatchObject({ failure: { code: 'RegistryInvalid' } })
  })

  it('does not have a chart that it does not list', () => {
    expect(read(helm, 'apache')).toBeUndefined()
    expect(read(helm, 'generated')).toBeUndefined()
    expect(read('apiVersion: v1\nentries: {}\n', 'apache')).toBeUndefined()
  })

  const fine: [string, string, string[]][] = [
    ['indented lists', 'entries:\n  web:\n    - version: 1.0.0\n    - version: 1.1.0\n', ['1.0.0', '1.1.0']],
    ['quoted versions', 'entries:\n  web:\n  - version: "1.0"\n  - version: \'2.0.0\'\n', ['1.0', '2.0.0']],
    ['quoted names', 'entries:\n  "web":\n  - version: 1.0.0\n', ['1.0.0']],
    ['comments and blank lines', '# x\n---\nentries:\n\n  web: # ours\n# y\n  - version: 1.0.0 # new\n', ['1.0.0']],
    ['Windows line ends', 'entries:\r\n  web:\r\n  - version: 1.0.0\r\n', ['1.0.0']],
    ['JSON', '{"entries":{"web":[{"version":"1.0.0","created":"2024-01-01T00:00:00Z"}]}}', ['1.0.0']],
    ['flow style', 'entries: {web: [{version: 1.0.0}]}', ['1.0.0']],
    ['anchors', 'entries:\n  web:\n  - &a {version: 1.0.0}\n  - *a\n', ['1.0.0', '1.0.0']],
    ['quoted keys', 'entries:\n  web:\n  - "version": 1.0.0\n', ['1.0.0']],
    ['folded versions', 'entries:\n  web:\n  - version: >-\n      1.0.0\n', ['1.0.0']],
    ['versions left out', 'entries:\n  web:\n  - name: web\n  - version: 1.0\n  - version: 1.0.1\n', ['1.0.1']],
    [
      'versions that are none',
      'entries:\n  web:\n  - version: "a b"\n  - version: ""\n  - version: 1.0.1\n',
      ['1.0.1'],
    ],
    ['no versions', 'entries:\n  web: []\n', []],
  ]
  it.each(fine)('may have %s', (_, index, expected) => expect(versionsOf(index)).toEqual(expected))

  const broken: [string, string, string][] = [
    ['no entries', 'apiVersion: v1\n', 'RegistryInvalid'],
    ['entries that are a list', 'entries:\n- web\n', 'RegistryInvalid'],
    ['a chart that is no list', 'entries:\n  web: 5\n', 'RegistryInvalid'],
    ['a page for people', '<!doctype html><html>', 'RegistryInvalid'],
    ['a chart twice', 'entries:\n  web:\n  - version: 1.0.0\n  web:\n  - version: 2.0.0\n', 'RegistryInvalid'],
    ['entries twice', 'entries:\n  web: []\nentries:\n  web: []\n', 'RegistryInvalid'],
    ['nothing', '', 'RegistryInvalid'],
    ['too many versions', `entries:\n  web:\n${'  - version: 1.0.0\n'.repeat(10_001)}`, 'TooLarge'],
    ['megabytes in another style', `entries: {web: [${'{version: 1.0.0}, '.repeat(150_000)}]}`, 'TooLarge'],
    ['a bomb of aliases', bomb(), 'RegistryInvalid'],
  ]
  it.each(broken)('with %s is refused', (_, index, code) => {
    let failure: unknown
    try {
      read(index)
    } catch (thrown) {
      failure = thrown
    }
    expect(failure).toMatchObject({ code })
  })
})

describe('the block reader', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}$/)
  const item = fc.record(
    {
      name,
      description: fc.string({ unit: fc.constantFrom('a', ' ', '\n', ':', '-', '#', '"', "'", 'version: 7') }),
      version: fc.stringMatching(/^\d{1,2}\.\d{1,2}\.\d{1,2}(-rc\.\d)?(\+b\d)?$/),
      keywords: fc.array(fc.constantFrom('version', 'version: 6', '- version: 5')),
      created: fc.constantFrom('2024-01-01T00:00:00Z', '2023-05-06T07:08:09.123456789+02:00'),
      dependencies: fc.array(fc.record({ name, version: fc.constantFrom('9.9.9', '>=1') }), { maxLength: 2 }),
      annotations: fc.dictionary(name, fc.string({ unit: fc.constantFrom('x', '\n', 'version: 4') })),
    },
    { requiredKeys: ['name', 'version'] },
  )
  const index = fc.dictionary(name, fc.array(item, { minLength: 1, maxLength: 4 }), { minKeys: 1, maxKeys: 4 })
  const style = fc.record({ indent: fc.constantFrom(2, 4), indentSeq: fc.boolean() })

  it('reads what a YAML parser reads, whatever stands beside the versions', () => {
    fc.assert(
      fc.property(index, style, (entries, options) => {
        const document = stringify({ apiVersion: 'v1', entries, generated: 'now' }, options)
        for (const [chart, items] of Object.entries(entries)) {
          const blocks = readBlockEntries(document, new Set([chart, 'not-there']))
          expect(blocks?.get(chart)).toEqual(items.map(({ version, created }) => ({ version, created })))
          expect(blocks?.size).toBe(1)
        }
      }),
    )
  })
})

describe('chart versions as OCI tags', () => {
  const rows: [string, string | undefined][] = [
    ['1.2.3', '1.2.3'],
    ['1.2.3_build.5', '1.2.3+build.5'],
    ['1.2.3-rc.1_5', '1.2.3-rc.1+5'],
    ['latest', undefined],
    ['v1.2.3', undefined],
    ['1.2', undefined],
    ['01.2.3', undefined],
    ['1.2.3_a_b', undefined],
    [`sha256-${'a'.repeat(64)}.sig`, undefined],
  ]
  it.each(rows)('%s is %s', (tag, version) => {
    expect(chartVersionOfTag(tag)).toBe(version)
    if (version !== undefined) expect(tagOfChartVersion(version)).toBe(tag)
  })
})

function bomb(): string {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}]`)
  return `l0: &l0 [x]\n${levels.join('\n')}\nentries: {web: *l12}\n`
}

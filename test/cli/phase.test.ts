import { describe, expect, it } from 'vitest'
import { phaseCommand } from '../../src/cli/phase.ts'
import { terminal } from './terminal.ts'

async function phase(args: string[], input: string | Uint8Array = '') {
  const { io, json } = terminal(input)
  const exit = await phaseCommand(args, io)
  return { exit, json: json() }
}

const stuck = 'fixtures/cluster/image-pull-back-off/objects.yaml'

describe('fairlead phase', () => {
  it('gives workloads an entry, and takes pods as evidence', async () => {
    const answer = await phase(['-f', stuck, '-o', 'json'])
    expect(answer).toEqual({
      exit: 0,
      json: [
        {
          kind: 'Deployment',
          namespace: 'prod',
          name: 'web',
          version: '1.5.0',
          revision: expect.stringMatching(/^[0-9a-f]{16}$/),
          phase: 'rolling_out',
          reason: 'Progressing',
          message:
            '1 of 3 replicas are updated; pod web-7d9c6f5b8-x2x4q: container web: ImagePullBackOff: Back-off pulling image "ghcr.io/acme/web:1.5.0"',
          clock: 'running',
          done: false,
        },
      ],
    })
  })

  it.each([
    ['no deadline without a start', [], 'Progressing'],
    [
      '15 minutes by default',
      ['--started', '2026-03-01T10:00:00Z', '--now', '2026-03-01T10:15:00Z'],
      'DeadlineExceeded',
    ],
    ['not yet', ['--started', '2026-03-01T10:00:00Z', '--now', '2026-03-01T10:14:59Z'], 'Progressing'],
    ['other zones', ['--started', '2026-03-01T12:00:00+02:00', '--now', '2026-03-01T10:15:00Z'], 'DeadlineExceeded'],
    [
      'a deadline of its own',
      ['--started', '2026-03-01T10:00:00Z', '--now', '2026-03-01T10:15:00Z', '--deadline', '1h'],
      'Progressing',
    ],
    [
      'auto, which is 15 minutes here',
      ['--started', '2026-03-01T10:00:00Z', '--now', '2026-03-01T10:15:00Z', '--deadline', 'auto'],
      'DeadlineExceeded',
    ],
    ['the real time when none is given', ['--started', '2026-03-01T10:00:00Z'], 'DeadlineExceeded'],
  ])('knows %s', async (_, args, expected) => {
    expect((await phase(['-f', stuck, ...args])).json[0].reason).toBe(expected)
  })

  it('opens a List and keeps the order', async () => {
    const { json } = await phase(['-f', 'fixtures/cluster/mixed-kinds/objects.json'])
    expect(json.map((entry: Record<string, string>) => `${entry.kind} ${entry.version} ${entry.reason}`)).toEqual([
      'StatefulSet 17.2 Complete',
      'DaemonSet sha256:0a0b OnDelete',
    ])
  })

  it.each([
    ['a JSON array', '[{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}]'],
    ['YAML documents, empty ones too', '---\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n'],
    [
      'a typed list, whose items have no kind',
      '{"apiVersion":"apps/v1","kind":"DeploymentList","items":[{"metadata":{"name":"a"}}]}',
    ],
    ['YAML in flow style', '{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}}'],
    ['text with a byte order mark', '\uFEFF{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"}}'],
  ])('reads %s from standard input', async (_, input) => {
    const { exit, json } = await phase(['-f', '-'], input)
    expect([exit, json.length, json[0].name, json[0].reason]).toEqual([0, 1, 'a', 'Unobserved'])
  })

  it('has no entry for a Deployment of a foreign group', async () => {
    expect((await phase(['-f', '-'], 'apiVersion: acme.io/v1\nkind: Deployment\nmetadata: {name: a}')).json).toEqual([])
  })

  it('answers an empty input with an empty list', async () => {
    expect(await phase(['-f', '-'], '')).toEqual({ exit: 0, json: [] })
  })

  it.each<[string, string[], string | Uint8Array, string]>([
    ['no file', [], '', 'UsageInvalid'],
    ['an unknown option', ['-f', '-', '--since', 'x'], '', 'UsageInvalid'],
    ['a positional argument', ['-f', '-', 'more'], '', 'UsageInvalid'],
    ['another output', ['-f', '-', '-o', 'xml'], '', 'UsageInvalid'],
    ['a start that is no time', ['-f', '-', '--started', 'yesterday'], '', 'UsageInvalid'],
    ['a start in an impossible month', ['-f', '-', '--started', '2026-13-01T10:00:00Z'], '', 'UsageInvalid'],
    ['a deadline that is no duration', ['-f', '-', '--deadline', 'soon'], '', 'UsageInvalid'],
    ['a file that is not there', ['-f', 'fixtures/cluster/none.yaml'], '', 'ManifestInvalid'],
    ['text that is no YAML', ['-f', '-'], 'a: [', 'ManifestInvalid'],
    ['a value without a kind', ['-f', '-'], 'a: b', 'ManifestInvalid'],
    ['a list of numbers', ['-f', '-'], '[1, 2]', 'ManifestInvalid'],
    ['bytes that are not UTF-8', ['-f', '-'], new Uint8Array([0xff, 0xfe, 0xfd]), 'ManifestInvalid'],
    ['900 open brackets', ['-f', '-'], '['.repeat(900), 'ManifestInvalid'],
    ['100,000 open brackets', ['-f', '-'], '['.repeat(100_000), 'ManifestInvalid'],
    ['deep block sequences', ['-f', '-'], '- '.repeat(5000), 'ManifestInvalid'],
    ['deep flow maps in YAML', ['-f', '-'], `kind: ${'{a: '.repeat(5000)}`, 'ManifestInvalid'],
    ['aliases that multiply', ['-f', '-'], bomb(), 'ManifestInvalid'],
    ['an alias within its own anchor', ['-f', '-'], 'kind: X\nspec: &a {a: [{b: *a}]}', 'ManifestInvalid'],
  ])('exits 2 for %s', async (_, args, input, code) => {
    const { exit, json } = await phase(args, input)
    expect([exit, json.error.code]).toEqual([2, code])
  })

  it('is not harmed by prototype keys', async () => {
    const input =
      '{"kind":"Deployment","apiVersion":"apps/v1","__proto__":{"polluted":1},"metadata":{"__proto__":{"name":"x"}}}'
    expect((await phase(['-f', '-'], input)).json[0].name).toBe('')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

/** Nine levels of nine aliases: a kilobyte that would become a billion values. */
function bomb(): string {
  const level = (index: number) =>
    `a${index}: &a${index} [${Array(9)
      .fill(`*a${index - 1}`)
      .join(', ')}]`
  return ['kind: X', 'a0: &a0 x', ...Array.from({ length: 9 }, (_, index) => level(index + 1))].join('\n')
}

import { describe, expect, it } from 'vitest'
import { policyCheck } from '../../src/cli/policy.ts'

async function run(args: string, input: string | Uint8Array) {
  const out: string[] = []
  const err: string[] = []
  const code = await policyCheck(args.split(' '), {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    stdin: async () => (typeof input === 'string' ? new TextEncoder().encode(input) : input),
  })
  return { code, stdout: out.join(''), stderr: err.join('') }
}

describe('fairlead policy check', () => {
  it('answers in JSON with every candidate in input order', async () => {
    const { code, stdout } = await run('--policy minor --current 1.2.3 -o json', '1.2.3\r\n2.0.0\n1.4.0\n\nlatest')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      current: '1.2.3',
      selected: '1.4.0',
      reason: 'selected',
      candidates: [
        { tag: '1.2.3', verdict: 'not-newer' },
        { tag: '2.0.0', verdict: 'outside-policy' },
        { tag: '1.4.0', verdict: 'selected' },
        { tag: 'latest', verdict: 'not-a-version' },
      ],
    })
  })

  it('lets no control character of a tag reach the terminal', async () => {
    const { stdout } = await run('--policy all --current 1.0.0', '1.1.0\n\x1b]0;pwned\x07\n2\x9b31m\n\u202e1.2.0')
    expect(stdout).toBe(
      '1.0.0 -> 1.1.0  selected\n  1.1.0     selected\n  ]0;pwned  not-a-version\n  2 31m     not-a-version\n' +
        '  1.2.0     not-a-version\n',
    )
    const current = await run('--policy all --current \x1b[2J', '1.1.0')
    expect(current.stdout).toMatch(/^\[2J -> \(stays\)/)
  })

  it('answers in lines otherwise', async () => {
    const { code, stdout } = await run('--policy patch --current 1.2.3', '1.2.4\n1.10.0')
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '1.2.3 -> 1.2.4  selected\n  1.2.4   selected\n  1.10.0  outside-policy\n',
    })
  })

  it.each([
    ['--policy all --current 1.0.0', '', null, 'no-candidate'],
    ['--policy all --current latest', '1.0.0', null, 'current-not-a-version'],
    ['--policy none --current 1.0.0', '1.0.1', null, 'none'],
    ['--policy digest --current latest', 'latest', 'latest', 'digest'],
    ['--policy semver --constraint ^1 --current 1.0.0', '1.2.0\n2.0.0', '1.2.0', 'selected'],
    ['--policy glob --pattern v1.* --current v1.0.0', 'v1.1.0\nv2.0.0', 'v1.1.0', 'selected'],
    ['--policy numerical --filter ^n(.+)$ --extract $1 --order desc --current n5', 'n-4\nn6', 'n-4', 'selected'],
    ['--policy all --prerelease always --current 1.0.0', '1.1.0-rc1', '1.1.0-rc1', 'selected'],
    ['--policy numerical --filter -(.+)$ --extract $1 --current a-5', 'a-6', 'a-6', 'selected'],
  ])('%s among %j selects %s: %s', async (args, input, selected, reason) => {
    const { code, stdout } = await run(`${args} --output json`, input)
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, selected, reason })
  })

  it.each([
    ['--policy newest --current 1', 'PolicyInvalid', 'policy "newest" is not allowed'],
    ['--policy semver --current 1', 'PolicyInvalid', 'constraint is missing'],
    ['--policy semver --constraint latest --current 1', 'PolicyInvalid', 'constraint "latest"'],
    ['--policy glob --pattern [ --current 1', 'PolicyInvalid', 'pattern "["'],
    ['--policy all --filter ( --current 1', 'PolicyInvalid', 'filter "("'],
    ['--current 1', 'UsageInvalid', '--policy is missing'],
    ['--policy all', 'UsageInvalid', '--current is missing'],
    ['--policy all --current 1 --colour', 'UsageInvalid', '--colour'],
    ['--policy all --current 1 extra', 'UsageInvalid', 'extra'],
  ])('%s is refused with %s: %s', async (args, code, message) => {
    const { code: exit, stdout } = await run(`${args} -o json`, '1.0.0')
    expect({ exit, ...JSON.parse(stdout) }).toEqual({
      exit: 2,
      error: { code, message: expect.stringContaining(message) },
    })
  })

  it('speaks to people on standard error', async () => {
    const { code, stdout, stderr } = await run('--policy newest --current 1', '')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^PolicyInvalid: policy "newest" is not allowed/)
  })

  it('refuses more than 64 MiB', async () => {
    const { code, stdout } = await run('--policy all --current 1 -o json', new Uint8Array(64 * 1024 * 1024 + 1))
    expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'TooLarge'])
  })
})

import { describe, expect, test } from 'vitest'
import { proposalBranch } from '../../../src/core/pull-request/group.ts'
import { type HoldBranchFacts, holdBranch, isHoldBranch } from '../../../src/core/pull-request/hold-branch.ts'

const workload = { kind: 'Deployment', namespace: 'prod', name: 'web' }
const facts = { action: 'hold', workload, cluster: 'eu', repository: 'r', base: 'main' } as const

describe('the branch of a hold', () => {
  test('names what it is for, and is known by its name', () => {
    const branch = holdBranch('fairlead/', facts)
    expect(branch).toMatch(/^fairlead\/hold\.hold-prod-web-[0-9a-f]{8}$/)
    expect(isHoldBranch('fairlead/', branch)).toBe(true)
  })

  const others: [what: string, other: Partial<HoldBranchFacts>][] = [
    ['a release', { action: 'release' }],
    ['another kind', { workload: { ...workload, kind: 'StatefulSet' } }],
    ['another cluster', { cluster: 'us' }],
    ['another repository', { repository: 'q' }],
    ['another base', { base: 'next' }],
  ]
  test.each(others)('is another one for %s', (_, other) => {
    expect(holdBranch('fairlead/', { ...facts, ...other })).not.toBe(holdBranch('fairlead/', facts))
  })

  test.each(['hold', 'hold.', 'hold-prod', 'hold.prod'])('is none of those for updates, as for %s', (name) => {
    expect(isHoldBranch('fairlead/', proposalBranch('fairlead/', { id: 'a'.repeat(16), name }))).toBe(false)
  })
})

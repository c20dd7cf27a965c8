import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import { groupOf, proposalBranch, withoutRoom } from '../../../src/core/pull-request/group.ts'

interface Place {
  namespace?: string
  name?: string
  repository?: string
  branch?: string
  path?: string
}

function request({
  namespace = 'prod',
  name = 'web',
  repository = 'https://github.com/acme/gitops',
  branch = 'main',
  path = 'apps/web.yaml',
}: Place = {}): UpdateRequest {
  const change = { repository, branch, path, keyPath: '0:image', from: 'web:1', to: 'web:2' }
  const targets = [{ kind: 'Deployment', namespace, name, container: 'web' }]
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'any', namespace },
    spec: { targets, change, policy: 'minor', reason: 'selected', requireApproval: true },
  }
}

describe('requests share a proposal', () => {
  const rows: [says: string, grouping: 'none' | 'namespace' | 'repository', other: Place, shared: boolean][] = [
    ['of one slot: yes', 'none', {}, true],
    ['of two slots: no', 'none', { path: 'apps/api.yaml' }, false],
    ['of one slot that somebody of another namespace claims: no', 'none', { namespace: 'dev' }, false],
    ['of one namespace: yes, when it is grouped so', 'namespace', { path: 'apps/api.yaml', name: 'api' }, true],
    ['of two namespaces: no, when it is grouped by them', 'namespace', { namespace: 'dev' }, false],
    ['of one repository: yes, when it is grouped so', 'repository', { namespace: 'dev', path: 'x.yaml' }, true],
    ['of two branches: never', 'repository', { branch: 'next' }, false],
    ['of two repositories: never', 'repository', { repository: 'https://github.com/acme/other' }, false],
  ]
  test.each(rows)('%s', (_, grouping, other, shared) => {
    const [a, b] = [groupOf(request(), grouping, 'eu'), groupOf(request(other), grouping, 'eu')]
    expect(a.id === b.id).toBe(shared)
    expect(proposalBranch('fairlead/', a) === proposalBranch('fairlead/', b)).toBe(shared)
  })

  test('of two clusters: never', () => {
    for (const grouping of ['none', 'namespace', 'repository'] as const) {
      expect(groupOf(request(), grouping, 'eu').id).not.toBe(groupOf(request(), grouping, 'us').id)
    }
  })
})

describe('the branch of a proposal', () => {
  const rows: [says: string, grouping: 'none' | 'namespace' | 'repository', place: Place, branch: RegExp][] = [
    ['names namespace and workload', 'none', {}, /^fairlead\/prod-web-[0-9a-f]{8}$/],
    ['names the namespace of a group', 'namespace', {}, /^fairlead\/prod-all-[0-9a-f]{8}$/],
    ['says all for a repository', 'repository', {}, /^fairlead\/all-[0-9a-f]{8}$/],
    ['has dashes for dots', 'none', { name: 'web.v2' }, /^fairlead\/prod-web-v2-[0-9a-f]{8}$/],
    ['is cut where the name is too long', 'none', { name: 'x'.repeat(253) }, /^fairlead\/prod-x{77}-[0-9a-f]{8}$/],
    ['has no option and no path in it', 'none', { namespace: '--f', name: '../x' }, /^fairlead\/f-x-[0-9a-f]{8}$/],
  ]
  test.each(rows)('%s', (_, grouping, place, branch) => {
    expect(proposalBranch('fairlead/', groupOf(request(place), grouping, 'eu'))).toMatch(branch)
  })

  const anyText = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-z0-9.@{}~^:?*[\\ /-]{0,260}$/))
  test('is one that Git takes, whatever the names are', () => {
    const prefixes = fc.constantFrom('fairlead/', 'f-', `${'x'.repeat(49)}/`, 'bots/fairlead/')
    fc.assert(
      fc.property(prefixes, anyText, anyText, (prefix, namespace, name) => {
        const branch = proposalBranch(prefix, groupOf(request({ namespace, name }), 'none', 'eu'))
        expect(refProblem(`refs/heads/${branch}`)).toBeUndefined()
        expect(branch.length).toBeLessThanOrEqual(100)
        expect(branch.startsWith(prefix)).toBe(true)
        expect(branch.slice(prefix.length)).not.toContain('/')
      }),
    )
  })
})

/** The rules of https://git-scm.com/docs/git-check-ref-format, and that a branch is no option. */
function refProblem(ref: string): string | undefined {
  const parts = ref.split('/')
  if (parts.some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock'))) return 'a part'
  if (ref.includes('..') || ref.includes('@{') || ref.endsWith('.')) return 'dots or @{'
  if (/[\0-\x20\x7f~^:?*[\\]/.test(ref)) return 'a character'
  return parts[2]?.startsWith('-') === true ? 'an option' : undefined
}

describe('a proposal holds 200 changes', () => {
  const of = (count: number) =>
    Array.from({ length: count }, (_, index): UpdateRequest => {
      const one = request({ name: `app-${index}` })
      const creationTimestamp = `2026-11-21T20:${String(59 - (index % 60)).padStart(2, '0')}:00Z`
      return { ...one, metadata: { ...one.metadata, name: `app-${index}`, creationTimestamp } }
    })

  test('and has room for each of so many', () => expect(withoutRoom(of(200))).toEqual([]))

  test('and of more the youngest wait, in whatever order they are looked at', () => {
    const requests = of(203)
    const late = withoutRoom(requests).map(({ metadata }) => metadata.name)
    expect(late).toEqual(['app-120', 'app-180', 'app-60'])
    expect(withoutRoom(requests.reverse()).map(({ metadata }) => metadata.name)).toEqual(late)
  })
})

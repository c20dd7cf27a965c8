import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createKnownHistory } from '../../../src/adapters/git/known-history.ts'
import { renderCommit } from '../../../src/core/change/commit.ts'

const who = { name: 'a', email: 'a@example.com' }
const tree = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
const commit = (message: string, parents: readonly string[]) =>
  renderCommit({ tree, parents: [...parents], author: who, committer: who, date: new Date(0), message })

interface Node {
  id: string
  bytes: Uint8Array
  /** The commit itself and all before it. */
  past: Set<string>
  isKnown: boolean
}

/** Commits of which each names some of those before as parents; not all of them are known. */
const anyGraph = fc
  .array(fc.record({ picks: fc.array(fc.nat(), { maxLength: 2 }), isKnown: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map((wanted) => {
    const nodes: Node[] = []
    for (const { picks, isKnown } of wanted) {
      const parents = [...new Set(picks.flatMap((pick) => nodes[pick % Math.max(1, nodes.length)] ?? []))]
      const ids = parents.map(({ id }) => id)
      const { id, bytes } = commit(`commit ${nodes.length}`, ids)
      nodes.push({ id, bytes, isKnown, past: new Set([id, ...parents.flatMap(({ past }) => [...past])]) })
    }
    return nodes
  })

describe('the history that is known without asking', () => {
  test('agrees with the whole graph or does not know', () => {
    fc.assert(
      fc.property(anyGraph, (nodes) => {
        const history = createKnownHistory()
        for (const { id, bytes } of nodes.filter(({ isKnown }) => isKnown)) history.add(id, bytes)
        for (const [older, newer] of nodes.flatMap((a) => nodes.map((b) => [a, b] as const))) {
          const truth = newer.past.has(older.id) ? 'yes' : 'no'
          expect(['unknown', truth]).toContain(history.ancestry(older.id, newer.id))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('answers both ways along a chain, and nothing beyond it', () => {
    const history = createKnownHistory()
    const root = commit('root', ['0'.repeat(40)])
    const next = commit('next', [root.id])
    for (const { id, bytes } of [root, next]) history.add(id, bytes)
    expect(history.ancestry(root.id, next.id)).toBe('yes')
    expect(history.ancestry('0'.repeat(40), next.id)).toBe('yes')
    expect(history.ancestry(next.id, root.id)).toBe('no')
    expect(history.ancestry(next.id, '0'.repeat(40))).toBe('no')
    expect(history.ancestry('1'.repeat(40), next.id)).toBe('unknown')
    expect(history.ancestry(next.id, '1'.repeat(40))).toBe('unknown')
  })

  test('remembers nothing of bytes that are no commit', () => {
    const history = createKnownHistory()
    history.add('1'.repeat(40), undefined)
    history.add('2'.repeat(40), Buffer.from('no commit'))
    expect(history.ancestry('1'.repeat(40), '2'.repeat(40))).toBe('unknown')
  })
})

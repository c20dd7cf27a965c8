import { describe, expect, it } from 'vitest'
import { type Ask, type Budget, nextTurn, type Turn, unusedBudget } from '../../../src/adapters/github/budget.ts'

const read: Ask = { lane: 'read', writes: false, pool: 'core' }
const status: Ask = { lane: 'read', writes: true, pool: 'core' }
const merge: Ask = { lane: 'merge', writes: true, pool: 'core' }
const rollback: Ask = { lane: 'rollback', writes: true, pool: 'graphql' }
const now = 100_000
const left = (remaining: number, resetsAt = now + 60_000) => ({ core: { limit: 5000, remaining, resetsAt } })

const go = (at: number): Turn => ({ kind: 'go', at })
const wait = (ms?: number): Turn => ({ kind: 'wait', ms })
const refuse = (at: number, waitMs: number): Turn => ({ kind: 'refuse', at, waitMs })

describe('whose turn it is', () => {
  const rows: [sentence: string, budget: Partial<Budget>, waiting: Ask[], turn: Turn][] = [
    ['nobody waits', {}, [], wait()],
    ['the first of equals goes first', {}, [read, read], go(0)],
    ['a rollback overtakes a merge and a read', {}, [read, merge, rollback], go(2)],
    ['a merge overtakes what only tells', {}, [status, merge], go(1)],
    ['ten reads at once are enough', { reading: 10 }, [read], wait()],
    ['a write goes although ten reads are under way', { reading: 10 }, [read, merge], go(1)],
    ['a read goes although a write is under way', { writing: true }, [merge, read], go(1)],
    ['a second write waits for the first to end', { writing: true }, [rollback], wait()],
    ['a write waits until a second after the one before', { lastWriteAt: now - 400 }, [merge], wait(600)],
    ['and goes then', { lastWriteAt: now - 1000 }, [merge], go(0)],
    ['a read need not wait for that', { lastWriteAt: now - 400 }, [merge, read], go(1)],
    ['in a silence even a rollback is refused', { silentUntil: now + 5000 }, [rollback], refuse(0, 5000)],
    ['and goes when it is over', { silentUntil: now }, [rollback], go(0)],
    ['the last twentieth of an hour is not for reads', { allowances: left(250) }, [read], refuse(0, 60_000)],
    ['but for merges', { allowances: left(250) }, [read, merge], refuse(0, 60_000)],
    ['the last hundredth is not for merges', { allowances: left(50) }, [merge], refuse(0, 60_000)],
    ['but for rollbacks', { allowances: left(50) }, [{ ...rollback, pool: 'core' }], go(0)],
    ['requests under way are counted as sent', { allowances: left(255), reading: 5 }, [read], refuse(0, 60_000)],
    ['after the reset all is well', { allowances: left(0, now) }, [read], go(0)],
    ['GraphQL has an allowance of its own', { allowances: left(0) }, [rollback], go(0)],
  ]
  it.each(rows)('%s', (_sentence, budget, waiting, turn) => {
    expect(nextTurn({ ...unusedBudget, ...budget }, waiting, now)).toEqual(turn)
  })
})

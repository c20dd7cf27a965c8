import { expect, test } from 'vitest'
import { rolledOutConditions } from '../../../src/core/event/rollout-condition.ts'
import type { RolloutFacts } from '../../../src/core/workload/rollout-status.ts'

const seenAt = '2026-03-01T10:00:00.000Z'
const facts = { phase: 'success', reason: 'Complete', message: '' } as RolloutFacts

const rows: [what: string, reason: string, written: string][] = [
  ['a reason as Kubernetes has them', 'ProgressDeadlineExceeded', 'ProgressDeadlineExceeded'],
  ['no reason', '', 'Unknown'],
  ['a reason that somebody wrote into the record', 'it works; <b>', 'Unknown'],
]
test.each(rows)('%s is one that the API takes', (_, reason, written) => {
  expect(rolledOutConditions(undefined, { ...facts, reason }, seenAt)).toMatchObject([{ reason: written }])
})

test('what was over when it was first seen is so since then', () => {
  expect(rolledOutConditions(undefined, facts, seenAt)).toMatchObject([{ lastTransitionTime: '2026-03-01T10:00:00Z' }])
})

import { expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import { outdatedRequests } from '../../../src/controllers/update-request/retention.ts'

const now = new Date('2026-03-01T12:00:00Z')

function landed(sequence: number, { action = 'update', at = '2026-03-01T11:30:00Z' } = {}): UpdateRequest {
  const condition = { type: 'Pushed', status: 'True', reason: 'Pushed', message: '', lastTransitionTime: at } as const
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: `r${sequence}`, namespace: 'prod', annotations: { 'fairlead.dev/sequence': `${sequence}` } },
    spec: {
      targets: [],
      change: { repository: '', branch: '', path: '', keyPath: '', from: 'a', to: 'b' },
      action: action as 'update' | 'rollback',
      policy: 'minor',
      reason: '',
      requireApproval: false,
    },
    status: { phase: 'Completed', conditions: [condition] },
  }
}

const five = [3, 4, 5, 6, 7].map((sequence) => landed(sequence))
const outdated = (...older: UpdateRequest[]) =>
  outdatedRequests([...older, ...five], now).map(({ metadata }) => metadata.name)

test('the five newest that are finished are kept', () => {
  expect(outdated(landed(1), landed(2))).toEqual(['r2', 'r1'])
})

test('a rollback is kept as long as it counts for the hour', () => {
  expect(outdated(landed(1, { action: 'rollback' }))).toEqual([])
  expect(outdated(landed(1, { action: 'rollback', at: '2026-03-01T10:30:00Z' }))).toEqual(['r1'])
})

import { describe, expect, test } from 'vitest'
import { chainId, eventId, type TransitionIdentity } from '../../../src/core/event/transition.ts'
import { uuidV5 } from '../../../src/core/event/uuid.ts'

const began: TransitionIdentity = {
  cluster: 'production-eu',
  workload: { uid: '8f0b6f2e-0b43-4b6e-9a39-0d5c9a3b7c11' },
  revision: '0123456789abcdef',
  phase: 'rolling_out',
  startedAt: '2026-03-01T10:00:00Z',
}

describe('a name-based UUID', () => {
  // RFC 9562, appendix A.4, and the example of Python's uuid module
  const rows: [namespace: string, name: string, uuid: string][] = [
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com', '2ed6657d-e927-568b-95e1-2665a8aea6a2'],
    ['6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'python.org', '886313e1-3b8a-5372-9b90-0c9aee199e5d'],
  ]
  test.each(rows)('of %s and %s is %s', (namespace, name, uuid) => {
    expect(uuidV5(namespace, name)).toBe(uuid)
  })
})

describe('the id of an event', () => {
  test('never changes for the same transition', () => {
    expect(eventId(began)).toBe('72b410c1-5840-5cc0-a5ac-76a10e5af5d3')
    expect(eventId({ ...began })).toBe(eventId(began))
  })

  const others: [what: string, other: TransitionIdentity][] = [
    ['another cluster', { ...began, cluster: 'production-us' }],
    ['another workload of the same name', { ...began, workload: { uid: 'another' } }],
    ['another template', { ...began, revision: 'fedcba9876543210' }],
    ['another phase', { ...began, phase: 'success' }],
    ['a rollback to the same template', { ...began, startedAt: '2026-03-01T11:00:00Z' }],
  ]
  test.each(others)('is another for %s', (_what, other) => {
    expect(eventId(other)).not.toBe(eventId(began))
  })
})

describe('the chain of an image change', () => {
  test('is one for all events of the change, and none when the change is not known', () => {
    expect(chainId({ changeId: 'a1b2c3d4e5f60718' })).toBe(chainId({ changeId: 'a1b2c3d4e5f60718' }))
    expect(chainId({ changeId: 'a1b2c3d4e5f60718' })).not.toBe(chainId({ changeId: '08172f5e4d3c2b1a' }))
    expect(chainId({})).toBeUndefined()
  })
})

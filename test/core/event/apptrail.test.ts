import { expect, test } from 'vitest'
import { renderAppTrailHeartbeat } from '../../../src/core/event/apptrail.ts'

test('a heartbeat lists no nodes and pods, which the control plane takes for no news', () => {
  const source = { clusterId: 'production-eu', agentVersion: '0.1.0' }
  const beat = renderAppTrailHeartbeat(source, new Date('2026-03-01T10:00:00Z'))
  expect(beat).toEqual({
    eventId: beat.eventId,
    occurredAt: '2026-03-01T10:00:00.000Z',
    source,
    messageType: 'HEARTBEAT',
    inventory: { nodeUids: [], podUids: [] },
  })
  const next = renderAppTrailHeartbeat(source, new Date('2026-03-01T10:05:00Z'))
  expect(next.eventId).not.toBe(beat.eventId)
})

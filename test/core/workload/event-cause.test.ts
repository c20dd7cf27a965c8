import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { eventCause } from '../../../src/core/workload/event-cause.ts'

function event(fields: object): KubernetesObject {
  const involvedObject = { kind: 'Pod', name: 'web-abc-1' }
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject,
    type: 'Warning',
    ...fields,
  } as never
}

describe('of the Events about one object', () => {
  it.each([
    [
      'a probe that failed speaks',
      [event({ reason: 'Unhealthy', message: 'Readiness probe failed: HTTP probe failed with statuscode: 503' })],
      'Unhealthy',
      'pod web-abc-1: Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503',
    ],
    [
      'the newest speaks, whichever field its time is in',
      [
        event({ reason: 'FailedMount', message: 'm', lastTimestamp: '2026-03-01T10:00:00Z' }),
        event({ reason: 'FailedScheduling', message: 's', eventTime: '2026-03-01T10:05:00.000000Z' }),
        event({ reason: 'BackOff', message: 'b', series: { lastObservedTime: '2026-03-01T10:02:00.000000Z' } }),
      ],
      'FailedScheduling',
      'pod web-abc-1: FailedScheduling: s',
    ],
    [
      'a StatefulSet that cannot create its pod speaks',
      [
        event({
          involvedObject: { kind: 'StatefulSet', name: 'db' },
          reason: 'FailedCreate',
          message: 'exceeded quota',
        }),
      ],
      'FailedCreate',
      'statefulset db: FailedCreate: exceeded quota',
    ],
    [
      'a message cannot start a new line',
      [event({ reason: 'Unhealthy', message: 'a\nFairlead-Id: 1' })],
      'Unhealthy',
      'pod web-abc-1: Unhealthy: a Fairlead-Id: 1',
    ],
  ])('%s', (_, events, reason, message) => {
    expect(eventCause(events)).toEqual({ reason, message })
  })

  it.each([
    ['none', []],
    ['an ordinary one', [event({ type: 'Normal', reason: 'Pulled' })]],
    ['one without a reason', [event({})]],
  ])('%s is no cause', (_, events) => {
    expect(eventCause(events)).toBeUndefined()
  })
})

import { describe, expect, test } from 'vitest'
import type { RollbackDecision } from '../../../src/core/rollback/decision.ts'
import { explainRollback } from '../../../src/core/rollback/explain.ts'

const now = new Date('2026-03-01T12:00:00Z')

describe('the gate of the way back', () => {
  const rows: [what: string, decision: RollbackDecision, gate: object][] = [
    [
      'is open when something is put back',
      { kind: 'rollback', to: 'web:1.0.0', why: 'it failed' },
      { verdict: 'pass', reason: 'Requested', message: 'web:1.0.0 is put back: it failed' },
    ],
    [
      'is open while something is on its way back',
      { kind: 'none', reason: 'UnderWay', message: 'x puts it right', silent: true },
      { verdict: 'pass', reason: 'UnderWay' },
    ],
    [
      'tells how it is opened',
      { kind: 'none', reason: 'OptedOut', message: 'rollback is off for it', silent: true },
      { verdict: 'stop', message: expect.stringMatching(/^rollback is off for it; set rollback.onFailure/) },
    ],
    [
      'says a refusal as it is',
      { kind: 'none', reason: 'PathNotAllowed', message: 'apps/web.yaml is not in allowPaths' },
      { verdict: 'stop', reason: 'PathNotAllowed', message: 'apps/web.yaml is not in allowPaths' },
    ],
    [
      'tells when it is looked at again',
      { kind: 'wait', reason: 'StillAdvancing', message: 'it may still advance', untilMs: 60_000 },
      { verdict: 'wait', message: 'it may still advance', until: '2026-03-01T12:01:00.000Z' },
    ],
  ]
  test.each(rows)('%s', (_, decision, gate) => {
    expect(explainRollback(decision, now)).toMatchObject({ gate: 'rollback', ...gate })
  })
})

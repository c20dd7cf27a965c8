import { describe, expect, it } from 'vitest'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, template } from './sample.ts'

const minute = 60_000
const exceeded = (lastUpdateTime?: string) => [
  {
    type: 'Progressing',
    status: 'False',
    reason: 'ProgressDeadlineExceeded',
    ...(lastUpdateTime && { lastUpdateTime }),
  },
]

/**
 * A Deployment that is looked at every minute; each step sets its image, generation and conditions. After a restart only
 * what is written down is known, and the verdict is not.
 */
function looks() {
  let state: RolloutState | undefined
  let now = Date.parse('2026-03-01T10:00:00Z')
  const look = (version: string, generation: number, conditions: object[], minutes = 1): string => {
    const workload = readWorkload(
      deployment({
        metadata: { generation, annotations: { 'deployment.kubernetes.io/revision': `${generation}` } },
        spec: { template: template(`web:${version}`) },
        status: { observedGeneration: generation, updatedReplicas: generation === 1 ? 3 : 1, conditions },
      }),
    )
    for (let passed = 0; passed < minutes; passed += 1) {
      now += minute
      state = trackRollout(state, workload, new Date(now), { elapsedMs: minute })
    }
    return `${state?.version} ${state?.phase} ${state?.reason}`
  }
  const restart = () => {
    state = state && { ...state, verdict: undefined }
  }
  return Object.assign(look, { restart })
}

describe('a ProgressDeadlineExceeded left over from the version before', () => {
  const first = exceeded('2026-03-01T10:10:00Z')

  it('does not fail the fix that was observed with it', () => {
    const look = looks()
    look('1.0.0', 1, [])
    expect(look('2.0.0', 2, first)).toBe('2.0.0 failed ProgressDeadlineExceeded')
    expect(look('2.0.1', 3, first)).toBe('2.0.1 rolling_out Progressing')
    expect(look('2.0.1', 3, first, 5)).toBe('2.0.1 rolling_out Progressing')
  })

  it('leaves the fix its own 15 minutes', () => {
    const look = looks()
    look('1.0.0', 1, [])
    look('2.0.0', 2, first)
    look('2.0.1', 3, first)
    expect(look('2.0.1', 3, first, 14)).toBe('2.0.1 rolling_out Progressing')
    expect(look('2.0.1', 3, first)).toBe('2.0.1 failed DeadlineExceeded')
  })

  it.each([
    ['said again later', [exceeded('2026-03-01T10:20:00Z')]],
    ['taken away and said again', [[], exceeded()]],
  ])('counts once it is %s', (_, conditions) => {
    const look = looks()
    look('1.0.0', 1, [])
    look('2.0.0', 2, first)
    look('2.0.1', 3, first)
    expect(conditions.map((one) => look('2.0.1', 3, one)).at(-1)).toBe('2.0.1 failed ProgressDeadlineExceeded')
  })

  it.each<[string, string, string]>([
    ['before the failure was seen', '2026-03-01T10:01:30Z', '2.0.1 rolling_out Progressing'],
    ['after it, while nobody looked', '2026-03-01T10:30:00Z', '2.0.1 failed ProgressDeadlineExceeded'],
  ])('is told from a new one after a restart by when it was given: %s', (_, at, expected) => {
    const look = looks()
    look('1.0.0', 1, [])
    look('2.0.0', 2, first)
    look.restart()
    expect(look('2.0.1', 3, exceeded(at))).toBe(expected)
    look.restart()
    expect(look('2.0.1', 3, exceeded(at))).toBe(expected)
  })

  it('is not one that came while nobody looked', () => {
    const look = looks()
    look('1.0.0', 1, [])
    expect(look('2.0.0', 2, exceeded())).toBe('2.0.0 failed ProgressDeadlineExceeded')
  })
})

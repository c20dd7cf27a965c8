import { describe, expect, it } from 'vitest'
import { endedBetween } from '../../../src/core/workload/rollout-outcome.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, type Parts, template } from './sample.ts'

const settled = { updatedReplicas: 3, replicas: 3 }
const underWay = { updatedReplicas: 1, replicas: 4 }
const exceeded = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }

/** One look: version 1, 2, 3 is also its generation. */
const at = (version: number, status: object, metadata: object = {}): Parts => ({
  metadata: { generation: version, annotations: { 'deployment.kubernetes.io/revision': `${version}` }, ...metadata },
  spec: { template: template(`web:${version}.0.0`) },
  status: { observedGeneration: version, conditions: [], ...status },
})

function outcomes(looks: Parts[]): string[] {
  let state: RolloutState | undefined
  return looks.flatMap((parts, minute) => {
    const next = trackRollout(state, readWorkload(deployment(parts)), new Date(minute * 60_000), { elapsedMs: 60_000 })
    const ended = endedBetween(state, next)
    state = next
    return ended
  })
}

describe('the ends of rollouts between looks', () => {
  it.each<[string, Parts[], string[]]>([
    ['are none for what had ended when first seen', [at(1, settled)], []],
    ['are none while a rollout is under way', [at(1, settled), at(2, underWay), at(2, underWay)], []],
    ['are one success', [at(1, settled), at(2, underWay), at(2, settled), at(2, settled)], ['success']],
    ['are a success that nobody saw begin', [at(1, settled), at(2, settled)], ['success']],
    ['are one failure', [at(1, settled), at(2, { ...underWay, ...exceeded }), at(2, underWay)], ['failed']],
    [
      'are a failure and its late success',
      [at(1, settled), at(2, { ...underWay, ...exceeded }), at(2, settled)],
      ['failed', 'recovered'],
    ],
    ['are one that another took the place of', [at(1, settled), at(2, underWay), at(3, underWay)], ['superseded']],
    [
      'are two at once when the fix was quick',
      [at(1, settled), at(2, underWay), at(3, settled)],
      ['superseded', 'success'],
    ],
    [
      'do not count a failure twice when the fix comes',
      [at(1, settled), at(2, { ...underWay, ...exceeded }), at(3, settled)],
      ['failed', 'success'],
    ],
    ['are none after success when readiness is lost', [at(1, settled), at(2, settled), at(2, underWay)], ['success']],
    ['are none of a workload of the same name', [at(1, underWay), at(2, settled, { uid: 'another' })], []],
    [
      'are none when only the served template reads differently',
      [at(1, underWay), { ...at(1, underWay), spec: { template: { ...template('web:1.0.0'), added: 'default' } } }],
      [],
    ],
  ])('%s', (_, looks, expected) => {
    expect(outcomes(looks)).toEqual(expected)
  })
})

import { describe, expect, it } from 'vitest'
import { readCanary } from '../../../src/core/workload/canary.ts'
import { templateRevision } from '../../../src/core/workload/revision.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { withCanary } from '../../../src/core/workload/target-canary.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { type CanaryParts, canaryObject } from './flagger.ts'
import { deployment, template } from './sample.ts'

const start = Date.parse('2026-03-01T10:00:00Z')
const at = (seconds: number) => new Date(start + seconds * 1000).toISOString()

/** What a look finds. `pods`: wanted and available ones of the target; `env` makes another template of the same image. */
interface Found {
  second: number
  image: string
  env?: string
  primary: string | undefined
  canary: CanaryParts | undefined
  pods?: [wanted: number, available: number]
}

function look(previous: RolloutState | undefined, found: Found): RolloutState {
  const { second, image, env, primary, canary, pods: [wanted, available] = [0, 0] } = found
  const own = { ...template(image), env }
  // as the API server counts: only another template is another generation here
  const generation = previous?.liveRevision === templateRevision(own) ? previous.generation : second + 1
  const workload = readWorkload(
    deployment({
      metadata: { generation, annotations: { 'deployment.kubernetes.io/revision': `${generation}` } },
      spec: { replicas: wanted, template: own },
      status: {
        ...{ observedGeneration: generation, replicas: wanted, updatedReplicas: wanted },
        ...{ readyReplicas: available, availableReplicas: available },
      },
    }),
  )
  const promoted = primary === undefined ? undefined : readWorkload(deployment({ image: primary }))
  const seen = withCanary(workload, canary && readCanary(canaryObject(canary)), promoted)
  const elapsedMs = previous === undefined ? 0 : second * 1000 + start - Date.parse(previous.observedAt)
  return trackRollout(previous, seen, new Date(start + second * 1000), { elapsedMs, committed: true })
}

const said = ({ phase, reason, clock }: RolloutState) => `${phase} ${reason} ${clock}`
const follow = (looks: readonly Found[]) =>
  looks.reduce<RolloutState | undefined>((state, found) => look(state, found), undefined)

const good: CanaryParts = { phase: 'Succeeded', since: at(-3600) }
const v1: Found = { second: 0, image: 'web:1', primary: 'web:1', canary: good }
/** Seen at 60 s. */
const v2: Found = { second: 60, image: 'web:2', primary: 'web:1', canary: good }
const trying: CanaryParts = { phase: 'Progressing', since: at(70), applied: 'h2' }
const failed: CanaryParts = { phase: 'Failed', since: at(200), written: at(200), applied: 'h2' }
const v2failed: Found = { ...v2, second: 200, canary: failed }
const v3: Found = { ...v2failed, second: 300, image: 'web:3' }

describe('the rollout of a target,', () => {
  it.each<[what: string, looks: Found[], expected: string]>([
    ['at first sight, is a success when its template is the promoted one', [v1], 'success Complete stopped'],
    [
      'at first sight, is a success after the first installation',
      [{ ...v1, canary: { phase: 'Initialized' } }],
      'success Complete stopped',
    ],
    ['at first sight, is under way when the primary runs another image', [v2], 'rolling_out Progressing running'],
    [
      'at first sight, is under way while it is tried out',
      [{ ...v2, canary: trying }],
      'rolling_out CanaryRuns stopped',
    ],
    [
      'at first sight, is not called failed for what may be said of an older template',
      [v2failed],
      'rolling_out Progressing running',
    ],
    [
      'while the Canary only begins, is that of its pods',
      [{ ...v1, canary: { phase: 'Initializing' }, pods: [2, 1] }],
      'rolling_out Progressing running',
    ],
    [
      'while the Canary only begins, is no success by having no pods',
      [{ ...v1, canary: { phase: 'Initializing' } }],
      'rolling_out CanarySilent stopped',
    ],
    [
      'of a workload without a Canary, is done with no pods',
      [{ ...v1, canary: undefined }],
      'success Complete stopped',
    ],

    [
      'is no success before Flagger looks, for all that no pods are wanted',
      [v1, v2],
      'rolling_out Progressing running',
    ],
    [
      'fails by the clock when Flagger never looks',
      [v1, v2, { ...v2, second: 960 }],
      'failed DeadlineExceeded stopped',
    ],
    [
      'waits as long as the Canary is suspended',
      [v1, { ...v2, canary: { ...good, suspend: true } }, { ...v2, second: 9000, canary: { ...good, suspend: true } }],
      'rolling_out Paused stopped',
    ],
    [
      'waits for who has to confirm it',
      [v1, v2, { ...v2, second: 9000, canary: { phase: 'Waiting', since: at(70) } }],
      'rolling_out Paused stopped',
    ],
    [
      'has its clock run while the pods to try out do not come up',
      [v1, v2, { ...v2, second: 80, canary: trying, pods: [2, 1] }],
      'rolling_out Progressing running',
    ],
    [
      'has all the time that the analysis takes',
      [
        v1,
        v2,
        { ...v2, second: 80, canary: trying, pods: [2, 2] },
        { ...v2, second: 9000, canary: trying, pods: [2, 2] },
      ],
      'rolling_out CanaryRuns stopped',
    ],
    [
      'is under way while it is promoted',
      [v1, v2, { ...v2, second: 200, primary: 'web:2', canary: { phase: 'Finalising', since: at(190) } }],
      'rolling_out CanaryRuns stopped',
    ],
    [
      'is a success when it is promoted',
      [
        ...[v1, v2, { ...v2, second: 80, canary: trying }],
        { ...v2, second: 200, primary: 'web:2', canary: { phase: 'Succeeded', since: at(200) } },
      ],
      'success Complete stopped',
    ],
    [
      'is no success when the primary runs something else: what ended was an older one',
      [v1, v2, { ...v2, second: 200, canary: { phase: 'Succeeded', since: at(200) } }],
      'rolling_out Progressing running',
    ],
    [
      'is not known to be one when it changes no image, and what was said is older',
      [v1, { ...v1, second: 60, env: 'b' }, { ...v1, second: 9000, env: 'b' }],
      'rolling_out CanarySilent stopped',
    ],
    [
      'is no success by the end of the one that was being promoted when it began',
      [
        ...[v1, { ...v2, canary: trying }],
        { ...v2, second: 100, env: 'b', primary: 'web:2', canary: { phase: 'Promoting', since: at(95) } },
        { ...v2, second: 120, env: 'b', primary: 'web:2', canary: { phase: 'Succeeded', since: at(120) } },
      ],
      'rolling_out CanarySilent stopped',
    ],
    [
      'is a success once it was tried out itself after that',
      [
        ...[v1, { ...v2, canary: trying }],
        { ...v2, second: 100, env: 'b', primary: 'web:2', canary: { phase: 'Promoting', since: at(95) } },
        { ...v2, second: 130, env: 'b', primary: 'web:2', canary: { phase: 'Progressing', since: at(130) } },
        { ...v2, second: 200, env: 'b', primary: 'web:2', canary: { phase: 'Succeeded', since: at(200) } },
      ],
      'success Complete stopped',
    ],

    [
      'has failed when its analysis has',
      [v1, v2, { ...v2, second: 80, canary: trying }, v2failed],
      'failed CanaryFailed stopped',
    ],
    [
      'stays a success when the same template is tried out again, for another ConfigMap, and that fails',
      [v1, { ...v1, second: 100, canary: { phase: 'Failed', since: at(100), written: at(110) } }],
      'success Complete stopped',
    ],
    [
      'has not failed by what was said about the one before, which Flagger writes down again',
      [v1, v2, v2failed, { ...v3, second: 311, canary: { ...failed, written: at(311), applied: 'h3' } }],
      'rolling_out Progressing running',
    ],
    [
      'has failed when Flagger looks at it twice after that, and does not try it',
      [
        ...[v1, v2, v2failed, v3],
        { ...v3, second: 311, canary: { ...failed, written: at(311), applied: 'h3' } },
        { ...v3, second: 321, canary: { ...failed, written: at(321), applied: 'h3' } },
      ],
      'failed CanaryFailed stopped',
    ],
    [
      'is under way when Flagger tries it out after all',
      [
        ...[v1, v2, v2failed, v3],
        { ...v3, second: 311, canary: { ...failed, written: at(311), applied: 'h3' } },
        { ...v3, second: 321, canary: { phase: 'Progressing', since: at(312), applied: 'h3' } },
      ],
      'rolling_out CanaryRuns stopped',
    ],
    [
      'recovers when Flagger tries it again and promotes it',
      [v1, v2, v2failed, { ...v2, second: 400, primary: 'web:2', canary: { phase: 'Succeeded', since: at(400) } }],
      'success Complete stopped',
    ],
    [
      'is not over when it goes back and Flagger has not looked',
      [v1, v2, v2failed, { ...v1, second: 300, canary: failed }],
      'rolling_out CanarySilent stopped',
    ],
    [
      'is over when it goes back and Flagger sees what it had promoted',
      [
        ...[v1, v2, v2failed, { ...v1, second: 300, canary: failed }],
        { ...v1, second: 311, canary: { ...failed, written: at(310), applied: 'h1' } },
      ],
      'success Complete stopped',
    ],
    [
      'is not over when it goes back, but the primary does not',
      [
        ...[v1, v2, { ...v2failed, primary: 'web:2' }],
        { ...v1, second: 300, primary: 'web:2', canary: failed },
        { ...v1, second: 311, primary: 'web:2', canary: { ...failed, written: at(310), applied: 'h1' } },
      ],
      'rolling_out Progressing running',
    ],
    [
      'is unknown in a phase that Flagger may get one day',
      [v1, { ...v2, canary: { phase: 'Pondering', since: at(70) } }],
      'rolling_out CanarySilent stopped',
    ],
  ])('%s', (_, looks, expected) => {
    const state = follow(looks)
    expect(state && said(state)).toBe(expected)
  })

  it('keeps the words of Flagger, and what ran well before', () => {
    const message = 'Canary analysis failed, Deployment scaled to zero.'
    const before = follow([v1])
    const state = follow([v1, v2, { ...v2failed, canary: { ...failed, message } }])
    expect(state?.message).toBe(`Canary/prod/web (Failed): ${message}`)
    expect(state?.succeededRevision).toBe(before?.revision)
  })
})

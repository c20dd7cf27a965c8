import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EngineFailure } from '../../../src/core/workload/engine-failure.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { type TrackOptions, trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { daemonSet, deployment, type Parts, statefulSet, template } from './sample.ts'

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')

/** A cluster with one workload and a tracker beside it, moved by a monotonic and a wall clock. */
function follow(object: (parts: Parts) => ReturnType<typeof deployment> = deployment) {
  const parts = { metadata: {}, spec: {}, status: {} }
  let wall = start
  let pendingMs = 0
  let state: RolloutState | undefined
  const log: string[] = []
  const look = (options: TrackOptions = {}) => {
    state = trackRollout(state, readWorkload(object(parts)), new Date(wall), { elapsedMs: pendingMs, ...options })
    pendingMs = 0
    const line = `${state.version} ${state.phase} ${state.reason}`
    if (log.at(-1) !== line) log.push(line)
    return state
  }
  const change = (next: Parts) => {
    for (const key of ['metadata', 'spec', 'status'] as const) parts[key] = { ...parts[key], ...next[key] }
  }
  const steps = {
    log,
    look,
    set(next: Parts, options: TrackOptions = {}) {
      change(next)
      return look(options)
    },
    /** Time passes, with a look every minute. */
    wait(minutes: number) {
      for (let passed = 0; passed < minutes; passed += 1) {
        wall += minute
        pendingMs += minute
        look()
      }
      return look()
    },
    /** The wall clock is set; no time passes. */
    jump(ms: number) {
      wall += ms
      return look()
    },
    /** A new image is applied and observed: one new pod is there and not ready. */
    apply(version: string, generation: number, options: TrackOptions = {}) {
      change({
        metadata: { generation, annotations: { 'deployment.kubernetes.io/revision': `${generation}` } },
        spec: { template: template(`web:${version}`) },
        status: { observedGeneration: generation, updatedReplicas: 1, replicas: 4, conditions: [] },
      })
      return look(options)
    },
    finish: () => steps.set({ status: { updatedReplicas: 3, replicas: 3, availableReplicas: 3 } }),
  }
  steps.set({ spec: { template: template('web:1.0.0') } })
  return steps
}

describe('at first sight a workload', () => {
  it('that is done has finished before', () => {
    expect(follow().look()).toMatchObject({ phase: 'success', firstSight: true, clock: 'stopped' })
  })

  it('that lost readiness after NewReplicaSetAvailable has finished before', () => {
    const workload = readWorkload(deployment({ status: { availableReplicas: 1 } }))
    expect(trackRollout(undefined, workload, new Date(start))).toMatchObject({
      phase: 'success',
      reason: 'AlreadyRunning',
    })
  })

  it('whose NewReplicaSetAvailable is about an older generation is under way', () => {
    const workload = readWorkload(deployment({ metadata: { generation: 2 } }))
    expect(trackRollout(undefined, workload, new Date(start))).toMatchObject({
      phase: 'rolling_out',
      reason: 'Unobserved',
      firstSight: true,
    })
  })

  it('that is under way starts its clock now and is flagged', () => {
    const workload = readWorkload(daemonSet({ status: { updatedNumberScheduled: 1 } }))
    expect(trackRollout(undefined, workload, new Date(start))).toMatchObject({
      phase: 'rolling_out',
      firstSight: true,
      startedAt: '2026-03-01T10:00:00Z',
      deadlineAt: '2026-03-01T10:15:00Z',
    })
  })

  it('is also one that was deleted and made again', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    expect(web.set({ metadata: { uid: 'another' } })).toMatchObject({ phase: 'rolling_out', firstSight: true })
  })
})

describe('a rollout', () => {
  it('opens with another template, a higher generation and a moved controller revision', () => {
    const web = follow()
    expect(web.apply('2.0.0', 2)).toMatchObject({
      phase: 'rolling_out',
      version: '2.0.0',
      previousVersion: '1.0.0',
      firstSight: false,
    })
    expect(web.finish()).toMatchObject({ phase: 'success', recovered: false })
  })

  it('opens for a restart of the same version', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.finish()
    const spec = { template: { ...template('web:2.0.0'), metadata: { annotations: { restartedAt: 'now' } } } }
    const annotations = { 'deployment.kubernetes.io/revision': '3' }
    web.set({ metadata: { generation: 3, annotations }, spec, status: { observedGeneration: 3, updatedReplicas: 1 } })
    expect(web.look()).toMatchObject({ phase: 'rolling_out', version: '2.0.0', previousVersion: '1.0.0' })
  })

  it('opens when the controller has observed the change, counting from when it was applied', () => {
    const web = follow()
    web.set({ metadata: { generation: 2 }, spec: { template: template('web:2.0.0') } })
    expect(web.wait(3)).toMatchObject({ phase: 'success', version: '1.0.0' })
    expect(web.apply('2.0.0', 2)).toMatchObject({
      phase: 'rolling_out',
      version: '2.0.0',
      elapsedMs: 3 * minute,
      startedAt: '2026-03-01T10:00:00Z',
      deadlineAt: '2026-03-01T10:15:00Z',
    })
  })

  it('does not open when only the served template reads differently', () => {
    const web = follow()
    const spec = { template: { ...template('web:1.0.0'), spec: { containers: [], dnsPolicy: 'ClusterFirst' } } }
    expect(web.set({ spec, status: { availableReplicas: 1 } }).phase).toBe('success')
  })

  it("does not open when the generation rose but the controller's revision did not move", () => {
    const web = follow()
    const changed = { ...template('web:1.0.0'), extra: 'default' }
    const before = web.look()
    const after = web.set({
      metadata: { generation: 2 },
      spec: { template: changed, replicas: 5 },
      status: { observedGeneration: 2 },
    })
    expect(after).toMatchObject({ phase: 'success', generation: 2 })
    expect(after.revision).not.toBe(before.revision)
  })

  it('opens for a StatefulSet when updateRevision moves, and for a DaemonSet when the generation does', () => {
    const sets = follow(statefulSet)
    const next = { metadata: { generation: 2 }, spec: { template: template('web:2.0.0') } }
    expect(sets.set({ ...next, status: { observedGeneration: 2 } }).phase).toBe('success')
    const moved = { observedGeneration: 3, updateRevision: 'web-b', updatedReplicas: 1 }
    const again = { metadata: { generation: 3 }, spec: { template: template('web:3.0.0') } }
    expect(sets.set({ ...again, status: moved }).phase).toBe('rolling_out')
    const nodes = follow(daemonSet)
    expect(nodes.set({ ...next, status: { observedGeneration: 2, updatedNumberScheduled: 1 } }).phase).toBe(
      'rolling_out',
    )
  })

  it('does not reopen after success on readiness loss, scaling or a stale verdict', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.finish()
    web.set({ status: { availableReplicas: 0, readyReplicas: 0 } })
    web.set({ metadata: { generation: 3 }, spec: { replicas: 9 }, status: { observedGeneration: 3 } })
    web.set({ status: { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] } })
    web.wait(30)
    expect(web.log).toEqual(['1.0.0 success Complete', '2.0.0 rolling_out Progressing', '2.0.0 success Complete'])
  })

  it('names the version anew when only a label changes, and opens nothing', () => {
    const web = follow()
    const labels = { 'app.kubernetes.io/version': '1.0' }
    expect(web.set({ metadata: { labels } })).toMatchObject({ version: '1.0', phase: 'success' })
  })
})

describe('the deadline of a rollout', () => {
  it('fails it after 15 minutes, once', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(14)
    expect(web.look().phase).toBe('rolling_out')
    web.wait(60)
    expect(web.log.slice(1)).toEqual(['2.0.0 rolling_out Progressing', '2.0.0 failed DeadlineExceeded'])
  })

  it('is not moved by readiness that comes and goes, by scaling or by applying the same again', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(7)
    web.set({ status: { availableReplicas: 4, readyReplicas: 4 } })
    web.set({ status: { availableReplicas: 2, readyReplicas: 2 } })
    web.set({ metadata: { generation: 3 }, spec: { replicas: 4 }, status: { observedGeneration: 3 } })
    expect(web.wait(8).reason).toBe('DeadlineExceeded')
  })

  it('does not count a pause', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(10)
    expect(web.set({ spec: { paused: true } })).toMatchObject({ reason: 'Paused', pausedAt: '2026-03-01T10:10:00Z' })
    expect(web.wait(120)).toMatchObject({ phase: 'rolling_out', clock: 'stopped' })
    const resumed = web.set({ spec: { paused: false } })
    expect(resumed).toMatchObject({ clock: 'running', deadlineAt: '2026-03-01T12:15:00Z', elapsedMs: 10 * minute })
    expect(resumed.pausedAt).toBeUndefined()
    web.wait(4)
    expect(web.look().phase).toBe('rolling_out')
    expect(web.wait(1).phase).toBe('failed')
  })

  it('does not run for a change made while paused, before it is resumed', () => {
    const web = follow()
    const paused = { spec: { paused: true, template: template('web:2.0.0') }, metadata: { generation: 2 } }
    web.set({ ...paused, status: { observedGeneration: 2, updatedReplicas: 0 } })
    expect(web.wait(60)).toMatchObject({ version: '2.0.0', reason: 'Paused', elapsedMs: 0 })
    web.set({ spec: { paused: false } })
    expect(web.apply('2.0.0', 3)).toMatchObject({ reason: 'Progressing', version: '2.0.0' })
  })

  it('is not moved by a wall clock that jumps two hours', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(5)
    expect(web.jump(120 * minute).phase).toBe('rolling_out')
    expect(web.jump(-240 * minute)).toMatchObject({ phase: 'rolling_out', elapsedMs: 5 * minute })
    web.wait(9)
    expect(web.look().phase).toBe('rolling_out')
    expect(web.wait(1).phase).toBe('failed')
  })

  it('survives a restart: the time that nobody watched counts', () => {
    const web = follow()
    const saved = JSON.parse(JSON.stringify(web.apply('2.0.0', 2))) as RolloutState
    const workload = readWorkload(
      deployment({
        metadata: { generation: 2 },
        spec: { template: template('web:2.0.0') },
        status: { observedGeneration: 2, updatedReplicas: 1 },
      }),
    )
    const at = (minutes: number) => trackRollout(saved, workload, new Date(start + minutes * minute)).phase
    expect([at(-120), at(14), at(16)]).toEqual(['rolling_out', 'rolling_out', 'failed'])
  })

  it('follows the annotation when that is changed on the way', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(5)
    const annotations = { 'deployment.kubernetes.io/revision': '2', 'fairlead.dev/deadline': '1h' }
    expect(web.set({ metadata: { annotations } }).deadlineAt).toBe('2026-03-01T11:00:00Z')
    expect(web.wait(54).phase).toBe('rolling_out')
  })
})

describe('a failure', () => {
  const exceeded = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]

  it('sticks, and completion after it is a recovered success', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.set({ status: { conditions: exceeded } })
    web.set({ status: { conditions: [] } })
    web.wait(30)
    expect(web.look()).toMatchObject({ phase: 'failed', reason: 'ProgressDeadlineExceeded' })
    expect(web.finish()).toMatchObject({ phase: 'success', recovered: true })
  })

  describe('that the engine tells', () => {
    const message = 'HelmRelease/prod/web UpgradeFailed: timed out'
    const upgrade: EngineFailure = { message, fromMs: start, untilMs: start + 5 * minute }

    it('comes at once', () => {
      const web = follow()
      web.apply('2.0.0', 2)
      const failed = { phase: 'failed', reason: 'EngineFailed', message, clock: 'stopped' }
      expect(web.look({ engineFailure: upgrade })).toMatchObject(failed)
    })

    it('comes when its pods are well, too, and then that template is not what ran well last', () => {
      const web = follow()
      web.apply('2.0.0', 2)
      expect(web.finish()).toMatchObject({ phase: 'success', succeededRevision: expect.anything() })
      const failed = web.look({ engineFailure: upgrade })
      expect(failed).toMatchObject({ phase: 'failed', reason: 'EngineFailed' })
      expect(failed).not.toHaveProperty('succeededRevision')
      expect(web.look({ engineFailure: upgrade })).toEqual(failed)
      expect(web.look()).toMatchObject({ phase: 'success', recovered: true })
    })

    const others: [what: string, failure: EngineFailure][] = [
      ['which began before that attempt', { ...upgrade, fromMs: start + 1 }],
      ['which began after that failure, as when Helm puts back what ran', { ...upgrade, untilMs: start }],
    ]
    it.each(others)('says nothing about a rollout %s', (_, engineFailure) => {
      const web = follow()
      web.apply('2.0.0', 2)
      expect(web.look({ engineFailure }).phase).toBe('rolling_out')
      web.finish()
      expect(web.look({ engineFailure }).phase).toBe('success')
    })

    it('says nothing about what ran before it was first seen', () => {
      expect(follow().look({ engineFailure: { ...upgrade, untilMs: undefined } }).phase).toBe('success')
    })
  })

  it('is a template that goes back without a commit', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    expect(web.apply('1.0.0', 3)).toMatchObject({ phase: 'failed', reason: 'RevertedInCluster', version: '2.0.0' })
    expect(web.finish()).toMatchObject({ phase: 'failed', recovered: false })
    expect(web.apply('2.0.0', 4)).toMatchObject({ phase: 'rolling_out', version: '2.0.0', previousVersion: '1.0.0' })
  })

  it('is not a template that a commit put back', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    expect(web.apply('1.0.0', 3, { committed: true })).toMatchObject({ phase: 'rolling_out', version: '1.0.0' })
  })
})

// what AppTrail's agent does in these four cases (internal/reconciler/workload.go, simulated): never terminal; fails
// the fix; success of a version nobody has started; a failed release without a release
describe("AppTrail's mistakes are not made:", () => {
  it('one stuck rollout fails once in an hour', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(60)
    expect(web.log.slice(1)).toEqual(['2.0.0 rolling_out Progressing', '2.0.0 failed DeadlineExceeded'])
  })

  it('a fix that is pushed after 14 minutes has its own 15 minutes', () => {
    const web = follow()
    web.apply('2.0.0', 2)
    web.wait(14)
    web.apply('2.0.1', 3)
    web.wait(4)
    web.finish()
    expect(web.log.slice(1)).toEqual([
      '2.0.0 rolling_out Progressing',
      '2.0.1 rolling_out Progressing',
      '2.0.1 success Complete',
    ])
  })

  it('a change that the controller has not observed is no success of the new version', () => {
    const web = follow()
    const labels = { 'app.kubernetes.io/version': '2.0.0' }
    web.set({ metadata: { generation: 2, labels }, spec: { template: template('web:2.0.0') } })
    web.apply('2.0.0', 2)
    web.finish()
    expect(web.log.slice(1)).toEqual(['2.0.0 rolling_out Progressing', '2.0.0 success Complete'])
  })

  it('a pod that is unready for 17 minutes is no release', () => {
    const web = follow()
    web.set({ status: { readyReplicas: 2, availableReplicas: 2 } })
    web.wait(17)
    web.finish()
    expect(web.log).toEqual(['1.0.0 success Complete'])
  })
})

it('never counts more time than has passed, and never fails before the deadline, whatever the wall clock says', () => {
  const jumps = fc.array(fc.record({ ms: fc.nat(4 * minute), jump: fc.integer({ min: -7_200_000, max: 7_200_000 }) }))
  fc.assert(
    fc.property(jumps, (moves) => {
      const workload = readWorkload(daemonSet({ status: { updatedNumberScheduled: 1 } }))
      let wall = start
      let passed = 0
      let state = trackRollout(undefined, workload, new Date(wall), { elapsedMs: 0 })
      for (const { ms, jump } of moves) {
        wall += ms + jump
        passed += ms
        state = trackRollout(state, workload, new Date(wall), { elapsedMs: ms })
        expect(state.phase).toBe(passed >= 15 * minute ? 'failed' : 'rolling_out')
      }
    }),
  )
})

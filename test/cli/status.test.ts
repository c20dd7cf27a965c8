import { describe, expect, test } from 'vitest'
import { statusCommand } from '../../src/cli/status.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { deployment, template } from '../core/workload/sample.ts'
import { aRequest } from '../server/api/api-world.ts'
import { apiTerminals } from './api-terminal.ts'

const { api: apiOf } = apiTerminals()
const commit = 'c0ffee'.padEnd(40, '0')
const live = (name: string, tag: string) =>
  readWorkload(deployment({ metadata: { name, uid: name }, spec: { template: template(`${name}:${tag}`) } }))
const web = live('web', '1.0.0')
const state = trackRollout(undefined, web, new Date(0))
const failed = {
  ...state,
  phase: 'failed' as const,
  reason: 'DeadlineExceeded' as const,
  message: 'not done after 15 min\u001b[2J',
  finishedAt: '2026-03-01T10:15:00Z',
}
const pushed = { type: 'Pushed', status: 'True' as const, reason: 'Pushed', message: '', lastTransitionTime: '' }
const applied = { ...pushed, type: 'Applied' }
const carrier = () => {
  const request = aRequest('web', ['prod'], { phase: 'Completed', commit, conditions: [pushed, applied] })
  const [target] = request.spec.targets
  return { ...request, spec: { ...request.spec, targets: [{ ...target, container: 'app' }] } } as typeof request
}
const api = () =>
  apiOf(
    { workloads: () => [web, live('api', '2.1.0')], rollout: (key) => (key.endsWith('web') ? failed : undefined) },
    [aRequest('api')],
  )

describe('status', () => {
  test('tells of every workload in one line, and below what goes wrong and what waits', async () => {
    const { run } = await api()
    const { exit, out } = await run(statusCommand, '--namespace', 'prod')
    expect(exit).toBe(0)
    expect(out).toBe(
      [
        'WORKLOAD             VERSION  PHASE    SINCE                 COMMIT  WAITING',
        'Deployment/prod/api  2.1.0    unknown  -                     -       1',
        'Deployment/prod/web  1.0.0    failed   2026-03-01T10:15:00Z  -       0',
        '',
        `Deployment/prod/api: api:2 waits: Pending (prod/${aRequest('api').metadata.name})`,
        'Deployment/prod/web: DeadlineExceeded: not done after 15 min [2J',
        '',
      ].join('\n'),
    )
  })

  test('of one workload tells of no other', async () => {
    const { run } = await api()
    const { out } = await run(statusCommand, 'deploy/prod/web', '-o', 'json')
    expect(JSON.parse(out)).toEqual([expect.objectContaining({ name: 'web', version: '1.0.0', phase: 'failed' })])
  })

  test('names the commit that put what runs', async () => {
    const two = { ...web, containers: [{ name: 'app', image: 'web:2', init: false }] }
    const { run } = await apiOf({ workloads: () => [two] }, [carrier()])
    expect((await run(statusCommand, '--namespace', 'prod')).out).toContain(commit.slice(0, 12))
  })

  test('says why what failed is not put back, and what helps', async () => {
    const carried = { ...web, containers: [{ name: 'app', image: 'web:2', init: false }] }
    const request = carrier()
    const noted = { ...pushed, type: 'Rollback', status: 'False' as const, reason: 'PutBackAgain', message: 'again' }
    Object.assign(request.status ?? {}, { conditions: [pushed, applied, noted] })
    const { run } = await apiOf({ workloads: () => [carried], rollout: () => failed }, [request])
    const { out } = await run(statusCommand, '--namespace', 'prod')
    expect(out).toContain('Deployment/prod/web: not put back: PutBackAgain: again; go forward, or roll back by hand')
    const { run: later } = await apiOf({ workloads: () => [carried], rollout: () => state }, [request])
    expect((await later(statusCommand, '--namespace', 'prod')).out).not.toContain('not put back')
  })

  test('says what holds a workload, and why', async () => {
    const held = { ...web, annotations: { 'fairlead.dev/hold': 'freeze' } }
    const { run } = await apiOf({ workloads: () => [held] }, [])
    expect((await run(statusCommand, '--namespace', 'prod')).out).toContain('Deployment/prod/web: held: freeze\n')
  })

  test.each([
    ['namespace', [], 'there is no watched workload in namespace prod\n'],
    ['phase', ['--phase', 'failed'], 'there is no watched workload in namespace prod in phase failed\n'],
  ])('says that there is none in a %s, and leaves the output to what there is', async (_, args, err) => {
    const { run } = await apiOf({ workloads: () => [] }, [])
    expect(await run(statusCommand, '--namespace', 'prod', ...args)).toMatchObject({ exit: 0, out: '', err })
    expect((await run(statusCommand, '--namespace', 'prod', ...args, '-o', 'json')).out).toBe('[]\n')
  })

  const refused: [what: string, args: string[], exit: number, words: string][] = [
    ['of one that is not there', ['deploy/prod/none'], 1, 'ApiNotFound: no workload Deployment/prod/none is watched'],
    ['of one that is in another phase', ['deploy/prod/web', '--phase', 'success'], 1, 'in phase success is watched'],
    ['where alice may not look', ['--namespace', 'pay'], 1, 'ApiForbidden'],
    ['of everything', [], 1, 'ApiForbidden'],
    ['of a name alone', ['deploy/web'], 2, 'The namespace is missing'],
    ['of two', ['deploy/prod/web', 'deploy/prod/api'], 2, 'At most one'],
    ['in a phase that is none', ['--namespace', 'prod', '--phase', 'done'], 2, 'phase: one of rolling_out'],
  ]
  test.each(refused)('is refused: %s', async (_, args, exit, words) => {
    const { run } = await api()
    expect(await run(statusCommand, ...args)).toMatchObject({ exit, out: '', err: expect.stringContaining(words) })
  })
})

import { expect, test } from 'vitest'
import { lostSight } from '../../../src/core/sync/lost-sight.ts'
import { FairleadError } from '../../../src/errors.ts'

const target = (name: string, container = 'app') => ({ kind: 'Deployment', namespace: 'prod', name, container })
const elsewhere = new FairleadError('OwnerElsewhere', 'its labels name a Kustomization, which cannot be read here')

test.each<[string, ReturnType<typeof target>[], FairleadError | undefined, string]>([
  ['every workload that was deleted', [target('web')], undefined, 'WorkloadGone: Deployment/prod/web is gone'],
  [
    'a workload once, however many of its containers were meant',
    [target('web', 'app'), target('web', 'init')],
    undefined,
    'WorkloadGone: Deployment/prod/web is gone',
  ],
  [
    'what is still there, but without the container',
    [target('web'), target('api')],
    undefined,
    'WorkloadGone: Deployment/prod/web is gone; Deployment/prod/api has lost container app',
  ],
  ['why whoever deploys it is not known', [target('api')], elsewhere, `OwnerElsewhere: ${elsewhere.message}`],
])('a commit that cannot be followed names %s', (_, targets, refusal, expected) => {
  const { reason, message } = lostSight(targets, { isLive: (key) => key === 'Deployment/prod/api', refusal })
  expect(`${reason}: ${message}`).toBe(expected)
})

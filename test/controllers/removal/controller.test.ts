import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { createRemovals } from '../../../src/controllers/removal/controller.ts'
import type { Removal } from '../../../src/core/event/removal.ts'
import { FairleadError } from '../../../src/errors.ts'
import { reconcile } from '../../../src/runtime/loop.ts'

const removal: Removal = {
  id: 'r1',
  cluster: 'prod',
  workload: { kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'u1', labels: {} },
  version: '1.0.0',
  at: '2026-03-01T10:00:00Z',
}
const served = (uid: string): KubernetesObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'web', uid },
})

/** What the API server answers, call by call. */
function aWorld(...answers: (KubernetesObject | undefined | FairleadError)[]) {
  const told: Removal[] = []
  const role = { leads: true }
  const removals = createRemovals({
    cluster: {
      async get() {
        const answer = answers.shift()
        if (answer instanceof FairleadError) throw answer
        return answer
      },
    },
    isLeader: () => role.leads,
    outbox: { tellRemoved: (one) => void told.push(one) },
  })
  return { told, role, key: removals.seen(removal), look: (key: string) => reconcile(removals.controller, key) }
}

describe('a workload that the watch does not show any more', () => {
  const rows: [what: string, answer: KubernetesObject | undefined, told: Removal[]][] = [
    ['is told as removed when it is gone', undefined, [removal]],
    ['is told as removed when another one has its name', served('u2'), [removal]],
    ['is not told when it only left what is watched', served('u1'), []],
  ]
  test.each(rows)('%s', async (_, answer, expected) => {
    const { told, key, look } = aWorld(answer, answer)
    await look(key)
    await look(key)
    expect(told).toEqual(expected)
  })

  test('is not told before the API server has answered', async () => {
    const { told, key, look } = aWorld(new FairleadError('ApiUnavailable', 'away'), undefined)
    await expect(look(key)).rejects.toMatchObject({ code: 'ApiUnavailable' })
    expect(told).toEqual([])
    await look(key)
    expect(told).toEqual([removal])
  })

  test('is not told by a replica that does not lead, nor later when it does', async () => {
    const { told, role, key, look } = aWorld()
    role.leads = false
    await look(key)
    role.leads = true
    await look(key)
    expect(told).toEqual([])
  })
})

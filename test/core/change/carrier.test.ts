import { expect, test } from 'vitest'
import type { UpdateRequest } from '../../../src/api/update-request.ts'
import { carriedChange } from '../../../src/core/change/carrier.ts'
import { requestId } from '../../../src/core/change/claim.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment } from '../workload/sample.ts'

const web = readWorkload(deployment({ image: 'ghcr.io/acme/web:2.0.0' }))

function request(to: string, commit?: string) {
  return {
    metadata: { name: 'r', namespace: 'prod' },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'app' }],
      change: { repository: 'r', branch: 'main', path: 'web.yaml', keyPath: '0:image', from: 'x:1', to },
    },
    status: { phase: 'Completed', commit, conditions: [{ type: 'Pushed', status: 'True' }] },
  } as unknown as UpdateRequest
}

test('what brought an image is the delivered request for it, by its commit and the id of its change', () => {
  const carrier = request('ghcr.io/acme/web:2.0.0', 'c0ffee')
  const others = [request('ghcr.io/acme/web:1.9.0', 'decaf')]
  expect(carriedChange(web, [...others, carrier])).toEqual({ commit: 'c0ffee', changeId: requestId(carrier) })
})

test('nobody knows it without such a request, or when its commit was not read back', () => {
  expect(carriedChange(web, [request('ghcr.io/acme/web:1.9.0', 'decaf')])).toBeUndefined()
  expect(carriedChange(web, [request('ghcr.io/acme/web:2.0.0')])).toBeUndefined()
})

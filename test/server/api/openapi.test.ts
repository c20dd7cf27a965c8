import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { ApiBackend } from '../../../src/server/api/backend.ts'
import { openApiDocument } from '../../../src/server/api/openapi.ts'
import { apiRoutes } from '../../../src/server/api/routes.ts'
import { healthRoute } from '../../../src/server/health.ts'
import { createFakeAccessReview } from '../../fakes/access-review.ts'
import { silentLog } from '../../fakes/silent-log.ts'
import { startApi } from './api-world.ts'

const routes = [
  healthRoute,
  ...apiRoutes({
    backend: {} as ApiBackend,
    review: createFakeAccessReview(),
    isLeader: () => true,
    relay: async () => undefined,
    clock: systemClock,
    log: silentLog,
  }),
]

interface Operation {
  operationId: string
  security?: unknown[]
  parameters?: { name: string; in: string }[]
  responses: Record<string, object>
}

const operations = Object.entries(openApiDocument.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    operation: operation as unknown as Operation,
  })),
)

/** Every `$ref` in a value. */
function refsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, one]) => (key === '$ref' ? [String(one)] : refsIn(one)))
}

describe('the OpenAPI document', () => {
  test('has every route, and no other', () => {
    const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`)
    expect(described.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
  })

  test('has every part of a path as a parameter', () => {
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const described = (operation.parameters ?? []).filter((one) => one.in === 'path').map(({ name }) => name)
      expect([path, described]).toEqual([path, named])
    }
  })

  test('names only schemas that are in it, and every operation differently', () => {
    const known = Object.keys(openApiDocument.components.schemas).map((name) => `#/components/schemas/${name}`)
    expect(refsIn(openApiDocument).filter((ref) => !known.includes(ref))).toEqual([])
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('says of every path that wants a token what comes without one', async () => {
    const world = await startApi([])
    for (const { path, method, operation } of operations) {
      const isOpen = operation.security !== undefined
      const sample = path.replace('{namespace}', 'prod').replace('{name}', 'web')
      const { status } = await world.call(method.toUpperCase(), sample, { token: null })
      expect([path, status]).toEqual([path, isOpen ? 200 : 401])
      expect(Object.keys(operation.responses)).toContain(String(status))
    }
    await world.close()
  })

  test('is served as it is', async () => {
    const world = await startApi([])
    const { body } = await world.call('GET', '/api/v1/openapi.json', { token: null })
    expect(body).toEqual(JSON.parse(JSON.stringify(openApiDocument)))
    expect(body.openapi).toBe('3.1.0')
    await world.close()
  })
})

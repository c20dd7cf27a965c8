import { describe, expect, test } from 'vitest'
import { renderRemovedService } from '../../../src/core/event/cdevents.ts'
import { removalOf } from '../../../src/core/event/removal.ts'
import { renderWebhookRemovals } from '../../../src/core/event/webhook-body.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment } from '../workload/sample.ts'
import { brokenRules } from './cdevents-rules.ts'

const digest = `sha256:${'a'.repeat(64)}`
const web = readWorkload(deployment({ image: `ghcr.io/acme/web:1.4.2@${digest}` }))
const ran = { uid: web.uid, version: '1.4.2', succeededRevision: web.revision }
const given = { cluster: 'production eu', at: '2026-03-01T10:00:00Z' }

describe('a workload that is gone', () => {
  test('is told with what it was last', () => {
    expect(removalOf(web, ran, given)).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      cluster: 'production eu',
      workload: { kind: 'Deployment', namespace: web.namespace, name: web.name, uid: web.uid, labels: web.labels },
      version: '1.4.2',
      image: `ghcr.io/acme/web:1.4.2@${digest}`,
      digest,
      at: given.at,
    })
  })

  test('has the same id whenever it is told, and its successor another', () => {
    const idOf = (uid: string, at = given.at) => removalOf({ ...web, uid }, { ...ran, uid }, { ...given, at })?.id
    expect(idOf('a')).toBe(idOf('a', '2027-01-01T00:00:00Z'))
    expect(idOf('a')).not.toBe(idOf('b'))
  })

  const unknown: [why: string, state: Parameters<typeof removalOf>[1]][] = [
    ['nobody has looked at it', undefined],
    ['it never ran', { uid: web.uid, version: '1.4.2' }],
    ['what is known is about another one of its name', { ...ran, uid: 'another' }],
  ]
  test.each(unknown)('is not told when %s', (_, state) => {
    expect(removalOf(web, state, given)).toBeUndefined()
  })

  test('is a CDEvent that keeps the rules, and an event of the webhook, each with its one id', () => {
    const removal = removalOf(web, ran, given)
    if (removal === undefined) throw new Error('nothing to tell')
    const event = renderRemovedService(removal)
    expect(brokenRules(event)).toEqual([])
    expect(event).toMatchObject({
      context: { type: 'dev.cdevents.service.removed.0.3.0', source: 'urn:fairlead:production%20eu' },
      subject: { id: `deployment/${web.namespace}/${web.name}`, content: { environment: {} } },
      customData: { version: '1.4.2' },
    })
    expect(renderRemovedService(removal)).toEqual(event)
    expect(renderWebhookRemovals([removal]).events).toMatchObject([
      { id: removal.id, type: 'fairlead.workload.removed', workload: { name: web.name }, version: { digest } },
    ])
  })
})

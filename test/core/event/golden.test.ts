import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { appTrailAttributes, renderAppTrailEvent } from '../../../src/core/event/apptrail.ts'
import { renderCDEvents } from '../../../src/core/event/cdevents.ts'
import { bindCloudEvent } from '../../../src/core/event/cloud-event.ts'
import { renderSlackMessage } from '../../../src/core/event/slack-message.ts'
import type { Transition } from '../../../src/core/event/transition.ts'
import { renderWebhookBody } from '../../../src/core/event/webhook-body.ts'
import { brokenRules } from './cdevents-rules.ts'

const fixtures = path.resolve(import.meta.dirname, '../../../fixtures/event')
const golden = (name: string, file: string) => JSON.parse(readFileSync(path.join(fixtures, name, file), 'utf8'))
const cases: { name: string; says: string; transition: Transition }[] = readdirSync(fixtures).map((name) => ({
  name,
  ...golden(name, 'case.json'),
}))

describe.each(cases)('$says', ({ name, transition }) => {
  test('in the words of AppTrail', () => {
    const event = renderAppTrailEvent(transition, '0.1.0')
    expect({ event, attributes: appTrailAttributes(transition) }).toEqual(golden(name, 'apptrail.json'))
  })

  test('as CDEvents, which keep the rules of the specification', () => {
    const events = renderCDEvents(transition)
    expect(events).toEqual(golden(name, 'cdevents.json'))
    expect(events.flatMap(brokenRules)).toEqual([])
    expect(new Set(events.map(({ context }) => context.id)).size).toBe(events.length)
  })

  test('as CloudEvents, whose attributes say what the data says, in characters that a header can carry', () => {
    for (const event of renderCDEvents(transition)) {
      const structured = bindCloudEvent(event, 'structured')
      expect(structured.headers).toEqual({ 'content-type': 'application/cloudevents+json' })
      expect(JSON.parse(structured.body)).toEqual({
        specversion: '1.0',
        id: event.context.id,
        source: event.context.source,
        type: event.context.type,
        subject: event.subject.id,
        time: event.context.timestamp,
        datacontenttype: 'application/json',
        data: event,
      })
      const { headers, body } = bindCloudEvent(event, 'binary')
      const { 'content-type': type, ...attributes } = headers
      expect(type).toBe('application/json')
      expect(Object.values(attributes).join('')).toMatch(/^[\x21\x23-\x7e]*$/)
      const decoded = Object.fromEntries(Object.entries(attributes).map(([key, one]) => [key, decodeURIComponent(one)]))
      expect(decoded).toEqual({
        'ce-specversion': '1.0',
        'ce-id': event.context.id,
        'ce-source': event.context.source,
        'ce-type': event.context.type,
        'ce-subject': event.subject.id,
        'ce-time': event.context.timestamp,
      })
      expect(JSON.parse(body)).toEqual(event)
    }
  })

  test('as a message in Slack', () => {
    expect(renderSlackMessage(transition)).toEqual(golden(name, 'slack.json'))
  })

  test('as JSON for any webhook', () => {
    expect(renderWebhookBody([transition])).toEqual(golden(name, 'webhook.json'))
  })
})

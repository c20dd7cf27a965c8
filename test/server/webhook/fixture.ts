import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { WebhookType } from '../../../src/api/webhook-type.ts'

const folder = new URL('../../../fixtures/webhooks/', import.meta.url)

/** A recorded request: its body as bytes, and the headers that matter. */
export interface Fixture {
  body: Buffer
  headers: Record<string, string>
}

export function readFixture(name: string): Fixture {
  const headersFile = new URL(`${name}.headers.json`, folder)
  const headers = existsSync(headersFile) ? JSON.parse(readFileSync(headersFile, 'utf8')) : {}
  return {
    body: readFileSync(new URL(`${name}.json`, folder)),
    headers: { 'content-type': 'application/json', ...headers },
  }
}

export const fixtureNames = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && !name.endsWith('.headers.json'))
  .map((name) => name.replace(/\.json$/, ''))
  .sort()

/** Names of fixtures begin with the type they belong to. */
export function typeOf(name: string): WebhookType {
  return name.split('-')[0] as WebhookType
}

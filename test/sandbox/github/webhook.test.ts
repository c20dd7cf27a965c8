import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Loopback, listenOnLoopback, readBody, sendText } from '../../../src/sandbox/loopback.ts'
import { type Ground, startGround } from './client.ts'

let ground: Ground
let receiver: Loopback
let received: { event: string; delivery: string; signature: string; body: string }[]

beforeEach(async () => {
  received = []
  ground = await startGround()
  receiver = await listenOnLoopback(async ({ request, response }) => {
    const body = (await readBody(request)).toString('utf8')
    const header = (name: string) => String(request.headers[name])
    received.push({
      event: header('x-github-event'),
      delivery: header('x-github-delivery'),
      signature: header('x-hub-signature-256'),
      body,
    })
    sendText(response, 204, '')
  })
})
afterEach(async () => {
  await ground.close()
  await receiver.close()
})

const told = () =>
  received.map(({ event, body }) => [event, JSON.parse(body).action].filter((one) => one !== undefined).join(' '))

describe('webhooks', () => {
  it('tell the life of a pull request in order, signed', async () => {
    ground.github.subscribe(receiver.url, 'secret')
    const head = ground.branch('topic', { 'b.txt': 'b\n' })
    ground.gitops.open('fairlead', { title: 'b', head: 'topic', base: 'main' })
    ground.gitops.label(1, 'ada', 'fairlead:hold')
    ground.gitops.setCheck(head, 'ci', 'success')
    ground.gitops.setStatus(head, 'lint', 'success')
    ground.gitops.review(1, 'ada', 'APPROVE')
    ground.git.commit('acme/gitops', 'topic', { 'c.txt': 'c\n' }, 'more')
    ground.gitops.edit(1, 'ada', { title: 'c' })
    ground.gitops.close(1, 'ada')
    ground.gitops.reopen(1, 'ada')
    ground.gitops.merge(1, 'ada')
    await ground.github.webhooks.settled()
    expect(told()).toEqual([
      ...['push', 'push', 'pull_request opened', 'pull_request labeled'],
      ...['check_run completed', 'check_suite completed', 'status', 'pull_request_review submitted'],
      ...['push', 'pull_request synchronize', 'pull_request edited', 'pull_request closed', 'pull_request reopened'],
      ...['push', 'pull_request closed'],
    ])
    for (const { body, signature } of received) {
      expect(signature).toBe(`sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`)
    }
    const merged = JSON.parse(received.at(-1)?.body ?? '{}')
    expect(merged).toMatchObject({
      number: 1,
      pull_request: { merged: true, mergeable_state: 'unknown' },
      repository: { full_name: 'acme/gitops' },
      sender: { login: 'ada' },
    })
  })

  it('tell only what was asked for, and the same once more when asked', async () => {
    ground.github.subscribe(receiver.url, 'secret', ['status'])
    ground.gitops.setStatus('main', 'lint', 'success')
    ground.branch('topic', { 'b.txt': 'b\n' })
    await ground.github.webhooks.settled()
    const [delivery] = ground.github.webhooks.deliveries
    expect(delivery).toMatchObject({ event: 'status', status: 204 })
    await ground.github.webhooks.redeliver(delivery?.id ?? '')
    expect(told()).toEqual(['status', 'status'])
    expect(new Set(received.map((one) => one.delivery)).size).toBe(1)
  })
})

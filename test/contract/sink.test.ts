import { rmSync, writeFileSync } from 'node:fs'
import { afterEach, describe, expect, test } from 'vitest'
import { asFairleadError, type FairleadError } from '../../src/errors.ts'
import { createManualClock, type ManualClock } from '../fakes/clock.ts'
import type { ReceiverAnswer } from '../fakes/event-receiver.ts'
import { aTransition } from '../fakes/transition.ts'
import { openSinkWorld, type SinkKind, type SinkWorld, secrets, sinkKinds } from './sink-world.ts'

/** What every sink promises, whatever it speaks; held against a server on a socket. */

const opened: SinkWorld[] = []
afterEach(async () => {
  for (const world of opened.splice(0)) await world.close()
})

async function aSink(kind: SinkKind): Promise<SinkWorld & { clock: ManualClock }> {
  const clock = createManualClock()
  const world = await openSinkWorld(kind, clock)
  opened.push(world)
  return { ...world, receiver: world.receiver, clock }
}

const began = aTransition()
const failed = aTransition({
  phase: 'failed',
  reason: 'DeadlineExceeded',
  message: 'web-1: CrashLoopBackOff',
  at: '2026-03-01T10:15:00Z',
})
const other = aTransition({ workload: { name: 'api', uid: 'another' } })

async function refusal(attempt: Promise<void>): Promise<FairleadError> {
  return attempt.then(
    () => {
      throw new Error('it was taken')
    },
    (thrown) => asFairleadError(thrown),
  )
}

const mute = ({ message, evidence, cause }: FairleadError) => {
  const words = JSON.stringify([message, evidence, String(cause)])
  for (const secret of [...Object.values(secrets), 'secret-path']) expect(words).not.toContain(secret)
}

describe.each(sinkKinds)('%s', (kind) => {
  test('sends nothing for nothing', async () => {
    const { sink, receiver } = await aSink(kind)
    await sink.send([])
    expect(receiver.requests).toEqual([])
  })

  test('puts no secret into an address that is no secret itself, and tells the log about each', async () => {
    const { sink, receiver, seen } = await aSink(kind)
    await sink.send([began])
    const { path } = receiver.requests[0] ?? { path: '' }
    for (const secret of [secrets.apiKey, secrets.botToken, secrets.signing]) expect(path).not.toContain(secret)
    const known = { controlPlane: secrets.apiKey, 'slack by bot': secrets.botToken, webhook: secrets.signing }
    if (Object.hasOwn(known, kind)) expect(seen).toContain(known[kind as keyof typeof known])
    if (kind === 'slack by webhook') expect(seen).toContain(receiver.url + secrets.webhookPath)
  })

  const minute = 60_000
  const answers: [what: string, answer: ReceiverAnswer, code: string, retryAfterMs: number | undefined][] = [
    ['500', { status: 500 }, 'SinkUnavailable', undefined],
    ['a redirect', { status: 302, headers: { location: '/elsewhere' } }, 'SinkUnavailable', minute],
    ['503 and when to come again', { status: 503, headers: { 'retry-after': '7' } }, 'SinkUnavailable', 7_000],
    ['429 and when to come again', { status: 429, headers: { 'retry-after': '30' } }, 'SinkUnavailable', 30_000],
    [
      '429 and a date',
      { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' } },
      'SinkUnavailable',
      2 * minute,
    ],
    ['429 and nonsense', { status: 429, headers: { 'retry-after': 'soon' } }, 'SinkUnavailable', undefined],
    ['408', { status: 408 }, 'SinkUnavailable', undefined],
    ['404', { status: 404 }, 'SinkUnavailable', minute],
    ['401', { status: 401 }, 'SinkAuthFailed', minute],
    ['403', { status: 403 }, 'SinkAuthFailed', minute],
    ['400', { status: 400, body: '<html>' }, 'SinkRefused', undefined],
    ['410', { status: 410 }, 'SinkRefused', undefined],
    ['413', { status: 413 }, 'SinkRefused', undefined],
    ['422', { status: 422 }, 'SinkRefused', undefined],
    ['with a cut connection', 'cut', 'SinkUnavailable', undefined],
  ]
  test.each(answers)('answered %s', async (_what, answer, code, retryAfterMs) => {
    const { sink, receiver } = await aSink(kind)
    receiver.answerWith(answer)
    const error = await refusal(sink.send([began]))
    expect({ code: error.code, retryAfterMs: error.retryAfterMs }).toEqual({ code, retryAfterMs })
    expect(error.kind).toBe(code === 'SinkRefused' ? 'terminal' : 'transient')
    expect(receiver.requests).toHaveLength(1)
    expect(receiver.bytesSent).toBeLessThan(16 * 1024 * 1024)
    mute(error)
  })

  test('gives a receiver that hangs up after ten seconds', async () => {
    const { sink, receiver, clock } = await aSink(kind)
    receiver.answerWith('hang')
    const waiting = refusal(sink.send([began]))
    await receiver.received(1)
    await clock.advance(10_000)
    const error = await waiting
    expect(error.code).toBe('SinkUnavailable')
    mute(error)
  })

  test.each<[string, ReceiverAnswer]>([
    ['garbage', { status: 200, body: '<html>welcome to the hotel</html>' }],
    ['a gigabyte', 'endless'],
    ['half a body and no more', 'half'],
  ])('answered 200 with %s, believes it only where nothing else is promised', async (_what, answer) => {
    const { sink, receiver } = await aSink(kind)
    receiver.answerWith(answer)
    const outcome = await sink.send([began]).then(
      () => 'taken',
      (thrown) => asFairleadError(thrown).code,
    )
    expect(outcome).toBe(['slack by bot', 'pubsub'].includes(kind) ? 'SinkUnavailable' : 'taken')
    expect(receiver.bytesSent).toBeLessThan(16 * 1024 * 1024)
  })

  test('sends what was not taken once more, under the same ids', async () => {
    const { sink, receiver } = await aSink(kind)
    receiver.answerWith({ status: 500 })
    await refusal(sink.send([began]))
    receiver.answerWith(undefined)
    await sink.send([began])
    expect(receiver.requests[1]?.text).toBe(receiver.requests[0]?.text)
  })

  test('keeps the order of a workload', async () => {
    const { sink, receiver } = await aSink(kind)
    await sink.send([began, other, failed])
    const words = receiver.requests.map(({ text, path }) => (path.endsWith(':publish') ? decoded(text) : text)).join()
    const first = words.search(/PROGRESSING|rollout started|Rollout started|rolling_out|rollout\.started/)
    const last = words.search(/FAILED|Rollout failed|rollout\.failed/)
    expect([first >= 0, last > first]).toEqual([true, true])
  })
})

describe.each(['controlPlane', 'slack by bot', 'slack by webhook', 'webhook'] as const)('%s', (kind) => {
  test('waits for a secret that is not mounted yet', async () => {
    const { sink, receiver, secretFile } = await aSink(kind)
    rmSync(secretFile)
    const error = await refusal(sink.send([began]))
    expect([error.code, error.kind, receiver.requests.length]).toEqual(['SinkAuthFailed', 'transient', 0])
    writeFileSync(secretFile, kind === 'slack by webhook' ? `${receiver.url}/hook` : 'a new secret')
    await sink.send([began])
    expect(receiver.requests).toHaveLength(1)
  })
})

test('a Slack webhook whose file holds no address is told without the content', async () => {
  const { sink, secretFile } = await aSink('slack by webhook')
  writeFileSync(secretFile, 'hooks.slack.com/services/secret-path')
  const error = await refusal(sink.send([began]))
  expect(error.code).toBe('SinkAuthFailed')
  mute(error)
})

function decoded(text: string): string {
  const { messages } = JSON.parse(text) as { messages: { data: string }[] }
  return messages.map(({ data }) => Buffer.from(data, 'base64').toString()).join()
}

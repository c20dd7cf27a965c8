import { beforeEach, describe, expect, it } from 'vitest'
import { createNudge, type Nudge } from '../../src/delivery/nudge.ts'
import { FairleadError } from '../../src/errors.ts'
import type { BranchMove, EngineNotifier } from '../../src/ports-engine.ts'
import { createManualClock, type ManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'

const move = (after: string, change: Partial<BranchMove> = {}): BranchMove => ({
  repository: 'github.com/acme/gitops',
  branch: 'main',
  before: `${after}-before`,
  after,
  files: [`${after}.yaml`],
  ...change,
})

/** An engine that answers when it is told to. */
function anEngine(name: EngineNotifier['name'] = 'fluxReceiver') {
  const asked: BranchMove[] = []
  const answers: ((error?: Error) => void)[] = []
  const notifier: EngineNotifier = {
    name,
    notify(one) {
      asked.push(one)
      return new Promise((resolve, reject) =>
        answers.push((error) => (error === undefined ? resolve() : reject(error))),
      )
    },
  }
  const answer = async (error?: Error) => {
    answers.shift()?.(error)
    await clock.advance(0)
  }
  return { notifier, asked, answer }
}

let clock: ManualClock
let log: ReturnType<typeof createRecordingLog>
let stop: AbortController
beforeEach(() => {
  clock = createManualClock()
  log = createRecordingLog()
  stop = new AbortController()
})

const nudgeOf = (...notifiers: EngineNotifier[]): Nudge => createNudge({ notifiers, clock, log, stopped: stop.signal })
const failure = new FairleadError('NotifyFailed', 'answers status 500')
const warnings = () => log.lines.filter(({ level }) => level === 'warn')

describe('engines', () => {
  it('are told of a commit once, however often it is said', async () => {
    const engine = anEngine()
    const nudge = nudgeOf(engine.notifier)
    nudge.moved(move('a'))
    nudge.moved(move('a'))
    await engine.answer()
    nudge.moved(move('a'))
    expect(engine.asked).toEqual([move('a')])
    nudge.moved(move('a', { branch: 'staging' }))
    expect(engine.asked).toHaveLength(2)
  })

  it('are told of moves that come meanwhile at once, as one', async () => {
    const engine = anEngine()
    const nudge = nudgeOf(engine.notifier)
    nudge.moved(move('a'))
    nudge.moved(move('b'))
    nudge.moved(move('c'))
    expect(engine.asked).toHaveLength(1)
    await engine.answer()
    expect(engine.asked[1]).toEqual(move('c', { before: 'b-before', files: ['b.yaml', 'c.yaml'] }))
    await engine.answer()
    expect(engine.asked).toHaveLength(2)
  })

  it('are not told half of the files', async () => {
    const engine = anEngine()
    const nudge = nudgeOf(engine.notifier)
    nudge.moved(move('a'))
    nudge.moved(move('b', { files: [] }))
    nudge.moved(move('c'))
    await engine.answer()
    expect(engine.asked[1]?.files).toEqual([])
  })

  it('do not wait for each other', () => {
    const [one, two] = [anEngine('fluxReceiver'), anEngine('argocdWebhook')]
    nudgeOf(one.notifier, two.notifier).moved(move('a'))
    expect([one.asked.length, two.asked.length]).toEqual([1, 1])
  })
})

describe('a hint that is not taken', () => {
  it('is tried once more after five seconds, and nobody hears of it when that helps', async () => {
    const engine = anEngine()
    nudgeOf(engine.notifier).moved(move('a'))
    await engine.answer(failure)
    await clock.advance(4_999)
    expect(engine.asked).toHaveLength(1)
    await clock.advance(1)
    expect(engine.asked).toHaveLength(2)
    await engine.answer()
    expect(warnings()).toEqual([])
  })

  it('is given up after that, is said, and holds up none that follows', async () => {
    const engine = anEngine()
    const nudge = nudgeOf(engine.notifier)
    nudge.moved(move('a'))
    nudge.moved(move('b'))
    await engine.answer(failure)
    await clock.advance(5_000)
    await engine.answer(failure)
    expect(warnings()).toEqual([
      {
        level: 'warn',
        fields: {
          engine: 'fluxReceiver',
          repository: 'github.com/acme/gitops',
          branch: 'main',
          commit: 'a',
          code: 'NotifyFailed',
        },
        message: 'the engine could not be told to look and will poll: answers status 500',
      },
    ])
    expect(engine.asked.map(({ after }) => after)).toEqual(['a', 'a', 'b'])
  })

  it('is dropped when the program stops', async () => {
    const engine = anEngine()
    const nudge = nudgeOf(engine.notifier)
    nudge.moved(move('a'))
    nudge.moved(move('b'))
    await engine.answer(failure)
    stop.abort()
    await clock.advance(5_000)
    expect(engine.asked).toHaveLength(1)
    expect(warnings()).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import type { Blocked, ContainerDecision } from '../../src/controllers/image-update/decide.ts'
import { createTeller } from '../../src/controllers/image-update/teller.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { FairleadError } from '../../src/errors.ts'
import { createManualClock } from '../fakes/clock.ts'
import { createRecordingLog } from '../fakes/log.ts'

const web = readWorkload({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'prod', uid: 'u' },
})
const refused = (code: 'NotTraced' | 'RegistryUnavailable', message = 'why'): ContainerDecision => ({
  kind: 'refused',
  error: new FairleadError(code, message),
})

const nothing: ContainerDecision = {
  kind: 'none',
  reason: 'no-candidate',
  verdicts: { selected: null, reason: 'no-candidate', candidates: [], counts: {} },
}

function aTeller() {
  const clock = createManualClock()
  const log = createRecordingLog()
  const said: string[] = []
  const events = { record: async (_: object, event: { reason: string }) => void said.push(event.reason) }
  const teller = createTeller({ events, clock, log })
  return {
    clock,
    log,
    said,
    tell: (decision: ContainerDecision, blocked?: Blocked) => teller.tell(web, 'web', decision, blocked),
  }
}

describe('why nothing happens', () => {
  test('is said once until it changes', async () => {
    const { said, tell } = aTeller()
    await tell(refused('NotTraced'))
    await tell(refused('NotTraced'))
    await tell(refused('NotTraced', 'something else'))
    expect(said).toEqual(['NotTraced', 'NotTraced'])
  })

  test('is said about the object itself, whatever kind it is', async () => {
    const kinds: unknown[] = []
    const events = { record: async (about: object) => void kinds.push(Reflect.get(about, 'apiVersion')) }
    const teller = createTeller({ events, clock: createManualClock(), log: createRecordingLog() })
    await teller.tell(web, 'web', refused('NotTraced'))
    const release = { ...web, kind: 'HelmRelease', apiVersion: 'helm.toolkit.fluxcd.io/v2' }
    await teller.tell(release, 'chart', refused('NotTraced'))
    expect(kinds).toEqual(['apps/v1', 'helm.toolkit.fluxcd.io/v2'])
  })

  test('is said again when it went away and came back', async () => {
    const { said, tell } = aTeller()
    await tell(refused('NotTraced'))
    await tell(nothing)
    await tell(refused('NotTraced'))
    expect(said).toEqual(['NotTraced', 'NotTraced'])
  })

  test('is not said of trouble that heals within a minute', async () => {
    const { clock, said, tell } = aTeller()
    await tell(refused('RegistryUnavailable'))
    await clock.advance(59_000)
    await tell(refused('RegistryUnavailable'))
    await tell(nothing)
    await clock.advance(10_000)
    await tell(refused('RegistryUnavailable'))
    expect(said).toEqual([])
  })

  test('is said of trouble that lasts', async () => {
    const { clock, said, tell } = aTeller()
    await tell(refused('RegistryUnavailable'))
    await clock.advance(60_000)
    await tell(refused('RegistryUnavailable'))
    await tell(refused('RegistryUnavailable'))
    expect(said).toEqual(['RegistryUnavailable'])
  })

  test('is said of a candidate that is kept away, once until it is another', async () => {
    const { said, tell } = aTeller()
    await tell(nothing, { reason: 'Quarantined', message: '1.1.0 is not taken' })
    await tell(nothing, { reason: 'Quarantined', message: '1.1.0 is not taken' })
    await tell(nothing, { reason: 'Quarantined', message: '1.2.0 is not taken' })
    expect(said).toEqual(['Quarantined', 'Quarantined'])
  })

  test('is a line in the log, not an Event, while an update only waits', async () => {
    const { log, said, tell } = aTeller()
    await tell({ kind: 'wait', reason: 'min-update-interval', untilMs: 90_000 })
    await tell({ kind: 'wait', reason: 'min-update-interval', untilMs: 60_000 })
    expect(said).toEqual([])
    expect(log.lines.map(({ message }) => message)).toEqual(['an update waits'])
  })
})

import { asFairleadError, type FairleadError } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import { rest } from './cooperative.ts'
import type { Metrics } from './metrics.ts'
import type { WorkQueue } from './queue.ts'

/** When to look at the key again; without a time, on the next change. */
export interface Next {
  requeueAfterMs?: number
}

/**
 * One controller: the same five verbs everywhere. Each takes the plain data of the one before, and all are safe to
 * repeat. `decide` is pure and synchronous.
 */
export interface Controller<Observation, Decision, Proposal, Verification> {
  readonly name: string
  /** Reads the world for one key; undefined when there is nothing to look at any more. */
  observe(key: string): Promise<Observation | undefined>
  decide(observation: Observation): Decision
  propose(decision: Decision): Promise<Proposal>
  verify(proposal: Proposal): Promise<Verification>
  report(verification: Verification): Promise<Next>
  /** Told of every failure before the back-off, to say it where users look. Must not throw. */
  failed?(key: string, error: FairleadError): Promise<void>
}

export interface LoopDeps {
  queue: WorkQueue
  clock: Clock
  log: Log
  metrics: Metrics
}

/** How long a terminal failure waits for the world to change without us being told. */
const terminalRecheckMs = 600_000

/**
 * Works keys off the queue until it is closed. Several loops may share one queue. Keys that wait for nothing outside take
 * no turn of the event loop, and at a start there are as many as workloads; hence the rests.
 */
export async function runLoop<O, D, P, V>(controller: Controller<O, D, P, V>, deps: LoopDeps): Promise<void> {
  for (;;) {
    const key = await deps.queue.take()
    if (key === undefined) return
    const startedMs = deps.clock.monotonicMs()
    try {
      const next = await reconcile(controller, key)
      deps.queue.finish(key, { kind: 'done', ...next })
    } catch (thrown) {
      await fail(controller, deps, { key, error: asFairleadError(thrown) })
    }
    deps.metrics.reconcileDuration.observe(
      { controller: controller.name },
      (deps.clock.monotonicMs() - startedMs) / 1000,
    )
    await rest()
  }
}

/** One pass over one key: observe → decide → propose → verify → report. */
export async function reconcile<O, D, P, V>(controller: Controller<O, D, P, V>, key: string): Promise<Next> {
  const observation = await controller.observe(key)
  if (observation === undefined) return {}
  const proposal = await controller.propose(controller.decide(observation))
  return controller.report(await controller.verify(proposal))
}

async function fail<O, D, P, V>(
  controller: Controller<O, D, P, V>,
  { queue, log, metrics }: LoopDeps,
  { key, error }: { key: string; error: FairleadError },
): Promise<void> {
  metrics.reconcileErrors.inc({ controller: controller.name, code: error.code })
  const fields = { controller: controller.name, key, code: error.code }
  // Only our own mistakes are worth their stack.
  if (error.kind === 'internal')
    log.error({ ...fields, err: error }, 'our own mistake while reconciling; please report it')
  else if (error.kind === 'terminal') log.warn(fields, error.message)
  else log.info(fields, `will try again: ${error.message}`)
  try {
    await controller.failed?.(key, error)
  } catch (thrown) {
    log.warn({ ...fields, err: thrown }, 'a failure could not be reported')
  }
  if (error.kind === 'terminal') queue.finish(key, { kind: 'done', requeueAfterMs: terminalRecheckMs })
  else queue.finish(key, { kind: 'failed', retryAfterMs: error.retryAfterMs ?? 0 })
}

import type { MessagePlace } from '../../api/workload-rollout-state.ts'
import { renderSlackDigest, renderSlackMessage, type SlackMessage } from '../../core/event/slack-message.ts'
import { rolloutId, type ToldTransition } from '../../core/event/transition.ts'
import type { Sink } from '../../ports-event.ts'
import { createSlackMemory } from './memory.ts'

/** A way into a channel. */
export interface SlackChannel {
  /** Says where it stands, if it can be changed there later. */
  post(message: SlackMessage): Promise<MessagePlace | undefined>
  /** False when it can be changed no longer. */
  update(place: MessagePlace, message: SlackMessage): Promise<boolean>
}

/** More failures at once than this are one message. */
const singleFailures = 3

/**
 * One message per rollout, changed in place where the channel can; many failures at once are one message, and those
 * rollouts' own messages are changed quietly.
 */
export function createSlackSink(channel: SlackChannel): Sink {
  const memory = createSlackMemory()

  /** In place; false when there is no message or it can be changed no longer. */
  async function update(transition: ToldTransition): Promise<boolean> {
    const rollout = rolloutId(transition)
    const place = memory.placeOf(rollout) ?? transition.toldAt
    if (place === undefined || !(await channel.update(place, renderSlackMessage(transition)))) return false
    memory.placed(rollout, place)
    return true
  }

  async function tell(transition: ToldTransition): Promise<void> {
    if (await update(transition)) return
    const place = await channel.post(renderSlackMessage(transition))
    if (place !== undefined) memory.placed(rolloutId(transition), place)
  }

  return {
    name: 'slack',
    messageOf: memory.placeOf,
    async send(transitions) {
      const news = transitions.filter((one) => !memory.isTold(one))
      const failures = news.filter((one) => one.phase === 'failed' && !memory.isDigested(one))
      if (failures.length > singleFailures) {
        await channel.post(renderSlackDigest(failures))
        for (const one of failures) memory.digested(one)
      }
      for (const one of news) {
        await (memory.isDigested(one) ? update(one) : tell(one))
        memory.told(one)
      }
    },
  }
}

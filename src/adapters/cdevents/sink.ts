import { type CDEvent, renderCDEvents, renderRemovedService } from '../../core/event/cdevents.ts'
import { bindCloudEvent, type CloudEventFormat } from '../../core/event/cloud-event.ts'
import type { Sink } from '../../ports-event.ts'
import { sendInLanes } from '../../runtime/sink-lane.ts'
import type { SinkPost } from '../../runtime/sink-post.ts'

export interface CDEventsSettings {
  url: string
  format: CloudEventFormat
}

/**
 * A receiver of CloudEvents over HTTP, such as a broker. Each CDEvent is a request of its own, in order per workload; a
 * 2xx is all that is read of an answer.
 */
export function createCDEventsSink({ url, format }: CDEventsSettings, post: SinkPost): Sink {
  const inOrder = async (events: readonly CDEvent[]) => {
    for (const event of events) await post({ what: 'the receiver of CDEvents', url, ...bindCloudEvent(event, format) })
  }
  return {
    name: 'cdevents',
    send: (transitions) => sendInLanes(transitions, (ofOneWorkload) => inOrder(ofOneWorkload.flatMap(renderCDEvents))),
    removed: (removals) => sendInLanes(removals, (ofOneWorkload) => inOrder(ofOneWorkload.map(renderRemovedService))),
  }
}

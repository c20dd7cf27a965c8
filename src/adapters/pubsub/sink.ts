import { z } from 'zod'
import { appTrailAttributes, renderAppTrailEvent } from '../../core/event/apptrail.ts'
import type { Transition } from '../../core/event/transition.ts'
import { FairleadError } from '../../errors.ts'
import type { Sink } from '../../ports-event.ts'
import { jsonOrNothing } from '../../runtime/json.ts'
import { sendInLanes } from '../../runtime/sink-lane.ts'
import { type SinkPost, sinkSecret } from '../../runtime/sink-post.ts'

export interface PubsubSettings {
  project: string
  topic: string
  /** `https://pubsub.googleapis.com`, a regional one, or an emulator. */
  endpoint: string
  agentVersion: string
}

/** A Google access token that is good now; undefined where none is wanted, as at an emulator. */
export type ReadToken = () => Promise<string | undefined>

const what = 'Pub/Sub'
/** Far below what a request may hold (1,000 messages, 10 MB). */
const batchSize = 100
const answerSchema = z.object({ messageIds: z.array(z.string()).max(batchSize) })

/**
 * A topic of Google Cloud Pub/Sub by REST. The data is AppTrail's payload, with its attributes and `event_id`. All
 * messages of a request must have one ordering key, so each workload, whose key it is, has requests of its own. A publish
 * that failed keeps nothing back: nobody but the server remembers keys. Source: Pub/Sub REST reference,
 * `projects.topics.publish` and `PubsubMessage`.
 */
export function createPubsubSink(
  { project, topic, endpoint, agentVersion }: PubsubSettings,
  { post, readToken }: { post: SinkPost; readToken: ReadToken },
): Sink {
  const path = `v1/projects/${encodeURIComponent(project)}/topics/${encodeURIComponent(topic)}:publish`
  const url = `${endpoint.replace(/\/+$/, '')}/${path}`

  async function publish(transitions: readonly Transition[]): Promise<void> {
    const token = await sinkSecret(what, readToken)
    const messages = transitions.map((one) => ({
      data: Buffer.from(JSON.stringify(renderAppTrailEvent(one, agentVersion))).toString('base64'),
      attributes: appTrailAttributes(one),
      orderingKey: orderingKey(one),
    }))
    const { body } = await post({
      what,
      url,
      headers: {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ messages }),
    })
    const answer = answerSchema.safeParse(jsonOrNothing(new TextDecoder().decode(body)))
    if (answer.success && answer.data.messageIds.length === messages.length) return
    throw new FairleadError('SinkUnavailable', `${what} does not say that it took the messages; is the address right?`)
  }

  return {
    name: 'pubsub',
    send: (transitions) =>
      sendInLanes(transitions, async (ofOneWorkload) => {
        for (let at = 0; at < ofOneWorkload.length; at += batchSize) {
          await publish(ofOneWorkload.slice(at, at + batchSize))
        }
      }),
  }
}

/** At most 1,024 bytes: a cluster's name has 253 characters, and may have several bytes each. */
function orderingKey({ cluster, workload: { kind, namespace, name } }: Transition): string {
  return `${cluster.slice(0, 100)}/${kind}/${namespace}/${name}`
}

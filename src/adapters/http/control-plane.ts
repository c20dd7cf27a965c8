import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { renderAppTrailEvent, renderAppTrailHeartbeat } from '../../core/event/apptrail.ts'
import type { Sink } from '../../ports-event.ts'
import type { MountedFile } from '../../runtime/mounted-file.ts'
import { type SinkPost, sinkSecret } from '../../runtime/sink-post.ts'

export interface ControlPlaneSettings {
  /** Base address; the endpoints are below it. */
  url: string
  /** Sent as `X-API-Key`; none is sent without it. */
  apiKey: MountedFile<string> | undefined
  /** `cluster.name` of the configuration. */
  cluster: string
  /** Of fairlead. */
  agentVersion: string
}

const what = 'the control plane'
const batchSize = 100
/** From this size on a body is compressed. */
const compressBytes = 10 * 1024
const compress = promisify(gzip)

/**
 * AppTrail's control plane, or what speaks its protocol: one event by itself, several as a JSON array, and a heartbeat.
 * A 2xx is all that is read of an answer. Source: apptrail-sh/agent, HTTP publisher.
 */
export function createControlPlaneSink(
  settings: ControlPlaneSettings,
  post: SinkPost,
): Sink & Required<Pick<Sink, 'heartbeat'>> {
  const { url, apiKey, cluster, agentVersion } = settings
  const base = url.replace(/\/+$/, '')

  async function send(path: string, value: unknown): Promise<void> {
    const key = await sinkSecret(what, async () => apiKey?.read())
    const text = Buffer.from(JSON.stringify(value))
    const isLarge = text.byteLength > compressBytes
    const headers = {
      'content-type': 'application/json',
      ...(key !== undefined && { 'x-api-key': key }),
      ...(isLarge && { 'content-encoding': 'gzip' }),
    }
    await post({ what, url: `${base}/ingest/v1/agent/${path}`, headers, body: isLarge ? await compress(text) : text })
  }

  return {
    name: 'controlPlane',
    async send(transitions) {
      for (let at = 0; at < transitions.length; at += batchSize) {
        const events = transitions.slice(at, at + batchSize).map((one) => renderAppTrailEvent(one, agentVersion))
        await (events.length === 1 ? send('events', events[0]) : send('events/batch', events))
      }
    },
    heartbeat: (at) => send('heartbeat', renderAppTrailHeartbeat({ clusterId: cluster, agentVersion }, at)),
  }
}

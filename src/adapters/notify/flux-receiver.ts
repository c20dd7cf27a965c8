import type { Http } from '../../ports.ts'
import type { EngineNotifier } from '../../ports-engine.ts'
import { type NotifySettings, postSigned } from './signed-post.ts'

/**
 * Flux' Receiver of the type `generic-hmac`, which has source-controller fetch the sources it names. Header and answers
 * as in notification-controller's internal/server/receiver_handlers.go; the body is there for its `resourceFilter`.
 */
export function createFluxReceiver(settings: NotifySettings, http: Http): EngineNotifier {
  return {
    name: 'fluxReceiver',
    notify: ({ repository, branch, before, after }) =>
      postSigned(http, {
        ...settings,
        what: "Flux' Receiver",
        signature: 'x-signature',
        body: { repository, branch, before, after },
        advice: {
          400: 'its type must be generic-hmac, and its token the one in notify.fluxReceiver.tokenFile',
          404: 'the path of notify.fluxReceiver.url must be the status.webhookPath of the Receiver',
          500: 'it could not mark all of its resources; see the log of notification-controller',
          503: 'it is suspended or not ready',
        },
      }),
  }
}

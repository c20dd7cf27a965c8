import { createArgocdWebhook } from './adapters/notify/argocd-webhook.ts'
import { createFluxReceiver } from './adapters/notify/flux-receiver.ts'
import type { Config } from './config-schema.ts'
import type { Http } from './ports.ts'
import type { EngineNotifier } from './ports-engine.ts'
import type { HttpHost } from './runtime/http.ts'
import { createSecretFile } from './runtime/mounted-file.ts'

/** The engines that are told to look after a push. Nothing is read or asked yet. */
export function openNotifiers(
  { notify: { fluxReceiver, argocdWebhook } }: Pick<Config, 'notify'>,
  { http, secretSeen }: { http: Http; secretSeen: (secret: string) => void },
): EngineNotifier[] {
  const settings = (url: string, path: string) => ({ url, secret: createSecretFile(path, secretSeen) })
  const notifiers: EngineNotifier[] = []
  if (fluxReceiver !== undefined) {
    notifiers.push(createFluxReceiver(settings(fluxReceiver.url, fluxReceiver.tokenFile), http))
  }
  if (argocdWebhook !== undefined) {
    notifiers.push(createArgocdWebhook(settings(argocdWebhook.url, argocdWebhook.secretFile), http))
  }
  return notifiers
}

/** How they are reached, by host. */
export function notifyHosts({ notify }: Pick<Config, 'notify'>): Record<string, HttpHost> {
  const endpoints = Object.values(notify).filter((one) => one !== undefined)
  return Object.fromEntries(
    endpoints.map(({ url, insecure, caFile }) => [
      new URL(url).host,
      { insecure, ...(caFile !== undefined && { caFile }) },
    ]),
  )
}

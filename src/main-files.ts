import { access, constants } from 'node:fs/promises'
import type { Config, RepositoryConfig } from './config-schema.ts'
import type { Log } from './ports.ts'

type NamedFile = [key: string, path: string | undefined]

/**
 * Says which files of the configuration are missing. It does not end the process: a Secret may be mounted later, and a
 * container that ends makes its whole pod unready.
 */
export async function reportMissingFiles(config: Config, log: Log): Promise<void> {
  for (const [key, path] of namedFiles(config)) {
    if (path === undefined || path === '') continue
    await access(path, constants.R_OK).catch(() => log.error({ key, path }, 'file cannot be read; is it mounted?'))
  }
}

/** Every file that the configuration names, under the key that names it. */
function namedFiles(config: Config): NamedFile[] {
  return [
    ...config.git.repositories.flatMap((one, index): NamedFile[] => [
      ...credentialFiles(one.credentials).map(
        ([key, path]): NamedFile => [`git.repositories[${index}].credentials.${key}`, path],
      ),
      [`git.repositories[${index}].host.tokenFile`, one.host?.tokenFile],
      [`git.repositories[${index}].caFile`, one.caFile],
      [`git.repositories[${index}].signing.keyFile`, one.signing?.format === 'ssh' ? one.signing.keyFile : undefined],
    ]),
    ...config.registries.flatMap((one, index): NamedFile[] => [
      [`registries[${index}].credentialsFile`, one.credentialsFile],
      [`registries[${index}].caFile`, one.caFile],
      [
        `registries[${index}].auth.credentialsFile`,
        one.auth?.provider === 'gcp' ? one.auth.credentialsFile : undefined,
      ],
    ]),
    ...config.keys.map((one, index): NamedFile => [`keys[${index}].publicKeyFile`, one.publicKeyFile]),
    ...config.webhooks.receivers.flatMap((one, index): NamedFile[] => [
      [`webhooks.receivers[${index}].secretFile`, one.secretFile],
      [`webhooks.receivers[${index}].oidc.caFile`, one.oidc?.caFile],
    ]),
    ['notify.fluxReceiver.tokenFile', config.notify.fluxReceiver?.tokenFile],
    ['notify.fluxReceiver.caFile', config.notify.fluxReceiver?.caFile],
    ['notify.argocdWebhook.secretFile', config.notify.argocdWebhook?.secretFile],
    ['notify.argocdWebhook.caFile', config.notify.argocdWebhook?.caFile],
    ...publisherFiles(config.publishers),
  ]
}

function publisherFiles({ controlPlane, slack, pubsub, cdevents, webhook }: Config['publishers']): NamedFile[] {
  return [
    ['publishers.controlPlane.apiKeyFile', controlPlane?.apiKeyFile],
    ['publishers.controlPlane.caFile', controlPlane?.caFile],
    ['publishers.slack.webhookUrlFile', slack?.webhookUrlFile],
    ['publishers.slack.botTokenFile', slack?.botTokenFile],
    ['publishers.pubsub.credentialsFile', pubsub?.credentialsFile],
    ['publishers.cdevents.caFile', cdevents?.caFile],
    ['publishers.webhook.secretFile', webhook?.secretFile],
    ['publishers.webhook.caFile', webhook?.caFile],
  ]
}

function credentialFiles(credentials: RepositoryConfig['credentials']): NamedFile[] {
  if (credentials === undefined) return []
  if ('githubApp' in credentials) return [['githubApp.privateKeyFile', credentials.githubApp.privateKeyFile]]
  return Object.entries(credentials)
}

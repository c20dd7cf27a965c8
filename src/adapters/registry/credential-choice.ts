import { FairleadError } from '../../errors.ts'
import type { Clock, Cluster, Http } from '../../ports.ts'
import type { HttpHost } from '../../runtime/http.ts'
import { createEcrSource, isContainerAgent } from './cloud/aws.ts'
import { createAcrSource } from './cloud/azure.ts'
import { createGcpSource } from './cloud/gcp.ts'
import { metadataHost } from './cloud/gcp-token.ts'
import type { CloudAuth, CloudDependencies, CloudEnvironment } from './cloud/identity.ts'
import { type CredentialSource, createCredentialSource } from './credential.ts'
import { type RegistryHostSettings, registryName } from './host.ts'
import { createPullSecretSource } from './pull-secret.ts'

/** What the ways to get credentials need from the outside. */
export interface SourceDependencies {
  /** Must allow plain http and trust the CA files of the same hosts: see `httpHostsOf`. */
  http: Http
  clock: Clock
  /** Told every password and token, so that the log can mask it. */
  secretSeen?: (secret: string) => void
  /** For hosts with `auth`. Its client is the only one that may reach a metadata service: see `metadataHostsOf`. */
  cloud?: { http: Http; environment: CloudEnvironment }
  /** For hosts with `pullSecrets`. */
  cluster?: Pick<Cluster, 'get'>
}

/** How we introduce ourselves to a host; undefined = not at all. */
export function createSource(
  host: RegistryHostSettings,
  dependencies: SourceDependencies,
): CredentialSource | undefined {
  const { clock, http, cluster, cloud, secretSeen = () => {} } = dependencies
  if (host.auth !== undefined) {
    if (cloud === undefined) throw new FairleadError('Internal', `no cloud is wired for ${host.host}`)
    const needed = { ...cloud, registryHttp: http, clock, secretSeen }
    return createCloudSource(registryName(host.host), host.auth, needed)
  }
  if (host.pullSecrets !== undefined) {
    if (cluster === undefined) throw new FairleadError('Internal', `no cluster is wired for ${host.host}`)
    return createPullSecretSource(host.pullSecrets, { cluster, clock, secretSeen })
  }
  return host.credentialsFile ? createCredentialSource(host.credentialsFile, secretSeen) : undefined
}

function createCloudSource(registry: string, auth: CloudAuth, deps: CloudDependencies): CredentialSource {
  switch (auth.provider) {
    case 'aws':
      return createEcrSource(registry, auth, deps)
    case 'gcp':
      return createGcpSource(registry, auth, deps)
    case 'azure':
      return createAcrSource(registry, auth, deps)
  }
}

/**
 * The hosts (`host:port`) of metadata services that the configured registries need, for the client that asks them and
 * nobody else: whatever a registry answers must never lead there.
 */
export function metadataHostsOf(
  hosts: readonly RegistryHostSettings[],
  environment: CloudEnvironment,
): (host: string) => HttpHost | undefined {
  const needs = (host: string, auth: CloudAuth | undefined) => {
    if (auth?.provider === 'aws') return isContainerAgent(host, environment)
    return auth?.provider === 'gcp' && metadataHost(auth, environment.googleApplicationCredentials) === host
  }
  return (host) => (hosts.some(({ auth }) => needs(host, auth)) ? { insecure: true, metadata: true } : undefined)
}

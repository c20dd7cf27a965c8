import type { Clock, Http } from '../../../ports.ts'

/** How a registry of a cloud is told who we are: by the identity of the pod, exchanged for a token of the registry. */
export type CloudAuth = AwsAuth | GcpAuth | AzureAuth

interface AnyCloudAuth {
  /** The registry's name is none of the provider's own; the token is sent there all the same. */
  trustHost?: boolean | undefined
}

export interface AwsAuth extends AnyCloudAuth {
  provider: 'aws'
  /** Default: from the registry's name. */
  region?: string | undefined
  /** Default `https://sts.<region>.amazonaws.com`. */
  stsURL?: string | undefined
  /** Default `https://api.ecr.<region>.amazonaws.com`. */
  apiURL?: string | undefined
}

export interface GcpAuth extends AnyCloudAuth {
  provider: 'gcp'
  /** A service account key or a workload identity federation file; default `GOOGLE_APPLICATION_CREDENTIALS`. */
  credentialsFile?: string | undefined
  /** Default `http://metadata.google.internal`; asked when there is no file. */
  metadataURL?: string | undefined
}

export interface AzureAuth extends AnyCloudAuth {
  provider: 'azure'
  /** Default `AZURE_AUTHORITY_HOST`, else the one of the registry's cloud. */
  authorityURL?: string | undefined
  /** What the token is asked for; default that of the registry's cloud. */
  scope?: string | undefined
}

/** The variables that workload identity webhooks put into a pod. */
export interface CloudEnvironment {
  awsRoleArn?: string | undefined
  awsWebIdentityTokenFile?: string | undefined
  awsContainerCredentialsFullUri?: string | undefined
  awsContainerAuthorizationTokenFile?: string | undefined
  googleApplicationCredentials?: string | undefined
  azureClientId?: string | undefined
  azureTenantId?: string | undefined
  azureFederatedTokenFile?: string | undefined
  azureAuthorityHost?: string | undefined
}

/** What exchanges need from the outside. */
export interface CloudDependencies {
  /** Asks the cloud's token services; the only client that may reach its metadata service (`metadataHostsOf`). */
  http: Http
  /** Asks the registry itself. */
  registryHttp: Http
  clock: Clock
  environment: CloudEnvironment
  /** Told every secret, so that the log can mask it. */
  secretSeen: (secret: string) => void
}

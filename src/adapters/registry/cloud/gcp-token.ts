import { importPKCS8, SignJWT } from 'jose'
import { z } from 'zod'
import { FairleadError } from '../../../errors.ts'
import { jsonOrNothing } from '../../../runtime/json.ts'
import { createMountedFile, createSecretFile } from '../../../runtime/mounted-file.ts'
import { exchangeJson, formPost } from './exchange.ts'
import type { Lease } from './expiring.ts'
import type { CloudDependencies, GcpAuth } from './identity.ts'

const scope = 'https://www.googleapis.com/auth/cloud-platform'
const defaultMetadataURL = 'http://metadata.google.internal'

const tokenSchema = z.object({ access_token: z.string().min(1).max(65_536), expires_in: z.number().optional() })
const impersonatedSchema = z.object({ accessToken: z.string().min(1).max(65_536), expireTime: z.string().max(64) })

const keyFileSchema = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1).max(256),
  private_key: z.string().min(1).max(16_384),
  private_key_id: z.string().max(256).optional(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
})

/** Source: Google AIP-4117 (external account credentials). */
const federationFileSchema = z.object({
  type: z.literal('external_account'),
  audience: z.string().min(1).max(1024),
  subject_token_type: z.string().min(1).max(256),
  token_url: z.url(),
  service_account_impersonation_url: z.url().optional(),
  credential_source: z.object({
    file: z.string().min(1),
    format: z.object({ type: z.string(), subject_token_field_name: z.string().optional() }).optional(),
  }),
})

const fileSchema = z.discriminatedUnion('type', [keyFileSchema, federationFileSchema])
type KeyFile = z.output<typeof keyFileSchema>
type FederationFile = z.output<typeof federationFileSchema>
type AccessToken = Lease<string>

/** What is asked for a token, and with what. */
export type GoogleDependencies = Pick<CloudDependencies, 'http' | 'clock' | 'environment' | 'secretSeen'>

/** Where the token comes from: the file, else `GOOGLE_APPLICATION_CREDENTIALS`, else the metadata server. */
export type GoogleAuth = Pick<GcpAuth, 'credentialsFile' | 'metadataURL'>

/** Fetches Google Cloud access tokens; it keeps none. */
export interface GoogleToken {
  /** The file or service it comes from, for messages. */
  name: string
  /** `RegistryAuthFailed`, `RegistryUnavailable`, `RegistryInvalid` or `ConfigInvalid`. */
  read(): Promise<Lease<string>>
}

/**
 * By a service account key, workload identity federation with a token file, or the metadata server (GKE workload
 * identity) when no file is named.
 */
export function createGoogleToken(auth: GoogleAuth, deps: GoogleDependencies): GoogleToken {
  const path = auth.credentialsFile || deps.environment.googleApplicationCredentials
  const fetch = path
    ? createFileReader(path, deps)
    : () => readMetadataToken(auth.metadataURL ?? defaultMetadataURL, deps)
  return {
    name: path ?? 'the Google Cloud identity of this pod',
    async read() {
      const token = await fetch()
      deps.secretSeen(token.value)
      return token
    },
  }
}

/** `host:port` of the metadata server, when that is what would be asked. */
export function metadataHost(auth: GoogleAuth, googleApplicationCredentials: string | undefined): string | undefined {
  if (auth.credentialsFile || googleApplicationCredentials) return undefined
  return new URL(auth.metadataURL ?? defaultMetadataURL).host
}

/** Source: Compute Engine documentation, "Obtain a service account token". */
async function readMetadataToken(metadataURL: string, { http }: GoogleDependencies): Promise<AccessToken> {
  const token = await exchangeJson(http, tokenSchema, {
    method: 'GET',
    url: new URL('/computeMetadata/v1/instance/service-accounts/default/token', metadataURL).href,
    headers: { 'metadata-flavor': 'Google' },
    what: 'the Google Cloud metadata server',
    remedy: 'bind the Kubernetes service account to a Google one, or name auth.credentialsFile',
  })
  return leaseOf(token)
}

function createFileReader(path: string, deps: GoogleDependencies): () => Promise<AccessToken> {
  const file = createMountedFile({ path, parse: (content) => parseFile(content, path) })
  return async () => {
    const credentials = await file.read()
    return credentials.type === 'service_account'
      ? readKeyToken(credentials, path, deps)
      : readFederatedToken(credentials, path, deps)
  }
}

function parseFile(content: string, path: string) {
  const json = jsonOrNothing(content)
  if (json === undefined) {
    throw new FairleadError('ConfigInvalid', `${path} is not JSON; a Google Cloud credentials file is wanted`)
  }
  const checked = fileSchema.safeParse(json)
  if (checked.success) return checked.data
  const where = checked.error.issues[0]?.path.join('.') || 'type'
  const wanted = 'a service_account key, or external_account with credential_source.file, is wanted'
  throw new FairleadError('ConfigInvalid', `${path}: ${where} is missing or of a kind that is not supported; ${wanted}`)
}

/** Source: Google identity documentation, "Using OAuth 2.0 for server to server applications". */
async function readKeyToken(key: KeyFile, path: string, { http, clock, secretSeen }: GoogleDependencies) {
  const signingKey = await importPKCS8(key.private_key, 'RS256').catch(() => {
    throw new FairleadError('ConfigInvalid', `${path}: private_key is no PKCS #8 key in PEM`)
  })
  const now = Math.floor(clock.now().getTime() / 1000)
  const assertion = await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', ...(key.private_key_id === undefined ? {} : { kid: key.private_key_id }) })
    .setIssuer(key.client_email)
    .setAudience(key.token_uri)
    .setIssuedAt(now)
    .setExpirationTime(now + 3600)
    .sign(signingKey)
  secretSeen(assertion)
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion }
  const token = await exchangeJson(http, tokenSchema, {
    ...formPost(key.token_uri, grant),
    what: `the Google token service for ${key.client_email}`,
    remedy: `check that the key in ${path} still exists`,
  })
  return leaseOf(token)
}

async function readFederatedToken(file: FederationFile, path: string, deps: GoogleDependencies): Promise<AccessToken> {
  const token = await exchangeJson(deps.http, tokenSchema, {
    ...formPost(file.token_url, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience: file.audience,
      scope,
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: file.subject_token_type,
      subject_token: await readSubjectToken(file, path, deps),
    }),
    what: 'the Google security token service',
    remedy: `check that the provider in ${path} (audience) accepts this cluster's tokens`,
  })
  deps.secretSeen(token.access_token)
  const url = file.service_account_impersonation_url
  return url === undefined ? leaseOf(token) : impersonate(url, token.access_token, deps)
}

async function readSubjectToken(
  { credential_source: { file: path, format } }: FederationFile,
  configPath: string,
  { secretSeen }: GoogleDependencies,
): Promise<string> {
  const content = await createSecretFile(path, secretSeen).read()
  if (format === undefined || format.type === 'text') return content
  const field = format.subject_token_field_name
  const checked = field === undefined ? undefined : z.record(z.string(), z.unknown()).safeParse(jsonOrNothing(content))
  const token = checked?.success === true && field !== undefined ? checked.data[field] : undefined
  if (typeof token !== 'string' || token === '') {
    const message = `${path} holds no token at the field that ${configPath} names (subject_token_field_name)`
    throw new FairleadError('ConfigInvalid', message)
  }
  secretSeen(token)
  return token
}

/** Source: IAM Service Account Credentials API, `generateAccessToken`. */
async function impersonate(url: string, token: string, { http, clock }: GoogleDependencies): Promise<AccessToken> {
  const { accessToken, expireTime } = await exchangeJson(http, impersonatedSchema, {
    method: 'POST',
    url,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: [scope], lifetime: '3600s' }),
    what: 'Google IAM (generateAccessToken)',
    remedy: 'give the federated identity roles/iam.workloadIdentityUser on that service account',
  })
  return { value: accessToken, lifetimeMs: Date.parse(expireTime) - clock.now().getTime() }
}

function leaseOf(token: z.output<typeof tokenSchema>): AccessToken {
  return { value: token.access_token, lifetimeMs: (token.expires_in ?? 0) * 1000 }
}

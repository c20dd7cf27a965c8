import { decodeJwt } from 'jose'
import { z } from 'zod'
import { FairleadError } from '../../../errors.ts'
import { createSecretFile } from '../../../runtime/mounted-file.ts'
import type { Credential, CredentialSource } from '../credential.ts'
import { exchangeJson, formPost } from './exchange.ts'
import { createExpiring, type Lease } from './expiring.ts'
import type { AzureAuth, CloudDependencies, CloudEnvironment } from './identity.ts'

const entraSchema = z.object({ access_token: z.string().min(1).max(65_536) })
const exchangeSchema = z.object({ refresh_token: z.string().min(1).max(65_536) })

/** Clouds by the ending of a registry's name. Source: Azure SDK, `AzureAuthorityHosts` and `ContainerRegistryAudience`. */
const clouds: Readonly<Record<string, { authority: string; scope: string }>> = {
  io: { authority: 'https://login.microsoftonline.com', scope: 'https://containerregistry.azure.net/.default' },
  cn: { authority: 'https://login.chinacloudapi.cn', scope: 'https://management.chinacloudapi.cn/.default' },
  us: { authority: 'https://login.microsoftonline.us', scope: 'https://management.usgovcloudapi.net/.default' },
}

/** The identity that Azure's workload identity webhook gave the pod. */
interface AzureIdentity {
  clientId: string
  tenantId: string
  tokenFile: string
}

/** Refresh tokens of a registry live three hours; one that does not say so is renewed within an hour. */
const unknownLifetimeMs = 3_600_000

/**
 * Credentials for Azure Container Registry: the pod's federated token → an Entra token → the registry's refresh token,
 * which its token endpoint exchanges. `ConfigInvalid` names the variable that is missing.
 */
export function createAcrSource(registry: string, auth: AzureAuth, deps: CloudDependencies): CredentialSource {
  const read = createExpiring(deps.clock, async (): Promise<Lease<Credential>> => {
    const cloud = cloudOf(registry, auth, deps.environment)
    const identity = identityOf(registry, deps.environment)
    const access = await readEntraToken(identity, cloud, deps)
    const { refresh_token: token } = await exchangeJson(deps.registryHttp, exchangeSchema, {
      ...formPost(`https://${registry}/oauth2/exchange`, {
        grant_type: 'access_token',
        service: registry,
        tenant: identity.tenantId,
        access_token: access,
      }),
      what: `${registry} (/oauth2/exchange)`,
      remedy: 'give the identity the role AcrPull on the registry',
    })
    deps.secretSeen(token)
    return { value: { type: 'identity', token }, lifetimeMs: lifetimeOf(token, deps.clock.now()) }
  })
  return { name: 'the Azure identity of this pod', find: read }
}

/** Source: Microsoft identity platform, client credentials with a federated credential. */
async function readEntraToken(
  { clientId, tenantId, tokenFile }: AzureIdentity,
  { authority, scope }: { authority: string; scope: string },
  { http, secretSeen }: CloudDependencies,
): Promise<string> {
  const { access_token } = await exchangeJson(http, entraSchema, {
    ...formPost(new URL(`/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, authority).href, {
      grant_type: 'client_credentials',
      client_id: clientId,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await createSecretFile(tokenFile, secretSeen).read(),
      scope,
    }),
    what: 'Microsoft Entra ID',
    remedy: `check the federated credential of the application ${clientId} (AZURE_CLIENT_ID): issuer, subject, audience`,
  })
  secretSeen(access_token)
  return access_token
}

function cloudOf(
  registry: string,
  { authorityURL, scope, trustHost }: AzureAuth,
  { azureAuthorityHost }: CloudEnvironment,
) {
  const ending = /^[a-z0-9-]+(?:\.[a-z0-9-]+\.data|\.[a-z0-9]+\.geo)?\.azurecr\.(io|cn|us)$/.exec(registry)?.[1]
  if (ending === undefined && trustHost !== true) {
    const message = `registries: ${registry} is no Azure Container Registry (*.azurecr.io), so it gets no token; set auth.trustHost: true if it is one`
    throw new FairleadError('ConfigInvalid', message)
  }
  const { authority = '', scope: usual = '' } = clouds[ending ?? 'io'] ?? {}
  return { authority: authorityURL ?? (azureAuthorityHost || authority), scope: scope ?? usual }
}

function identityOf(registry: string, environment: CloudEnvironment): AzureIdentity {
  const wanted = {
    AZURE_CLIENT_ID: environment.azureClientId,
    AZURE_TENANT_ID: environment.azureTenantId,
    AZURE_FEDERATED_TOKEN_FILE: environment.azureFederatedTokenFile,
  }
  const missing = Object.entries(wanted).flatMap(([name, value]) => (value ? [] : [name]))
  const {
    azureClientId: clientId = '',
    azureTenantId: tenantId = '',
    azureFederatedTokenFile: tokenFile = '',
  } = environment
  if (missing.length === 0) return { clientId, tenantId, tokenFile }
  const message = `registries: ${registry}: this pod has no Azure identity: ${missing.join(', ')} not set; label the pod azure.workload.identity/use: "true", annotate its service account with azure.workload.identity/client-id, then restart the pod`
  throw new FairleadError('ConfigInvalid', message)
}

function lifetimeOf(token: string, now: Date): number {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? unknownLifetimeMs : exp * 1000 - now.getTime()
  } catch {
    return unknownLifetimeMs
  }
}

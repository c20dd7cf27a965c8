import { FairleadError } from '../../../errors.ts'
import type { Credential, CredentialSource } from '../credential.ts'
import { createExpiring, type Lease } from './expiring.ts'
import { createGoogleToken } from './gcp-token.ts'
import type { CloudDependencies, GcpAuth } from './identity.ts'

const gcpHost = /^(?:[a-z0-9-]+\.)?gcr\.io$|^[a-z0-9-]+\.pkg\.dev$/

/** Credentials for Artifact Registry and Container Registry. */
export function createGcpSource(registry: string, auth: GcpAuth, deps: CloudDependencies): CredentialSource {
  const token = createGoogleToken(auth, deps)
  const find = createExpiring(deps.clock, async (): Promise<Lease<Credential>> => {
    if (!gcpHost.test(registry) && auth.trustHost !== true) {
      const message = `registries: ${registry} is no registry of Google Cloud (*.pkg.dev, gcr.io), so it gets no token; set auth.trustHost: true if it is one`
      throw new FairleadError('ConfigInvalid', message)
    }
    const { value, lifetimeMs } = await token.read()
    return { value: { type: 'basic', username: 'oauth2accesstoken', password: value }, lifetimeMs }
  })
  return { name: token.name, find }
}

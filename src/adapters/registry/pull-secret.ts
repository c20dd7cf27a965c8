import { z } from 'zod'
import { resources } from '../../api/kubernetes.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, Cluster } from '../../ports.ts'
import { createExpiring } from './cloud/expiring.ts'
import { type CredentialSource, type DockerConfig, findCredential, parseDockerConfig } from './credential.ts'

/** A Secret of type `kubernetes.io/dockerconfigjson`, or the older `kubernetes.io/dockercfg`. */
export interface PullSecret {
  namespace: string
  name: string
}

/** Secrets are read again after this long; a new password is seen no later. */
const readAgainMs = 5 * 60_000

const secretSchema = z.object({
  data: z
    .object({
      '.dockerconfigjson': z.string().max(2_000_000).optional(),
      '.dockercfg': z.string().max(2_000_000).optional(),
    })
    .optional(),
})

export interface PullSecretDependencies {
  cluster: Pick<Cluster, 'get'>
  clock: Clock
  secretSeen: (secret: string) => void
}

/**
 * Credentials from named Secrets of the cluster: the first with an entry for the host. Only `get` is needed, on these
 * names alone. A Secret that is missing or may not be read stands in nobody's way as long as another one has an entry;
 * else `ConfigInvalid` or `ApiForbidden` says which Role to apply.
 */
export function createPullSecretSource(secrets: readonly PullSecret[], deps: PullSecretDependencies): CredentialSource {
  const readers = secrets.map((secret) => ({
    label: `Secret ${secret.namespace}/${secret.name}`,
    read: createExpiring(deps.clock, async () => ({
      value: await readSecret(secret, deps.cluster),
      lifetimeMs: readAgainMs,
    })),
  }))
  const name = readers.map(({ label }) => label).join(', ')
  return {
    name,
    async find(registry, repository) {
      let failure: FairleadError | undefined
      for (const { label, read } of readers) {
        try {
          const credential = findCredential(await read(), { path: label, registry, repository })
          if (credential === undefined) continue
          deps.secretSeen(credential.type === 'basic' ? credential.password : credential.token)
          return credential
        } catch (thrown) {
          failure ??= asFairleadError(thrown)
        }
      }
      throw failure ?? new FairleadError('ConfigInvalid', `${name}: no entry for ${registry}; add one to auths`)
    },
  }
}

async function readSecret({ namespace, name }: PullSecret, cluster: Pick<Cluster, 'get'>): Promise<DockerConfig> {
  const label = `Secret ${namespace}/${name}`
  const object = await cluster.get(resources.secret, namespace, name).catch((thrown) => {
    const error = asFairleadError(thrown)
    if (error.code !== 'ApiForbidden') throw error
    const remedy = `apply a Role in ${namespace} with get on the Secret ${name}, see deploy/examples/pull-secret-role.yaml`
    throw new FairleadError('ApiForbidden', `${label} may not be read: ${remedy}`, { cause: error })
  })
  if (object === undefined) {
    throw new FairleadError('ConfigInvalid', `${label} does not exist; create it or remove it from pullSecrets`)
  }
  const checked = secretSchema.safeParse(object)
  const data = checked.success ? checked.data.data : undefined
  const current = data?.['.dockerconfigjson']
  const old = data?.['.dockercfg']
  if (current !== undefined) return parseDockerConfig(decode(current), label)
  if (old !== undefined) return parseDockerConfig(`{"auths":${decode(old)}}`, label)
  throw new FairleadError('ConfigInvalid', `${label} is no image pull Secret: it has no key .dockerconfigjson`)
}

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

import { z } from 'zod'
import { FairleadError } from '../../../errors.ts'
import { createSecretFile } from '../../../runtime/mounted-file.ts'
import type { Credential, CredentialSource } from '../credential.ts'
import { parseBody } from '../schema.ts'
import { exchange, exchangeJson, formPost } from './exchange.ts'
import { createExpiring, type Lease } from './expiring.ts'
import type { AwsAuth, CloudDependencies, CloudEnvironment } from './identity.ts'
import { type AwsKeys, signAwsRequest } from './sigv4.ts'

/** Source: registry host patterns of amazon-ecr-credential-helper (api/client.go) without the isolated partitions. */
const ecrHost = /^\d{12}\.dkr[.-]ecr(-fips)?\.([a-z0-9-]+)\.(amazonaws\.com(?:\.cn)?|amazonaws\.eu|on\.aws)$/

/** Where the identity of a registry's reader is had. */
interface AwsPlace {
  region: string
  stsURL: string
  apiURL: string
}

const authorizationSchema = z.object({
  authorizationData: z
    .array(z.object({ authorizationToken: z.string().min(1).max(65_536), expiresAt: z.number() }))
    .min(1),
})

const containerKeysSchema = z.object({
  AccessKeyId: z.string().min(1).max(256),
  SecretAccessKey: z.string().min(1).max(256),
  Token: z.string().min(1).max(16_384),
  Expiration: z.string().max(64),
})

/**
 * Credentials for ECR from the pod's identity: IRSA (`AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`) or EKS Pod Identity
 * (`AWS_CONTAINER_CREDENTIALS_FULL_URI`), then `ecr:GetAuthorizationToken`. `ConfigInvalid` names what is missing.
 */
export function createEcrSource(registry: string, auth: AwsAuth, deps: CloudDependencies): CredentialSource {
  const readKeys = createKeyReader(registry, auth, deps)
  const read = createExpiring(deps.clock, async (): Promise<Lease<Credential>> => {
    const place = placeOf(registry, auth)
    const { authorizationData } = await exchangeJson(deps.http, authorizationSchema, {
      ...authorizationRequest(place, await readKeys(), deps.clock.now()),
      what: `Amazon ECR of ${registry} (GetAuthorizationToken)`,
      remedy: 'give the role ecr:GetAuthorizationToken and read access to the repositories',
    })
    const [first] = authorizationData
    const pair = Buffer.from(first?.authorizationToken ?? '', 'base64').toString('utf8')
    const colon = pair.indexOf(':')
    if (colon < 1) throw new FairleadError('RegistryInvalid', `Amazon ECR of ${registry}: the token is no credential`)
    const password = pair.slice(colon + 1)
    deps.secretSeen(password)
    const value: Credential = { type: 'basic', username: pair.slice(0, colon), password }
    return { value, lifetimeMs: (first?.expiresAt ?? 0) * 1000 - deps.clock.now().getTime() }
  })
  return { name: 'the AWS identity of this pod', find: read }
}

function authorizationRequest({ region, apiURL }: AwsPlace, keys: AwsKeys, at: Date) {
  const url = new URL('/', apiURL)
  const body = '{}'
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  }
  const signed = signAwsRequest({ method: 'POST', url, headers, body }, keys, { region, service: 'ecr', at })
  return { method: 'POST', url: url.href, headers: signed, body } as const
}

/** The partition's services have the registry's ending; dual-stack names (`on.aws`) share those of the main one. */
function placeOf(registry: string, { region, stsURL, apiURL, trustHost }: AwsAuth): AwsPlace {
  const [, fips, ofName, ending = ''] = ecrHost.exec(registry) ?? []
  if (ofName === undefined && trustHost !== true) {
    const message = `registries: ${registry} is no private ECR registry (<account>.dkr.ecr.<region>.amazonaws.com), so it gets no AWS token; set auth.trustHost: true with auth.region and auth.apiURL if it is one`
    throw new FairleadError('ConfigInvalid', message)
  }
  const place = region ?? ofName
  if (place === undefined)
    throw new FairleadError('ConfigInvalid', `registries: ${registry}: set auth.region; its name does not tell it`)
  const domain = ending === 'on.aws' || ending === '' ? 'amazonaws.com' : ending
  return {
    region: place,
    stsURL: stsURL ?? `https://sts.${place}.${domain}`,
    apiURL: apiURL ?? `https://${fips === undefined ? 'api.ecr' : 'ecr-fips'}.${place}.${domain}`,
  }
}

function createKeyReader(registry: string, auth: AwsAuth, deps: CloudDependencies): () => Promise<AwsKeys> {
  const { environment, clock, secretSeen } = deps
  const { awsRoleArn, awsWebIdentityTokenFile, awsContainerCredentialsFullUri } = environment
  const seen = (lease: Lease<AwsKeys>) => {
    secretSeen(lease.value.secretAccessKey)
    secretSeen(lease.value.sessionToken ?? '')
    return lease
  }
  if (awsRoleArn && awsWebIdentityTokenFile) {
    const file = createSecretFile(awsWebIdentityTokenFile, secretSeen)
    return createExpiring(clock, async () => {
      const { stsURL } = placeOf(registry, auth)
      return seen(await assumeRole({ roleArn: awsRoleArn, token: await file.read(), stsURL }, deps))
    })
  }
  if (awsContainerCredentialsFullUri) return createExpiring(clock, async () => seen(await readContainerKeys(deps)))
  return async () => {
    const message = `registries: ${registry}: this pod has no AWS identity: neither AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set; annotate its service account with eks.amazonaws.com/role-arn or make a pod identity association, then restart the pod`
    throw new FairleadError('ConfigInvalid', message)
  }
}

async function assumeRole(
  { roleArn, token, stsURL }: { roleArn: string; token: string; stsURL: string },
  { http, clock }: CloudDependencies,
): Promise<Lease<AwsKeys>> {
  const what = 'AWS STS (AssumeRoleWithWebIdentity)'
  const form = formPost(new URL('/', stsURL).href, {
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: 'fairlead',
    WebIdentityToken: token,
  })
  const remedy = `check that the role ${roleArn} trusts this service account (AWS_ROLE_ARN)`
  const text = new TextDecoder().decode(await exchange(http, { ...form, what, remedy }))
  const element = (name: string) => {
    const value = new RegExp(`<${name}>([^<&]{1,16384})</${name}>`).exec(text)?.[1]
    if (value === undefined) throw new FairleadError('RegistryInvalid', `${what}: the answer holds no ${name}`)
    return value.trim()
  }
  return {
    value: {
      accessKeyId: element('AccessKeyId'),
      secretAccessKey: element('SecretAccessKey'),
      sessionToken: element('SessionToken'),
    },
    lifetimeMs: Date.parse(element('Expiration')) - clock.now().getTime(),
  }
}

/** Source: AWS SDK reference, "Container credential provider"; the agent of EKS Pod Identity speaks it. */
async function readContainerKeys({ http, clock, environment, secretSeen }: CloudDependencies): Promise<Lease<AwsKeys>> {
  const url = requireAgent(environment)
  const path = environment.awsContainerAuthorizationTokenFile
  const authorization = path ? await createSecretFile(path, secretSeen).read() : undefined
  const what = 'the AWS container credential service'
  const body = await exchange(http, {
    method: 'GET',
    url,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
    what,
    remedy: 'check the pod identity association and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE',
  })
  const keys = parseBody(containerKeysSchema, body, what)
  return {
    value: { accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey, sessionToken: keys.Token },
    lifetimeMs: Date.parse(keys.Expiration) - clock.now().getTime(),
  }
}

/** Plain http is spoken with these alone, as in AWS' own SDKs: ECS, EKS Pod Identity and a proxy in the pod. */
const plainHosts: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]', '127.0.0.1'])

/** Is this the agent in the node (`host:port`) that hands out the pod's keys over plain http? */
export function isContainerAgent(host: string, { awsContainerCredentialsFullUri: uri }: CloudEnvironment): boolean {
  if (!uri || !URL.canParse(uri)) return false
  const url = new URL(uri)
  return url.protocol === 'http:' && url.host === host && plainHosts.has(url.hostname)
}

function requireAgent(environment: CloudEnvironment): string {
  const { awsContainerCredentialsFullUri: uri = '' } = environment
  if (URL.canParse(uri)) {
    const url = new URL(uri)
    if (url.protocol === 'https:' || isContainerAgent(url.host, environment)) return url.href
  }
  const message = 'AWS_CONTAINER_CREDENTIALS_FULL_URI is set, but is neither an https URL nor that of a known agent'
  throw new FairleadError('ConfigInvalid', message)
}

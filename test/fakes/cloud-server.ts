import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { importSPKI, jwtVerify, SignJWT } from 'jose'

/** What a token service is asked, and what it answers. */
interface Asked {
  host: string
  path: string
  headers: IncomingMessage['headers']
  form: URLSearchParams
  body: string
}

interface Answer {
  status: number
  body: string
}

export interface CloudWorld {
  /** The cloud's own time; tokens are good for an hour from it. */
  now: () => Date
  /** AWS: what the role trusts. */
  roleArn?: string
  /** The pod's token, as AWS, Google or Azure want to see it. */
  podToken?: string
  /** Google: key that the service account's assertions must be signed with (PEM, SPKI). */
  serviceAccountKey?: string
  /** Google: audience of the workload identity provider. */
  audience?: string
}

/** The token services of three clouds on one loopback port; the Host header says which one is meant. */
export interface CloudServer {
  /** `127.0.0.1:port` */
  readonly host: string
  /** `host path` of everything that was asked, in order. */
  readonly asked: readonly string[]
  readonly world: CloudWorld
  /** What a registry must be shown: the passwords and refresh tokens handed out, newest last. */
  readonly handedOut: readonly string[]
  /** Every service answers this until it is called with undefined. */
  failWith(answer: Answer | undefined): void
  close(): Promise<void>
}

const json = (value: unknown): Answer => ({ status: 200, body: JSON.stringify(value) })
const refuse = (error: string): Answer => ({ status: 400, body: JSON.stringify({ error, error_description: 'no' }) })
const hour = 3_600_000
/** Signs what Azure's registry hands out; nobody verifies it, its `exp` is read. */
const anyKey = new TextEncoder().encode('a key that only this fake knows!')

export async function startCloudServer(world: CloudWorld): Promise<CloudServer> {
  const asked: string[] = []
  const handedOut: string[] = []
  let failure: Answer | undefined

  const handOut = (prefix: string) => {
    const token = `${prefix}-${handedOut.length + 1}`
    handedOut.push(token)
    return token
  }

  const services: Record<string, (one: Asked) => Answer | Promise<Answer>> = {
    'sts.eu-central-1.amazonaws.com /': ({ form }) => assumeRole(form, world),
    '169.254.170.23 /v1/credentials': ({ headers }) => containerKeys(headers.authorization, world),
    'api.ecr.eu-central-1.amazonaws.com /': (one) =>
      hasAwsSignature(one, 'ecr', 'eu-central-1')
        ? json({ authorizationData: [ecrToken(handOut('ecr-password'), world)] })
        : { status: 403, body: '{"__type":"InvalidSignatureException","message":"no"}' },
    'metadata.google.internal /computeMetadata/v1/instance/service-accounts/default/token': ({ headers }) =>
      headers['metadata-flavor'] === 'Google'
        ? json({ access_token: handOut('metadata-token'), expires_in: 3600 })
        : refuse('missing_flavor'),
    'oauth2.googleapis.com /token': async ({ form }) =>
      (await isAssertion(form, world))
        ? json({ access_token: handOut('key-token'), expires_in: 3600 })
        : refuse('invalid_grant'),
    'sts.googleapis.com /v1/token': ({ form }) =>
      form.get('audience') === world.audience && form.get('subject_token') === world.podToken
        ? json({ access_token: handOut('federated-token'), expires_in: 3600 })
        : refuse('invalid_target'),
    'iamcredentials.googleapis.com /v1/projects/-/serviceAccounts/robot@acme.example:generateAccessToken': (one) =>
      one.headers.authorization === `Bearer ${handedOut.at(-1)}`
        ? json({ accessToken: handOut('impersonated-token'), expireTime: later(world) })
        : refuse('permission_denied'),
    'login.microsoftonline.com /tenant-1/oauth2/v2.0/token': ({ form }) =>
      form.get('client_assertion') === world.podToken &&
      form.get('client_id') === 'client-1' &&
      form.get('scope') === 'https://containerregistry.azure.net/.default'
        ? json({ access_token: 'entra-token', expires_in: 3600 })
        : refuse('invalid_client'),
    'acme.azurecr.io /oauth2/exchange': async ({ form }) => {
      const isEntra = form.get('access_token') === 'entra-token' && form.get('service') === 'acme.azurecr.io'
      if (!isEntra || form.get('tenant') !== 'tenant-1') return refuse('UNAUTHORIZED')
      const claims = new SignJWT({ jti: `${handedOut.length}` }).setProtectedHeader({ alg: 'HS256' })
      const token = await claims.setExpirationTime(Math.floor((world.now().getTime() + 3 * hour) / 1000)).sign(anyKey)
      handedOut.push(token)
      return json({ refresh_token: token })
    },
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://cloud')
    const { host = '' } = request.headers
    const body = Buffer.concat(await request.toArray()).toString()
    const key = `${host} ${url.pathname}`
    asked.push(key)
    const one = { host, path: url.pathname, headers: request.headers, form: new URLSearchParams(body), body }
    const answer = failure ?? (await services[key]?.(one)) ?? { status: 404, body: '' }
    response.writeHead(answer.status).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()

  return {
    host: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    asked,
    world,
    handedOut,
    failWith(answer) {
      failure = answer
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

const later = ({ now }: CloudWorld) => new Date(now().getTime() + hour).toISOString()

/** The identity that STS and the container agent hand out; its session token differs from the key's owner. */
const aws = { id: 'ASIAEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG', session: 'session-token' }

function assumeRole(form: URLSearchParams, world: CloudWorld): Answer {
  const right = form.get('Action') === 'AssumeRoleWithWebIdentity' && form.get('Version') === '2011-06-15'
  if (!right || form.get('RoleArn') !== world.roleArn || form.get('WebIdentityToken') !== world.podToken) {
    return { status: 400, body: '<ErrorResponse><Error><Code>InvalidIdentityToken</Code></Error></ErrorResponse>' }
  }
  const credentials = `<Credentials><AccessKeyId>${aws.id}</AccessKeyId><SecretAccessKey>${aws.secret}</SecretAccessKey><SessionToken>${aws.session}</SessionToken><Expiration>${later(world)}</Expiration></Credentials>`
  const result = `<AssumeRoleWithWebIdentityResult>${credentials}</AssumeRoleWithWebIdentityResult>`
  return { status: 200, body: `<AssumeRoleWithWebIdentityResponse>${result}</AssumeRoleWithWebIdentityResponse>` }
}

function containerKeys(authorization: string | undefined, world: CloudWorld): Answer {
  if (authorization !== world.podToken) return { status: 401, body: '{}' }
  return json({ AccessKeyId: aws.id, SecretAccessKey: aws.secret, Token: aws.session, Expiration: later(world) })
}

function ecrToken(password: string, world: CloudWorld) {
  const authorizationToken = Buffer.from(`AWS:${password}`).toString('base64')
  return { authorizationToken, expiresAt: world.now().getTime() / 1000 + 12 * 3600 }
}

/** Signature Version 4 from the receiver's side, from what arrived; nothing of the program's own signer is used. */
function hasAwsSignature({ path, headers, body }: Asked, service: string, region: string): boolean {
  const given = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/
  const [, id, day = '', scope, names = '', signature] = given.exec(headers.authorization ?? '') ?? []
  const mustBeSigned = ['host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']
  if (id !== aws.id || scope !== `${region}/${service}/aws4_request`) return false
  if (!mustBeSigned.every((name) => names.split(';').includes(name))) return false
  if (headers['x-amz-security-token'] !== aws.session) return false
  const lines = names.split(';').map((name) => `${name}:${headers[name]}\n`)
  const hash = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = `POST\n${path}\n\n${lines.join('')}\n${names}\n${hash(body)}`
  const text = `AWS4-HMAC-SHA256\n${headers['x-amz-date']}\n${day}/${scope}\n${hash(canonical)}`
  let key = Buffer.from(`AWS4${aws.secret}`)
  for (const part of [day, region, service, 'aws4_request']) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(text).digest('hex') === signature
}

async function isAssertion(form: URLSearchParams, world: CloudWorld): Promise<boolean> {
  const key = await importSPKI(world.serviceAccountKey ?? '', 'RS256')
  const checked = await jwtVerify(form.get('assertion') ?? '', key, {
    audience: 'https://oauth2.googleapis.com/token',
    issuer: 'robot@acme.example',
    currentDate: world.now(),
    maxTokenAge: '1h',
  }).catch(() => undefined)
  const scope = checked?.payload['scope']
  const isGrant = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  return isGrant && scope === 'https://www.googleapis.com/auth/cloud-platform'
}

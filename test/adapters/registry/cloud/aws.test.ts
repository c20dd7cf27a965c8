import { describe, expect, it } from 'vitest'
import type { CloudEnvironment } from '../../../../src/adapters/registry/cloud/identity.ts'
import { metadataHostsOf } from '../../../../src/adapters/registry/credential-choice.ts'
import { aCloud, failureOf } from './cloud-world.ts'

const ecr = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const roleArn = 'arn:aws:iam::123456789012:role/fairlead'
const aws = { provider: 'aws' } as const

async function withRole(podToken = 'pod-token', trusted = podToken) {
  const cloud = await aCloud({ roleArn, podToken: trusted })
  const environment = { awsRoleArn: roleArn, awsWebIdentityTokenFile: cloud.project('token', `${podToken}\n`) }
  return { ...cloud, environment }
}

describe('the AWS identity of a pod', () => {
  it('becomes a password of ECR by the role of its service account', async () => {
    const { source, environment, server, secrets } = await withRole()
    const credential = await source(ecr, aws, environment).find(ecr, 'acme/web')
    expect(credential).toEqual({ type: 'basic', username: 'AWS', password: 'ecr-password-1' })
    expect(server.asked).toEqual(['sts.eu-central-1.amazonaws.com /', 'api.ecr.eu-central-1.amazonaws.com /'])
    expect([...secrets].sort()).toEqual(['ecr-password-1', 'pod-token', 'session-token', 'wJalrXUtnFEMI/K7MDENG'])
  })

  it('becomes a password of ECR by EKS Pod Identity', async () => {
    const { source, project, server } = await aCloud({ podToken: 'pod-token' })
    const environment = {
      awsContainerCredentialsFullUri: 'http://169.254.170.23/v1/credentials',
      awsContainerAuthorizationTokenFile: project('token', 'pod-token'),
    }
    const credential = await source(ecr, aws, environment).find(ecr, 'acme/web')
    expect(credential).toMatchObject({ username: 'AWS', password: 'ecr-password-1' })
    expect(server.asked[0]).toBe('169.254.170.23 /v1/credentials')
  })

  it('is asked for once by many, kept, and renewed before it ends', async () => {
    const { source, environment, server, clock } = await withRole()
    const { find } = source(ecr, aws, environment)
    await Promise.all(Array.from({ length: 5 }, () => find(ecr, 'acme/web')))
    await clock.advance(9 * 3_600_000)
    expect(await find(ecr, 'acme/api')).toMatchObject({ password: 'ecr-password-1' })
    expect(server.asked).toHaveLength(2)
    await clock.advance(3_600_000)
    expect(await find(ecr, 'acme/api')).toMatchObject({ password: 'ecr-password-2' })
    expect(server.asked).toHaveLength(4)
  })

  it('is kept while its renewal fails, until it ends', async () => {
    const { source, environment, server, clock } = await withRole()
    const { find } = source(ecr, aws, environment)
    await find(ecr, 'acme/web')
    server.failWith({ status: 503, body: '' })
    await clock.advance(10 * 3_600_000)
    expect(await find(ecr, 'acme/web')).toMatchObject({ password: 'ecr-password-1' })
    await clock.advance(2 * 3_600_000)
    expect(await failureOf(find(ecr, 'acme/web'))).toMatchObject({ code: 'RegistryUnavailable', kind: 'transient' })
  })

  it('that the role does not trust is refused with the role, the code of AWS and no token', async () => {
    const { source, environment } = await withRole('pod-token', 'another-token')
    const failure = await failureOf(source(ecr, aws, environment).find(ecr, 'acme/web'))
    expect(failure).toMatchObject({ code: 'RegistryAuthFailed' })
    expect(failure.message).toMatch(/\(InvalidIdentityToken\).*AWS_ROLE_ARN/)
    expect(failure.message).toContain(roleArn)
    expect(failure.stack).not.toContain('pod-token')
  })

  const missing: [string, string, CloudEnvironment, RegExp][] = [
    ['without any variable', ecr, {}, /AWS_ROLE_ARN with AWS_WEB_IDENTITY_TOKEN_FILE nor AWS_CONTAINER/],
    ['with half of them', ecr, { awsRoleArn: roleArn }, /role-arn or make a pod identity association/],
    [
      'whose token file is not mounted',
      ecr,
      { awsRoleArn: roleArn, awsWebIdentityTokenFile: '/does/not/exist' },
      /\/does\/not\/exist.*is it mounted/,
    ],
    [
      'whose agent is some other host',
      ecr,
      { awsContainerCredentialsFullUri: 'http://10.0.0.1/credentials' },
      /AWS_CONTAINER_CREDENTIALS_FULL_URI/,
    ],
    [
      'for a host that is not ECR',
      'registry.example.com',
      { awsRoleArn: roleArn, awsWebIdentityTokenFile: '/x' },
      /trustHost/,
    ],
    [
      'for the public gallery',
      'public.ecr.aws',
      { awsRoleArn: roleArn, awsWebIdentityTokenFile: '/x' },
      /no private ECR/,
    ],
    [
      'for a name that only looks like ECR',
      `${ecr}.evil.example`,
      { awsRoleArn: roleArn, awsWebIdentityTokenFile: '/x' },
      /no private ECR/,
    ],
  ]
  it.each(missing)('%s is a mistake of the configuration', async (_, host, environment, message) => {
    const { source, server } = await aCloud()
    const failure = await failureOf(source(host, aws, environment).find(host, 'acme/web'))
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) })
    expect(server.asked).toEqual([])
  })

  const places: [string, object, string, string][] = [
    ['210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn', {}, 'sts.cn-north-1.amazonaws.com.cn', 'China'],
    ['123456789012.dkr.ecr-fips.us-east-1.amazonaws.com', {}, 'sts.us-east-1.amazonaws.com', 'FIPS'],
    ['123456789012.dkr-ecr.us-west-2.on.aws', {}, 'sts.us-west-2.amazonaws.com', 'dual stack'],
    [ecr, { stsURL: 'https://vpce-1.sts.example.com' }, 'vpce-1.sts.example.com', 'an endpoint of our own'],
    ['ecr.corp.example', { trustHost: true, region: 'eu-west-1' }, 'sts.eu-west-1.amazonaws.com', 'a name of our own'],
  ]
  it.each(places)('of %s %j is had from %s (%s)', async (host, extra, sts) => {
    const { source, environment, server } = await withRole()
    await failureOf(source(host, { ...aws, ...extra }, environment).find(host, 'acme/web'))
    expect(server.asked[0]).toBe(`${sts} /`)
  })

  it.each([
    ['no list', '{}'],
    ['an empty list', '{"authorizationData":[]}'],
    ['no pair', '{"authorizationData":[{"authorizationToken":"eA==","expiresAt":1}]}'],
    ['no JSON', '<html>'],
  ])('is not read from an answer with %s', async (_, body) => {
    const { source, project, server } = await aCloud({ podToken: 'pod-token' })
    const path = project('token', 'pod-token')
    const environment = { awsRoleArn: roleArn, awsWebIdentityTokenFile: path }
    server.failWith({ status: 200, body })
    expect(await failureOf(source(ecr, aws, environment).find(ecr, 'x'))).toMatchObject({ code: 'RegistryInvalid' })
  })
})

describe('metadata services', () => {
  const uri = 'http://169.254.170.23/v1/credentials'
  const rows: [string, object | undefined, CloudEnvironment, string, boolean][] = [
    ['the pod identity agent', aws, { awsContainerCredentialsFullUri: uri }, '169.254.170.23', true],
    ['another address', aws, { awsContainerCredentialsFullUri: uri }, '169.254.169.254', false],
    ['the agent, not configured', undefined, { awsContainerCredentialsFullUri: uri }, '169.254.170.23', false],
    ['an agent that is none', aws, { awsContainerCredentialsFullUri: 'http://10.0.0.1/' }, '10.0.0.1', false],
    ["Google's server", { provider: 'gcp' }, {}, 'metadata.google.internal', true],
    ["Google's server, with a file", { provider: 'gcp', credentialsFile: '/x' }, {}, 'metadata.google.internal', false],
    ["Google's server for Azure", { provider: 'azure' }, {}, 'metadata.google.internal', false],
  ]
  it.each(rows)('%s', (_, auth, environment, host, expected) => {
    const settings = { host: 'registry.example.com', ...(auth === undefined ? {} : { auth: auth as typeof aws }) }
    const found = metadataHostsOf([settings], environment)(host)
    expect(found).toEqual(expected ? { insecure: true, metadata: true } : undefined)
  })
})

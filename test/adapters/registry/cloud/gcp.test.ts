import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { aCloud, failureOf } from './cloud-world.ts'

const gar = 'europe-docker.pkg.dev'
const gcp = { provider: 'gcp' } as const
const audience = '//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/cluster'
const newPair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
const pair = newPair()
const keyFile = {
  type: 'service_account',
  client_email: 'robot@acme.example',
  private_key: pair.privateKey,
  private_key_id: 'key-1',
  token_uri: 'https://oauth2.googleapis.com/token',
}
const federation = (file: string, more: object = {}) => ({
  type: 'external_account',
  audience,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
  token_url: 'https://sts.googleapis.com/v1/token',
  credential_source: { file },
  ...more,
})
const robot =
  'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/robot@acme.example:generateAccessToken'

describe('a Google Cloud identity', () => {
  it('is the one of the pod, from the metadata server', async () => {
    const { source, server, secrets } = await aCloud()
    const credential = await source(gar, gcp, {}).find(gar, 'acme/docker/web')
    expect(credential).toEqual({ type: 'basic', username: 'oauth2accesstoken', password: 'metadata-token-1' })
    expect(server.asked).toHaveLength(1)
    expect([...secrets]).toEqual(['metadata-token-1'])
  })

  it('is a service account, by an assertion signed with its key', async () => {
    const { source, project } = await aCloud({ serviceAccountKey: pair.publicKey })
    const credentialsFile = project('key.json', JSON.stringify(keyFile))
    const credential = await source(gar, { ...gcp, credentialsFile }, {}).find(gar, 'x')
    expect(credential).toMatchObject({ password: 'key-token-1' })
  })

  it('whose key was replaced is refused, without the assertion', async () => {
    const { source, project, secrets } = await aCloud({ serviceAccountKey: newPair().publicKey })
    const credentialsFile = project('key.json', JSON.stringify(keyFile))
    const failure = await failureOf(source(gar, { ...gcp, credentialsFile }, {}).find(gar, 'x'))
    expect(failure).toMatchObject({
      code: 'RegistryAuthFailed',
      message: expect.stringMatching(/invalid_grant.*key\.json/),
    })
    for (const secret of secrets) expect(failure.stack).not.toContain(secret)
  })

  it('is federated from the token of the pod, of a file named by GOOGLE_APPLICATION_CREDENTIALS', async () => {
    const { source, project } = await aCloud({ audience, podToken: 'pod-token' })
    const googleApplicationCredentials = project('c.json', JSON.stringify(federation(project('token', 'pod-token\n'))))
    const credential = await source('gcr.io', gcp, { googleApplicationCredentials }).find('gcr.io', 'acme/web')
    expect(credential).toMatchObject({ password: 'federated-token-1' })
  })

  it('is federated from a field of a JSON file, and impersonates a service account', async () => {
    const { source, project, server } = await aCloud({ audience, podToken: 'pod-token' })
    const format = { type: 'json', subject_token_field_name: 'token' }
    const file = project('token.json', JSON.stringify({ token: 'pod-token' }))
    const settings = federation(file, {
      credential_source: { file, format },
      service_account_impersonation_url: robot,
    })
    const credentialsFile = project('c.json', JSON.stringify(settings))
    const credential = await source(gar, { ...gcp, credentialsFile }, {}).find(gar, 'x')
    expect(credential).toMatchObject({ password: 'impersonated-token-2' })
    expect(server.asked.map((one) => one.split(' ')[0])).toEqual([
      'sts.googleapis.com',
      'iamcredentials.googleapis.com',
    ])
  })

  it('is renewed before it ends, with the newest token of the pod', async () => {
    const { source, project, server, clock } = await aCloud({ audience, podToken: 'pod-token' })
    const token = project('token', 'pod-token')
    const credentialsFile = project('c.json', JSON.stringify(federation(token)))
    const { find } = source(gar, { ...gcp, credentialsFile }, {})
    await find(gar, 'x')
    project('token', 'pod-token-rotated')
    server.world.podToken = 'pod-token-rotated'
    await clock.advance(50 * 60_000)
    expect(await find(gar, 'x')).toMatchObject({ password: 'federated-token-2' })
  })

  const refused: [string, unknown, RegExp][] = [
    ['a user', { type: 'authorized_user', refresh_token: 'hunter2hunter2' }, /type is missing or of a kind/],
    ['no type', { private_key: 'hunter2hunter2' }, /type is missing/],
    ['an executable', federation('x', { credential_source: { executable: {} } }), /credential_source\.file/],
    ['a key that is none', { ...keyFile, private_key: 'hunter2hunter2' }, /private_key is no PKCS #8/],
    ['a token file that is not mounted', federation('/does/not/exist'), /is it mounted/],
  ]
  it.each(refused)('from a file with %s is refused, naming the file', async (_, content, message) => {
    const { source, project, server } = await aCloud()
    const credentialsFile = project('c.json', JSON.stringify(content))
    const failure = await failureOf(source(gar, { ...gcp, credentialsFile }, {}).find(gar, 'x'))
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) })
    expect(failure.stack).not.toContain('hunter2')
    expect(server.asked).toEqual([])
  })

  it.each(['registry.example.com', 'pkg.dev', 'evilgcr.io', 'gcr.io.evil.example', 'a.b.pkg.dev'])(
    'is not shown to %s',
    async (host) => {
      const { source, server } = await aCloud()
      const failure = await failureOf(source(host, gcp, {}).find(host, 'x'))
      expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(/trustHost/) })
      expect(server.asked).toEqual([])
    },
  )
})

import { describe, expect, it } from 'vitest'
import { aCloud, failureOf } from './cloud-world.ts'

const acr = 'acme.azurecr.io'
const azure = { provider: 'azure' } as const

async function withIdentity(podToken = 'pod-token') {
  const cloud = await aCloud({ podToken: 'pod-token' })
  const environment = {
    azureClientId: 'client-1',
    azureTenantId: 'tenant-1',
    azureFederatedTokenFile: cloud.project('token', podToken),
  }
  return { ...cloud, environment }
}

describe('the Azure identity of a pod', () => {
  it('becomes a refresh token of the registry', async () => {
    const { source, environment, server, secrets } = await withIdentity()
    const credential = await source(acr, azure, environment).find(acr, 'web')
    expect(credential).toEqual({ type: 'identity', token: server.handedOut[0] })
    expect(server.asked).toEqual([
      'login.microsoftonline.com /tenant-1/oauth2/v2.0/token',
      'acme.azurecr.io /oauth2/exchange',
    ])
    expect(secrets).toEqual(new Set(['pod-token', 'entra-token', server.handedOut[0]]))
  })

  it('is renewed before the three hours of the refresh token are over', async () => {
    const { source, environment, server, clock } = await withIdentity()
    const { find } = source(acr, azure, environment)
    await find(acr, 'web')
    await clock.advance(2 * 3_600_000)
    await find(acr, 'web')
    expect(server.handedOut).toHaveLength(1)
    await clock.advance(3_600_000 / 2)
    expect(await find(acr, 'web')).toEqual({ type: 'identity', token: server.handedOut[1] })
  })

  it('that Entra does not know is refused with what to check', async () => {
    const { source, environment } = await withIdentity('forged-token')
    const failure = await failureOf(source(acr, azure, environment).find(acr, 'web'))
    expect(failure).toMatchObject({ code: 'RegistryAuthFailed' })
    expect(failure.message).toMatch(/invalid_client.*client-1 \(AZURE_CLIENT_ID\)/)
    expect(failure.stack).not.toContain('forged-token')
  })

  it('names every variable that is missing', async () => {
    const { source } = await aCloud()
    const failure = await failureOf(source(acr, azure, { azureClientId: 'client-1' }).find(acr, 'web'))
    expect(failure).toMatchObject({ code: 'ConfigInvalid' })
    expect(failure.message).toMatch(/AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE not set/)
  })

  const clouds: [string, object, object, string][] = [
    ['acme.azurecr.cn', {}, {}, 'login.chinacloudapi.cn'],
    ['acme.azurecr.us', {}, {}, 'login.microsoftonline.us'],
    [acr, {}, { azureAuthorityHost: 'https://login.corp.example/' }, 'login.corp.example'],
    [acr, { authorityURL: 'https://login.own.example' }, {}, 'login.own.example'],
    ['images.corp.example', { trustHost: true }, {}, 'login.microsoftonline.com'],
  ]
  it.each(clouds)('for %s with %j and %j is had from %s', async (host, auth, variables, authority) => {
    const { source, environment, server } = await withIdentity()
    await failureOf(source(host, { ...azure, ...auth }, { ...environment, ...variables }).find(host, 'web'))
    expect(server.asked[0]).toBe(`${authority} /tenant-1/oauth2/v2.0/token`)
  })

  it.each(['registry.example.com', 'acme.azurecr.io.evil.example', 'azurecr.io'])(
    'is not shown to %s',
    async (host) => {
      const { source, environment, server } = await withIdentity()
      const failure = await failureOf(source(host, azure, environment).find(host, 'web'))
      expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(/trustHost/) })
      expect(server.asked).toEqual([])
    },
  )
})

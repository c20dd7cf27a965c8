import { describe, expect, it } from 'vitest'
import { createPullSecretSource } from '../../../src/adapters/registry/pull-secret.ts'
import { resources } from '../../../src/api/kubernetes.ts'
import { FairleadError } from '../../../src/errors.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { createFakeCluster } from '../../fakes/cluster.ts'
import { failureOf } from './cloud/cloud-world.ts'

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64')
const auths = (host: string, password: string) => ({ auths: { [host]: { username: 'robot', password } } })

function aCluster(secrets: Record<string, Record<string, string>>) {
  const clock = createManualClock()
  const { cluster, objects } = createFakeCluster([resources.secret])
  const denied = new Set<string>()
  const put = (name: string, data: Record<string, string>) => {
    const metadata = { namespace: 'prod', name }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, data }
    const live = objects.get(resources.secret, 'prod', name)
    if (live === undefined) objects.create(resources.secret, secret)
    else objects.update(resources.secret, { ...live, ...secret, metadata: live.metadata }, 'object')
  }
  for (const [name, data] of Object.entries(secrets)) put(name, data)
  const seen = new Set<string>()
  const guarded = {
    async get(...[resource, namespace, name]: Parameters<typeof cluster.get>) {
      if (denied.has(name)) throw new FairleadError('ApiForbidden', 'secrets is forbidden')
      return cluster.get(resource, namespace, name)
    },
  }
  const source = (...names: string[]) =>
    createPullSecretSource(
      names.map((name) => ({ namespace: 'prod', name })),
      { cluster: guarded, clock, secretSeen: (one) => seen.add(one) },
    )
  return { clock, put, denied, seen, source }
}

describe('image pull Secrets', () => {
  it('give the credentials of the first with an entry for the host', async () => {
    const { source, seen } = aCluster({
      hub: { '.dockerconfigjson': encode(auths('docker.io', 'of-hub')) },
      ghcr: { '.dockerconfigjson': encode(auths('ghcr.io', 'of-ghcr')) },
    })
    const credential = await source('hub', 'ghcr').find('ghcr.io', 'acme/web')
    expect(credential).toEqual({ type: 'basic', username: 'robot', password: 'of-ghcr' })
    expect([...seen]).toEqual(['of-ghcr'])
  })

  it('may be of the older type', async () => {
    const { source } = aCluster({ old: { '.dockercfg': encode(auths('ghcr.io', 'of-old').auths) } })
    expect(await source('old').find('ghcr.io', 'x')).toMatchObject({ password: 'of-old' })
  })

  it('are read again after a few minutes', async () => {
    const { source, put, clock } = aCluster({ ghcr: { '.dockerconfigjson': encode(auths('ghcr.io', 'old')) } })
    const { find } = source('ghcr')
    await find('ghcr.io', 'x')
    put('ghcr', { '.dockerconfigjson': encode(auths('ghcr.io', 'new')) })
    expect(await find('ghcr.io', 'x')).toMatchObject({ password: 'old' })
    await clock.advance(5 * 60_000)
    expect(await find('ghcr.io', 'x')).toMatchObject({ password: 'new' })
  })

  it('that may not be read name the Role that is missing, and stand in no other one’s way', async () => {
    const { source, denied } = aCluster({ ghcr: { '.dockerconfigjson': encode(auths('ghcr.io', 'of-ghcr')) } })
    denied.add('locked')
    expect(await source('locked', 'ghcr').find('ghcr.io', 'x')).toMatchObject({ password: 'of-ghcr' })
    const failure = await failureOf(source('locked').find('ghcr.io', 'x'))
    expect(failure).toMatchObject({ code: 'ApiForbidden' })
    expect(failure.message).toMatch(/Secret prod\/locked .* Role in prod with get .*pull-secret-role\.yaml/)
  })

  const unusable: [string, Record<string, string>, RegExp][] = [
    ['is of another type', { token: encode('hunter2') }, /has no key \.dockerconfigjson/],
    ['holds no JSON', { '.dockerconfigjson': encode('{"auths":hunter2') }, /is not JSON/],
    [
      'has entries for other hosts only',
      { '.dockerconfigjson': encode(auths('quay.io', 'hunter2')) },
      /no entry for ghcr/,
    ],
  ]
  it.each(unusable)('one that %s is named, not quoted', async (_, data, message) => {
    const { source } = aCluster({ bad: data })
    const failure = await failureOf(source('bad').find('ghcr.io', 'x'))
    expect(failure).toMatchObject({ code: 'ConfigInvalid', message: expect.stringMatching(message) })
    expect(failure.message).toContain('Secret prod/bad')
    expect(failure.stack).not.toContain('hunter2')
  })

  it('one that does not exist is named', async () => {
    const { source } = aCluster({})
    expect(await failureOf(source('gone').find('ghcr.io', 'x'))).toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(/Secret prod\/gone does not exist/),
    })
  })
})

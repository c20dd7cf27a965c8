import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Component } from './component.ts'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { pushImage } from './image.ts'
import { type Lab, startLab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import { startRegistry } from './registry.ts'
import { createWorld, deployWithFlux, nextCommit, notificationsTaken, untilApplied, type World } from './world.ts'

/** A registry that asks for a password and tells nobody about pushes. */

const credentials = 'robot:e2e password'
// bcrypt of that password, cost 5
const htpasswd = 'robot:$2b$05$InBsmuPP03IadgcizuQXm.4XZT3gVs6dK4d.JO5ffC36eyPoyL7z6'
const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`

let lab: Lab
let account: Account
let world: World
let host: string
const registries: Component[] = []
const started: Fairlead[] = []

const image = (tag: string) => `${host}/vault/web:${tag}`
const web = (tag: string) => plainDeployment({ namespace: 'vault', name: 'web', image: image(tag) })
const push = (tag: string) => pushImage({ host, repository: 'vault/web', tag, authorization })

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
  host = await startRegistry({ dir: lab.dir, components: registries }, { name: 'private-registry', htpasswd })
  world = await createWorld(lab, account, 'vault')
  await push('1.0.0')
  await world.gitops.commit('Lock it', { 'apps/web.yaml': web('1.0.0') })
  await deployWithFlux(world, [{ name: 'vault', path: './apps' }], ['web'])
})

afterAll(async () => {
  await Promise.all([...registries, ...started.map(({ component }) => component)].map((one) => one.end('SIGKILL')))
  await lab?.stop()
})

async function start(name: string, password: string): Promise<Fairlead> {
  const auth = Buffer.from(`robot:${password}`).toString('base64')
  const fairlead = await startFairlead(lab, account, {
    name,
    mode: 'commit',
    backend: 'native',
    namespace: 'vault',
    repository: world.gitops.url,
    allowPaths: ['apps/**'],
    privateRegistry: { host, dockerConfig: JSON.stringify({ auths: { [host]: { auth } } }) },
  })
  started.push(fairlead)
  return fairlead
}

describe('a private registry that is polled', () => {
  test('refuses a wrong password, and an Event says so without it', async () => {
    const fairlead = await start('fairlead-wrong-password', 'wrong password')
    const event = await eventually(
      'an Event about the refused credentials',
      async () => {
        const events = await lab.plane.kubernetes.list('v1', 'Event', 'vault')
        return events.find((one) => 'reason' in one && one.reason === 'RegistryAuthFailed')
      },
      { watched: [fairlead.component] },
    )
    expect(JSON.stringify(event)).toContain(host)
    expect(JSON.stringify(event)).not.toContain('wrong password')
    expect(await fairlead.component.end('SIGTERM')).toBe('exit 0')
  })

  test('is asked with the right one, and what it has is committed without any notification', async () => {
    const before = await world.gitops.head()
    const fairlead = await start('fairlead-private', 'e2e password')
    await push('1.1.0')
    const commit = await nextCommit(world, before, fairlead)
    expect(await world.gitops.file(commit.id, 'apps/web.yaml')).toBe(web('1.1.0'))
    expect(await notificationsTaken(fairlead)).toBe(0)
    await untilApplied(world, 'vault', commit.id)
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })
})

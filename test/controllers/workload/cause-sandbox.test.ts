import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { resources } from '../../../src/api/kubernetes.ts'
import { createCauses } from '../../../src/controllers/workload/cause.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { startWorld, type World, type WorldOptions } from '../../../src/sandbox/world.ts'
import { openAdapter } from '../../contract/cluster-adapter.ts'
import { createRecordingLog } from '../../fakes/log.ts'
import { temporaryFolder } from '../../sandbox/git-host/git-command.ts'

type Rules = NonNullable<WorldOptions['rules']>

const shipped: Rules = parse(readFileSync('deploy/base/rbac/cluster-role.yaml', 'utf8')).rules
const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A Deployment whose image cannot be pulled, and its cause as an account with these rights finds it. */
async function causeWith(rules: Rules) {
  const folder = await temporaryFolder()
  closing.push(folder.remove)
  const world: World = await startWorld({ directory: folder.path, workloads: { podReadyMs: 5 }, rules })
  closing.push(() => world.close())
  const containers = [{ name: 'web', image: 'registry.example.com/web:bad' }]
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers } }
  world.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web' },
    spec: { replicas: 1, selector: { matchLabels: { app: 'web' } }, template },
  })
  const isStuck = () => JSON.stringify(world.kubernetes.store.list('/pods')).includes('ImagePullBackOff')
  await world.until('the pod is stuck', isStuck)
  const adapter = openAdapter(world.kubeconfig)
  closing.push(() => adapter.connection.close())
  const live = await adapter.cluster.get(resources.deployment, 'default', 'web')
  if (live === undefined) throw new Error('there is no Deployment')
  const log = createRecordingLog()
  const cause = await createCauses({ cluster: adapter.cluster, clock: systemClock, log }).of(readWorkload(live))
  return { cause, said: log.lines.map(({ message }) => message) }
}

describe('over an API server', () => {
  it('the shipped rights are enough to learn why a pod does not start', async () => {
    const { cause } = await causeWith(shipped)
    expect(cause.reason).toBe('ImagePullBackOff')
    expect(cause.message).toMatch(/^pod web-\S+: container web: ImagePullBackOff: Back-off pulling image "registry/)
  })

  it('without the right to list pods the cause is unknown', async () => {
    const { cause, said } = await causeWith(shipped.filter(({ resources }) => !resources.includes('pods')))
    expect(cause).toEqual({ reason: 'Unknown', message: 'the cause is unknown: fairlead may not list pods' })
    expect(said).toHaveLength(1)
  })
})

import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import type { PullRequest } from '../../src/sandbox/github/hosted-repository.ts'
import { eventually, type Patience } from './eventually.ts'
import type { Account } from './fairlead.ts'
import type { GitHubLab, HostedPlace } from './github.ts'
import { valueAt } from './kubernetes.ts'
import type { Lab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import { createWorld, deployWithFlux, type World } from './world.ts'

/** A namespace with a repository at the GitHub and one workload, `web`, that began with 1.0.0. */
export type Shop = World & HostedPlace

/** Opens one, deployed by Flux. */
export async function openShop(lab: Lab, account: Account, hub: GitHubLab, namespace: string): Promise<Shop> {
  const place = hub.createRepository(namespace)
  const shop = { ...place, ...(await createWorld(lab, account, namespace, place)) }
  await shop.release('web', '1.0.0')
  await shop.gitops.commit('Open', { 'apps/web.yaml': manifestOf(shop, '1.0.0') })
  await deployWithFlux(shop, [{ name: namespace, path: './apps' }], ['web'])
  return shop
}

/** `apps/web.yaml` at a tag; fairlead may update it as often as it likes. */
export function manifestOf({ namespace, image }: World, tag: string): string {
  return plainDeployment({ namespace, name: 'web', image: image('web', tag) }).replace(
    'require-approval: "false"',
    'require-approval: "false"\n    fairlead.dev/min-update-interval: 0s',
  )
}

/** What an UpdateRequest has to be like, and how long that is waited for. */
export interface Wanted extends Patience {
  phase: string
  isSo?: (request: KubernetesObject) => boolean
}

/** The UpdateRequest for a tag, as soon as it is like that. */
export function requestFor({ lab, namespace }: Shop, tag: string, { phase, isSo = () => true, ...patience }: Wanted) {
  return eventually(
    `the UpdateRequest for ${namespace}/web:${tag} is ${phase}`,
    async () => {
      const all = await lab.plane.kubernetes.list('fairlead.dev/v1alpha1', 'UpdateRequest', namespace)
      const found = all.find((one) => String(valueAt(one, 'spec', 'change', 'to')).endsWith(`:${tag}`))
      if (found === undefined) return undefined
      if (valueAt(found, 'status', 'phase') === phase && isSo(found)) return found
      throw new Error(JSON.stringify(valueAt(found, 'status')))
    },
    patience,
  )
}

/** Whether some condition of an UpdateRequest has this reason. */
export function hasReason(reason: string): (request: KubernetesObject) => boolean {
  return (request) => {
    const conditions = valueAt(request, 'status', 'conditions')
    return Array.isArray(conditions) && conditions.some((one) => one.reason === reason)
  }
}

/** The newest pull request of a shop that fits, as soon as there is one. */
export function pullRequestOf(
  { control }: Shop,
  what: string,
  isSo: (one: PullRequest) => boolean,
  patience: Patience,
): Promise<PullRequest> {
  return eventually(what, () => control.pulls().find((one) => isSo(one)), patience)
}

/** Whether a pull request is open and about a tag. */
export function offers(tag: string): (one: PullRequest) => boolean {
  return ({ title, state }) => state === 'open' && title.includes(` to ${tag} in `)
}

import { eventually, type Patience } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { type GitHubLab, startGitHubLab } from './github.ts'
import { type Lab, startLab } from './lab.ts'
import { openShop, type Shop } from './shop.ts'
import type { World } from './world.ts'

/** Four shops, and one fairlead after the other that looks after all of them. */
export interface Market {
  readonly lab: Lab
  readonly account: Account
  readonly hub: GitHubLab
  /** Its changes are proposed, and merged by rule. */
  readonly shop: Shop
  /** The same; nobody does anything there, and 1.1.0 waits in its registry from the beginning. */
  readonly idle: Shop
  /** Its changes are pushed. */
  readonly guarded: Shop
  /** Its changes are committed by the host, which signs them. */
  readonly signed: Shop
  /** The one that runs, or did. */
  fairlead(): Fairlead
  /** Nothing more can come when it dies. */
  watched(): Patience
  /** How many were started. */
  starts(): number
  start(): Promise<void>
  /** After a kill. */
  startAgain(): Promise<void>
  /** Resolves when fairlead was killed as soon as the host had its new branch, before it knew. */
  killedByPush(): Promise<void>
  /** The same for its next request of this kind: the host carries it out, and nobody is there for the answer. */
  killedBy(method: string, path: RegExp): Promise<void>
  stop(): Promise<void>
}

const byRule = { automerge: 'on-approval', checks: 'required', labels: ['images'], reviewers: ['alice'] }

export async function openMarket(): Promise<Market> {
  const lab = await startLab()
  const hub = await startGitHubLab(lab)
  let fairlead: Fairlead | undefined
  let starts = 0
  const running = (): Fairlead => {
    if (fairlead === undefined) throw new Error('no fairlead was started')
    return fairlead
  }
  const stop = async () => {
    await fairlead?.component.end('SIGKILL')
    await hub.close()
    await lab.stop()
  }
  try {
    const account = await installFairlead(lab)
    const open = (namespace: string) => openShop(lab, account, hub, namespace)
    const [shop, idle, guarded, signed] = await Promise.all([
      open('shop'),
      open('idle'),
      open('guarded'),
      open('signed'),
    ])
    await idle.release('web', '1.1.0')

    const start = async () => {
      starts += 1
      const of = ({ namespace, gitops }: World, rest: object) => ({ namespace, url: gitops.url, ...rest })
      const repositories = [
        of(shop, { mode: 'pull-request', pullRequest: byRule }),
        of(idle, { mode: 'pull-request', pullRequest: byRule }),
        of(guarded, {}),
        of(signed, { signing: { format: 'github' } }),
      ]
      const settings = { name: `fairlead-${starts}`, mode: 'commit', backend: 'native' } as const
      fairlead = await startFairlead(lab, account, { ...settings, hosted: { gitHub: hub, repositories } })
    }

    return {
      ...{ lab, account, hub, shop, idle, guarded, signed },
      fairlead: running,
      watched: () => ({ watched: [running().component] }),
      starts: () => starts,
      start,
      async startAgain() {
        // the lease of a process that is surely dead need not run out, which takes 15 s
        const metadata = { name: 'fairlead', namespace: account.namespace }
        const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec: { holderIdentity: '' } }
        await lab.plane.kubernetes.apply(lease)
        await start()
      },
      async killedByPush() {
        const stopListening = hub.git.onPush(({ ref, repository }) => {
          const isMade = hub.git.refs(repository).has(ref)
          if (isMade && ref.startsWith('refs/heads/fairlead/')) void running().component.end('SIGKILL')
        })
        await eventually('fairlead was killed when it pushed', () => running().component.exit())
        stopListening()
      },
      async killedBy(method, path) {
        const { requests, delayNext } = hub.github
        const from = requests.length
        const asked = () => requests.slice(from).find((one) => one.method === method && path.test(one.path))
        delayNext({ method, path }, 200)
        await eventually(`fairlead asks ${method} ${path}`, asked, { everyMs: 5 })
        await running().component.end('SIGKILL')
        await eventually('the host has done it', () => asked()?.status || undefined)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

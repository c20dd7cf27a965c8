import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { eventually, type Patience } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { namespaceObject } from './flux.ts'
import { conditionOf, valueAt } from './kubernetes.ts'
import { type Lab, startLab } from './lab.ts'
import { publishersFor, type Receivers, startReceivers } from './receivers.ts'

/** Deployments that nothing but the test applies, everybody who can be told of them, and one fairlead after the other. */
export interface Harbour {
  readonly lab: Lab
  readonly account: Account
  readonly receivers: Receivers
  /** What happened to each Deployment since the first ones ran 1.0.0, in order: `version phase`. */
  readonly happened: Readonly<Record<string, readonly string[]>>
  /** Applies a version. One with "bad" in its tag is never pulled, and given up after two seconds. */
  roll(name: string, tag: string): Promise<void>
  /** Applies a version that is never pulled and not given up either. */
  begin(name: string, tag: string): Promise<void>
  /** Waits until the newest version runs or was given up, whether or not a fairlead watches. */
  untilEnded(name: string): Promise<void>
  /** The fairlead that runs, or did. */
  fairlead(): Fairlead
  /** Nothing more can come when it dies. */
  watched(): Patience
  /** How many were started. */
  lives(): number
  /** Starts the next one. It tells Slack and the receiver of CDEvents in the other way than the one before. */
  live(): Promise<void>
  /** The same after a kill, of which nobody in the cluster knows: it need not wait 15 s for the lease. */
  liveAgain(): Promise<void>
  /** The record that the cluster keeps of a Deployment's rollout, as soon as it is so. */
  recordOf(name: string, what: string, isSo: (record: KubernetesObject) => boolean): Promise<KubernetesObject>
  stop(): Promise<void>
}

export const namespace = 'shop'

export async function openHarbour(names: readonly string[]): Promise<Harbour> {
  const [lab, receivers] = await Promise.all([startLab({ engine: async () => {} }), startReceivers()])
  const { kubernetes } = lab.plane
  const happened: Record<string, string[]> = Object.fromEntries(names.map((name) => [name, []]))
  let fairlead: Fairlead | undefined
  let lives = 0
  const running = (): Fairlead => {
    if (fairlead === undefined) throw new Error('no fairlead was started')
    return fairlead
  }
  const watched = () => ({ watched: [running().component] })
  const stop = async () => {
    await lab.stop()
    await Promise.all(Object.values(receivers).map((receiver) => receiver.close()))
  }

  const untilEnded = async (name: string) => {
    const hasEnded = async () => {
      const deployment = await kubernetes.get('apps/v1', 'Deployment', namespace, name)
      const number = (...path: string[]) => Number(valueAt(deployment, ...path) ?? 0)
      if (number('status', 'observedGeneration') < number('metadata', 'generation')) return undefined
      if (conditionOf(deployment, 'Progressing') === 'False') return true
      const isNew = number('status', 'updatedReplicas') === 1 && number('status', 'replicas') === 1
      return isNew && conditionOf(deployment, 'Available') === 'True' ? true : undefined
    }
    await eventually(`the rollout of ${name} has ended`, hasEnded, { watched: lab.components })
  }

  const apply = async (name: string, tag: string, { deadlineSeconds, phases }: Course) => {
    happened[name] = [...(happened[name] ?? []), ...phases.map((phase) => `${tag} ${phase}`)]
    await kubernetes.apply(deploymentOf(name, tag, deadlineSeconds))
  }

  const live = async (account: Account) => {
    lives += 1
    const variant = lives % 2 === 1 ? 'bot, structured' : 'hook, binary'
    fairlead = await startFairlead(lab, account, {
      name: `fairlead-${lives}`,
      mode: 'observe',
      backend: 'native',
      namespace,
      publishers: (secret) => publishersFor(receivers, variant, secret),
    })
  }

  const recordOf: Harbour['recordOf'] = (name, what, isSo) =>
    eventually(
      `the record of ${name} ${what}`,
      async () => {
        const all = await kubernetes.list('fairlead.dev/v1alpha1', 'WorkloadRolloutState', namespace)
        const found = all.find((one) => valueAt(one, 'spec', 'workloadRef', 'name') === name)
        if (found !== undefined && isSo(found)) return found
        throw new Error(JSON.stringify(valueAt(found, 'status')))
      },
      watched(),
    )

  try {
    const account = await installFairlead(lab)
    await kubernetes.apply(namespaceObject(namespace), ...names.map((name) => deploymentOf(name, '1.0.0', 600)))
    await Promise.all(names.map(untilEnded))
    return {
      ...{ lab, account, receivers, happened, untilEnded, watched, recordOf, stop },
      roll: (name, tag) => apply(name, tag, courseOf(tag)),
      begin: (name, tag) => apply(name, tag, { deadlineSeconds: 600, phases: ['rolling_out'] }),
      fairlead: running,
      lives: () => lives,
      live: () => live(account),
      liveAgain: async () => {
        await kubernetes.removeAll('coordination.k8s.io/v1', 'Lease', account.namespace)
        await live(account)
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** How long Kubernetes waits for a version, and what becomes of it. */
interface Course {
  deadlineSeconds: number
  phases: readonly string[]
}

function courseOf(tag: string): Course {
  return tag.includes('bad')
    ? { deadlineSeconds: 2, phases: ['rolling_out', 'failed'] }
    : { deadlineSeconds: 600, phases: ['rolling_out', 'success'] }
}

function deploymentOf(name: string, tag: string, progressDeadlineSeconds: number): KubernetesObject {
  const containers = [{ name, image: `registry.example.com/${namespace}/${name}:${tag}` }]
  const spec = {
    replicas: 1,
    progressDeadlineSeconds,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { nodeName: 'n1', containers } },
  }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, ...{ spec } }
}

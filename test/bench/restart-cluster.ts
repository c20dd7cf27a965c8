import { join } from 'node:path'
import { customResourceDefinitions } from '../../src/api/crd.ts'
import { resources } from '../../src/api/kubernetes.ts'
import { rolloutFacts, rolloutStateName } from '../../src/core/workload/rollout-status.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { writeKubeconfig } from '../../src/sandbox/kubeconfig.ts'
import { startApiServer } from '../../src/sandbox/kubernetes/api-server.ts'
import { accessObjects, put, token, user } from './main-job-cluster.ts'

/**
 * A Kubernetes API in a process of its own, with that many Deployments that were rolled out long ago and what is kept of
 * their rollouts. Prints the path of a kubeconfig. Arguments: a folder, how many.
 */
const [directory = '', count = '0'] = process.argv.slice(2)
const namespaces = Array.from({ length: 200 }, (_, number) => `team-${number}`)

const api = await startApiServer({ tokens: [{ token, user }], namespaces: ['fairlead', ...namespaces] })
for (const object of [...accessObjects(), ...customResourceDefinitions]) put(api, object)
const { group, version, plural } = resources.deployment
const deployments = api.kinds.find(group, version, plural)
for (let number = 0; number < Number(count); number++) {
  const deployment = aDeployment(number)
  put(api, deployment)
  if (deployments === undefined) continue
  const { namespace, name } = deployment.metadata
  put(api, recordOf(api.objects.get(deployments, namespace, name)))
}
const kubeconfig = join(directory, 'kubeconfig')
await writeKubeconfig(kubeconfig, { server: api.url, token, user: 'fairlead' })
process.stdout.write(`${kubeconfig}\n`)

function recordOf(live: Parameters<typeof readWorkload>[0]): object {
  const workload = readWorkload(live)
  const { kind, namespace, name, uid } = workload
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: resources.workloadRolloutState.kind,
    metadata: {
      namespace,
      name: rolloutStateName(workload),
      ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid, blockOwnerDeletion: false }],
    },
    spec: { workloadRef: { kind, namespace, name, uid } },
    status: { observedGeneration: 1, ...rolloutFacts(trackRollout(undefined, workload, new Date())) },
  }
}

/** Of about 4 kB, as they are without the notes about who manages which field. */
function aDeployment(number: number) {
  const [name, namespace] = [`service-${number}`, `team-${number % 200}`]
  const labels = { app: name, 'app.kubernetes.io/version': `1.${number % 40}.0` }
  const env = Array.from({ length: 24 }, (_, at) => ({
    name: `SETTING_${at}`,
    value: `what ${name} needs to know, ${at}`,
  }))
  const image = `registry.example.com/acme/${name}:1.${number % 40}.0`
  const time = '2026-01-01T00:00:00Z'
  const condition = { status: 'True', lastUpdateTime: time, lastTransitionTime: time }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: { 'deployment.kubernetes.io/revision': '1' } },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image, env }] } },
    },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { ...condition, type: 'Available', reason: 'MinimumReplicasAvailable' },
        { ...condition, type: 'Progressing', reason: 'NewReplicaSetAvailable' },
      ],
    },
  }
}

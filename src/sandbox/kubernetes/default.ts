import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts'
import type { ApiObject } from './object.ts'

/**
 * Fills in what the API server fills in for the built-in kinds that matter here, with the values of
 * `pkg/apis/apps/v1/defaults.go` and `pkg/apis/core/v1/defaults.go` of Kubernetes.
 */
export function withDefaults(object: ApiObject): ApiObject {
  const fill = defaulters[`${object.apiVersion} ${object.kind}`]
  return fill === undefined ? object : { ...object, ...fill(object) }
}

const defaulters: Readonly<Record<string, (object: ApiObject) => Fields>> = {
  'apps/v1 Deployment': (object) => ({ spec: deploymentSpec(fieldsAt(object, 'spec')) }),
  'apps/v1 ReplicaSet': (object) => ({ spec: { replicas: 1, ...withTemplate(fieldsAt(object, 'spec')) } }),
  'apps/v1 StatefulSet': (object) => ({ spec: statefulSetSpec(fieldsAt(object, 'spec')) }),
  'apps/v1 DaemonSet': (object) => ({ spec: daemonSetSpec(fieldsAt(object, 'spec')) }),
  'v1 Pod': (object) => ({ spec: podSpec(fieldsAt(object, 'spec')) }),
  'v1 Service': (object) => ({ spec: serviceSpec(fieldsAt(object, 'spec')) }),
  'v1 Namespace': (object) => ({
    spec: { finalizers: ['kubernetes'], ...fieldsAt(object, 'spec') },
    status: { phase: 'Active', ...fieldsAt(object, 'status') },
  }),
  'v1 Secret': (object) => secretFields(object),
}

function deploymentSpec(spec: Fields): Fields {
  const strategy = fieldsAt(spec, 'strategy')
  const type = textAt(strategy, 'type') || 'RollingUpdate'
  const rollingUpdate = { maxSurge: '25%', maxUnavailable: '25%', ...fieldsAt(strategy, 'rollingUpdate') }
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...withTemplate(spec),
    strategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { type },
  }
}

function statefulSetSpec(spec: Fields): Fields {
  const strategy = fieldsAt(spec, 'updateStrategy')
  const type = textAt(strategy, 'type') || 'RollingUpdate'
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    ...withTemplate(spec),
    updateStrategy:
      type === 'RollingUpdate'
        ? { type, rollingUpdate: { partition: 0, ...fieldsAt(strategy, 'rollingUpdate') } }
        : { type },
  }
}

function daemonSetSpec(spec: Fields): Fields {
  const strategy = fieldsAt(spec, 'updateStrategy')
  const type = textAt(strategy, 'type') || 'RollingUpdate'
  const rollingUpdate = { maxSurge: 0, maxUnavailable: 1, ...fieldsAt(strategy, 'rollingUpdate') }
  return {
    revisionHistoryLimit: 10,
    ...withTemplate(spec),
    updateStrategy: type === 'RollingUpdate' ? { type, rollingUpdate } : { type },
  }
}

function withTemplate(spec: Fields): Fields {
  const template = fieldsAt(spec, 'template')
  const metadata = { creationTimestamp: null, ...fieldsAt(template, 'metadata') }
  return { ...spec, template: { ...template, metadata, spec: podSpec(fieldsAt(template, 'spec')) } }
}

function podSpec(spec: Fields): Fields {
  const init = valueAt(spec, 'initContainers')
  return {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
    containers: listAt(spec, 'containers').map(container),
    ...(Array.isArray(init) ? { initContainers: init.map(container) } : {}),
  }
}

function container(value: unknown): unknown {
  if (!isFields(value)) return value
  const image = textAt(value, 'image')
  const ports = valueAt(value, 'ports')
  return {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: pullPolicy(image),
    ...value,
    ...(Array.isArray(ports) ? { ports: ports.map(withProtocol) } : {}),
  }
}

function withProtocol(port: unknown): unknown {
  return isFields(port) ? { protocol: 'TCP', ...port } : port
}

/** Always for `latest` or no tag, IfNotPresent for any other tag or a digest. */
function pullPolicy(image: string): string {
  if (image.includes('@')) return 'IfNotPresent'
  const last = image.slice(image.lastIndexOf('/') + 1)
  return !last.includes(':') || last.endsWith(':latest') ? 'Always' : 'IfNotPresent'
}

function serviceSpec(spec: Fields): Fields {
  const ports = listAt(spec, 'ports').map((port) =>
    isFields(port) ? { protocol: 'TCP', targetPort: port['port'], ...port } : port,
  )
  return { type: 'ClusterIP', sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', ...spec, ports }
}

function secretFields(object: ApiObject): Fields {
  const plain = Object.entries(fieldsAt(object, 'stringData')).map(
    ([key, value]) => [key, Buffer.from(String(value)).toString('base64')] as const,
  )
  const { stringData: _written, ...rest } = object
  const data = { ...fieldsAt(object, 'data'), ...Object.fromEntries(plain) }
  return { type: 'Opaque', ...rest, ...(Object.keys(data).length === 0 ? {} : { data }), stringData: undefined }
}

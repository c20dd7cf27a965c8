import { Agent, request as httpsRequest } from 'node:https'
import { parseAllDocuments } from 'yaml'
import { type KubernetesObject, objectKey } from '../../src/api/kubernetes.ts'

/** A small Kubernetes client of the tests' own, so that fairlead's client is not proved by itself. */
export interface Kubernetes {
  /** Server-side apply, in order. */
  apply(...objects: readonly KubernetesObject[]): Promise<void>
  get(apiVersion: string, kind: string, namespace: string, name: string): Promise<KubernetesObject | undefined>
  list(apiVersion: string, kind: string, namespace: string): Promise<KubernetesObject[]>
  remove(apiVersion: string, kind: string, namespace: string, name: string): Promise<void>
  /** Every object of the kind in the namespace. */
  removeAll(apiVersion: string, kind: string, namespace: string): Promise<void>
  /** A fresh token of a ServiceAccount, as a kubelet would mount it; `audience` = for somebody else than the API server. */
  serviceAccountToken(namespace: string, name: string, audience?: string): Promise<string>
  ready(): Promise<true | undefined>
  close(): void
}

export interface Access {
  server: string
  /** PEM. */
  authority: string
  token: string
}

interface Answer {
  status: number
  body: string
}

const groupPath = (apiVersion: string) => (apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`)

export function connectKubernetes({ server, authority, token }: Access): Kubernetes {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ca: authority })
  const plurals = new Map<string, { name: string; namespaced: boolean }>()

  const call = (method: string, path: string, body?: object, contentType = 'application/json') =>
    new Promise<Answer>((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType }
      const outgoing = httpsRequest(`${server}${path}`, { method, agent, headers, timeout: 15_000 }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      })
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer`)))
      outgoing.on('error', reject)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })

  const read = async (method: string, path: string, body?: object, contentType?: string) => {
    const answer = await call(method, path, body, contentType)
    if (answer.status === 404 && method === 'GET') return undefined
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.slice(0, 500)}`)
    return JSON.parse(answer.body)
  }

  const collection = async (apiVersion: string, kind: string, namespace: string) => {
    const key = `${apiVersion}/${kind}`
    if (!plurals.has(key)) {
      const served = await read('GET', groupPath(apiVersion))
      for (const { name, kind: one, namespaced } of served?.resources ?? []) {
        if (!name.includes('/')) plurals.set(`${apiVersion}/${one}`, { name, namespaced })
      }
    }
    const plural = plurals.get(key)
    if (plural === undefined) throw new Error(`${key} is not served`)
    const scope = plural.namespaced && namespace !== '' ? `/namespaces/${namespace}` : ''
    return `${groupPath(apiVersion)}${scope}/${plural.name}`
  }

  return {
    apply: async (...objects) => {
      for (const object of objects) {
        const { namespace = '', name } = object.metadata
        const path = `${await collection(object.apiVersion, object.kind, namespace)}/${name}`
        await read('PATCH', `${path}?fieldManager=e2e&force=true`, object, 'application/apply-patch+yaml')
      }
    },
    get: async (apiVersion, kind, namespace, name) =>
      read('GET', `${await collection(apiVersion, kind, namespace)}/${name}`),
    list: async (apiVersion, kind, namespace) => {
      const answer = await read('GET', await collection(apiVersion, kind, namespace))
      return answer?.items ?? []
    },
    remove: async (apiVersion, kind, namespace, name) => {
      await read('DELETE', `${await collection(apiVersion, kind, namespace)}/${name}`)
    },
    removeAll: async (apiVersion, kind, namespace) => {
      await read('DELETE', await collection(apiVersion, kind, namespace))
    },
    serviceAccountToken: async (namespace, name, audience) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`
      const spec = { expirationSeconds: 7200, ...(audience !== undefined && { audiences: [audience] }) }
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec }
      return (await read('POST', path, body)).status.token
    },
    ready: async () => ((await call('GET', '/readyz')).status === 200 ? true : undefined),
    close: () => agent.destroy(),
  }
}

/** Every Kubernetes object in a YAML text. */
export function parseObjects(text: string, file: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`)
    const object = document.toJS()
    return object === null ? [] : [object as KubernetesObject]
  })
}

/** A kubeconfig with one context. */
export function kubeconfig({ server, authority, token }: Access): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'e2e', cluster: { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') } },
    ],
    users: [{ name: 'e2e', user: { token } }],
    contexts: [{ name: 'e2e', context: { cluster: 'e2e', user: 'e2e' } }],
    'current-context': 'e2e',
  })
}

/** A value inside an object, e.g. `valueAt(deployment, 'status', 'readyReplicas')`; undefined when there is none. */
export function valueAt(object: unknown, ...path: (string | number)[]): unknown {
  let value = object
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

/** Status of a condition: `True`, `False`, `Unknown`, or undefined. */
export function conditionOf(object: KubernetesObject | undefined, type: string): string | undefined {
  const conditions = valueAt(object, 'status', 'conditions')
  if (!Array.isArray(conditions)) return undefined
  return conditions.find((condition) => condition.type === type)?.status
}

/** `Kind/namespace/name` of an object. */
export function nameOf({ kind, metadata }: KubernetesObject): string {
  return objectKey({ kind, namespace: metadata.namespace ?? '', name: metadata.name })
}

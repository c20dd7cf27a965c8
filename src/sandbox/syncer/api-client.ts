import { createHttpClient } from '../http-client.ts'
import { type Fields, isFields, listAt, textAt } from '../json.ts'

/** A served collection as discovery tells it. */
export interface ServedResource {
  apiVersion: string
  plural: string
  namespaced: boolean
}

/** A failed call; `reason` and message are the API server's. */
export class ApiCallFailed extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, body: unknown, fallback: string) {
    super(textAt(body, 'message') || fallback)
    this.status = status
    this.reason = textAt(body, 'reason')
  }
}

/** The few calls that a GitOps engine makes to Kubernetes. */
export interface ApiClient {
  /** Undefined when the kind is not installed. */
  resourceOf(apiVersion: string, kind: string): Promise<ServedResource | undefined>
  /** Undefined when there is none. */
  get(resource: ServedResource, namespace: string, name: string): Promise<Fields | undefined>
  /** Server-side apply; dry run only checks. */
  apply(resource: ServedResource, object: Fields, dryRun?: boolean): Promise<Fields>
  patchStatus(resource: ServedResource, object: Fields, status: Fields): Promise<void>
  /** Gone already is fine. */
  remove(resource: ServedResource, namespace: string, name: string): Promise<void>
  /** Tells every object and its changes until `close`; starts again by itself. */
  follow(resource: ServedResource, observe: (type: string, object: Fields) => void): void
  close(): void
}

const retryPauseMs = 500

export function createApiClient({ url, token }: { url: string; token: string }): ApiClient {
  const client = createHttpClient()
  const served = new Map<string, ServedResource>()
  const authorization = { authorization: `Bearer ${token}` }
  const timers = new Set<NodeJS.Timeout>()
  let closed = false

  async function call(method: string, path: string, body?: unknown, type = 'application/json'): Promise<unknown> {
    const headers = { ...authorization, ...(body === undefined ? {} : { 'content-type': type }) }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const { status, text } = await client.request({ method, url: url + path, headers, ...content })
    const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : undefined
    if (status >= 300) throw new ApiCallFailed(status, parsed, `${method} ${path}: ${status}`)
    return parsed
  }

  async function resourceOf(apiVersion: string, kind: string): Promise<ServedResource | undefined> {
    const known = served.get(`${apiVersion} ${kind}`)
    if (known !== undefined) return known
    const page = await call('GET', rootOf(apiVersion)).catch(undefinedIfMissing)
    const found = listAt(page, 'resources').find(
      (one) => textAt(one, 'kind') === kind && !textAt(one, 'name').includes('/'),
    )
    if (!isFields(found)) return undefined
    const resource = { apiVersion, plural: textAt(found, 'name'), namespaced: found['namespaced'] === true }
    served.set(`${apiVersion} ${kind}`, resource)
    return resource
  }

  function follow(resource: ServedResource, observe: (type: string, object: Fields) => void): void {
    void followOnce(resource, observe)
      .catch(() => undefined)
      .then(() => {
        if (closed) return
        const timer = setTimeout(() => {
          timers.delete(timer)
          follow(resource, observe)
        }, retryPauseMs)
        timers.add(timer)
      })
  }

  async function followOnce(resource: ServedResource, observe: (type: string, object: Fields) => void): Promise<void> {
    const address = `${url}${rootOf(resource.apiVersion)}/${resource.plural}?watch=true`
    const response = await client.stream({ method: 'GET', url: address, headers: authorization })
    let rest = ''
    response.setEncoding('utf8')
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const event: unknown = JSON.parse(line)
        const object = isFields(event) ? event['object'] : undefined
        if (isFields(object) && textAt(event, 'type') !== 'ERROR') observe(textAt(event, 'type'), object)
      }
    }
  }

  return {
    resourceOf,
    async get(resource, namespace, name) {
      const found = await call('GET', pathOf(resource, namespace, name)).catch(undefinedIfMissing)
      return isFields(found) ? found : undefined
    },
    async apply(resource, object, dryRun = false) {
      const path = pathOf(resource, textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'))
      const query = `?fieldManager=kustomize-controller&force=true${dryRun ? '&dryRun=All' : ''}`
      const applied = await call('PATCH', path + query, object, 'application/apply-patch+yaml')
      return isFields(applied) ? applied : {}
    },
    async patchStatus(resource, object, status) {
      const path = pathOf(resource, textAt(object, 'metadata', 'namespace'), textAt(object, 'metadata', 'name'))
      await call('PATCH', `${path}/status`, { status }, 'application/merge-patch+json')
    },
    async remove(resource, namespace, name) {
      await call('DELETE', pathOf(resource, namespace, name)).catch(undefinedIfMissing)
    },
    follow,
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      client.close()
    },
  }
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
}

function pathOf({ apiVersion, plural, namespaced }: ServedResource, namespace: string, name: string): string {
  const folder = namespaced ? `/namespaces/${namespace}` : ''
  return `${rootOf(apiVersion)}${folder}/${plural}/${name}`
}

function undefinedIfMissing(thrown: unknown): undefined {
  if (thrown instanceof ApiCallFailed && thrown.status === 404) return undefined
  throw thrown
}

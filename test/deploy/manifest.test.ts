import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0

interface Rule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
  resourceNames?: string[]
}

interface Container {
  name: string
  args?: string[]
  command?: string[]
  image: string
  ports?: { name: string; containerPort: number }[]
  readinessProbe?: object
  livenessProbe?: object
  resources: { requests: object; limits: object }
  securityContext: Record<string, unknown>
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[]
}

interface PodSpec {
  containers: Container[]
  securityContext?: Record<string, unknown>
  volumes: { name: string; emptyDir?: { sizeLimit?: string }; secret?: { secretName: string }; hostPath?: object }[]
}

interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string; annotations?: Record<string, string> }
  rules?: Rule[]
  spec?: { template: { spec: PodSpec } }
  subjects?: { name: string; namespace: string }[]
  data?: Record<string, string>
  type?: string
}

const read = (path: string) => readFileSync(join('deploy', path), 'utf8')
const rbac = readdirSync('deploy/base/rbac')
  .filter((file) => file !== 'kustomization.yaml')
  .flatMap((file) => parseAllDocuments(read(join('base/rbac', file))).map((document) => document.toJS() as Manifest))
const rules = rbac.flatMap((manifest) => manifest.rules ?? [])
const standalone: PodSpec = (parse(read('base/deployment.yaml')) as Manifest).spec?.template.spec ?? {
  containers: [],
  volumes: [],
}
const patches: { path: string; value: unknown }[] = parse(read('flux-sidecar/container.yaml'))
const added = <T>(list: string) =>
  patches.filter(({ path }) => path.endsWith(`/${list}/-`)).map(({ value }) => value as T)
const sidecar: PodSpec = { containers: added('containers'), volumes: added('volumes') }
const variants = [
  { name: 'base', pod: standalone },
  { name: 'flux-sidecar', pod: sidecar },
]

/** What a rule set allows, as `verb resource`. */
const allowed = rules.flatMap(({ verbs, resources }) =>
  verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
)

describe('the rights of fairlead', () => {
  it('have no wildcard', () => {
    expect(rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs])).not.toContain('*')
  })

  it('only read workloads and engines', () => {
    const foreign = rules.filter(({ apiGroups }) =>
      ['apps', 'kustomize.toolkit.fluxcd.io', 'source.toolkit.fluxcd.io'].includes(apiGroups[0] ?? ''),
    )
    expect(new Set(foreign.flatMap(({ verbs }) => verbs))).toEqual(new Set(['get', 'list', 'watch']))
  })

  it('write nothing but its own kinds, its Lease, Events and reviews', () => {
    const writes = allowed.filter((right) => !/^(get|list|watch) /.test(right))
    expect(writes.toSorted()).toEqual([
      'create events',
      'create leases',
      'create selfsubjectaccessreviews',
      'create subjectaccessreviews',
      'create tokenreviews',
      'create updaterequests',
      'create workloadrolloutstates',
      'delete updaterequests',
      'patch events',
      'patch updaterequests/status',
      'update leases',
      'update updaterequests/status',
      'update workloadrolloutstates/status',
    ])
  })

  it('do not reach Secrets and ConfigMaps, and look at pods and Events only by lists', () => {
    expect(allowed.filter((right) => /secrets|configmaps|pods/.test(right))).toEqual(['list pods'])
    expect(allowed.filter((right) => /^(get|list|watch) events/.test(right))).toEqual(['list events'])
  })

  it('to leases are held in one namespace, and to one name where a name can be demanded', () => {
    const leases = rbac.filter(({ rules: own }) => own?.some(({ resources }) => resources.includes('leases')))
    expect(leases.map(({ kind }) => kind)).toEqual(['Role'])
    const unnamed = rules.filter(
      ({ resources, resourceNames }) => resources.includes('leases') && resourceNames === undefined,
    )
    expect(unnamed.flatMap(({ verbs }) => verbs)).toEqual(['create'])
  })
})

describe('the role of an approver', () => {
  const [role] = parseAllDocuments(read('approver/cluster-role.yaml')).map((document) => document.toJS() as Manifest)

  it('is what the API asks for, and no way past it', () => {
    expect(role?.kind).toBe('ClusterRole')
    expect(role?.rules?.flatMap(({ verbs, resources }) => verbs.map((verb) => `${verb} ${resources}`))).toEqual([
      'get updaterequests',
      'list updaterequests',
      'watch updaterequests',
      'update updaterequests/approve',
      'update updaterequests/rollback',
      'update updaterequests/hold',
      'update updaterequests/release',
    ])
  })
})

describe.each(variants)('the container of $name', ({ pod }) => {
  const [container] = pod.containers
  if (container === undefined) throw new Error('there is no container')

  it('passes the restricted Pod Security Standard', () => {
    const context = { ...pod.securityContext, ...container.securityContext }
    expect(context).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      runAsUser: 65532,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.volumes.some(({ hostPath }) => hostPath !== undefined)).toBe(false)
  })

  it('has bounded memory and bounded scratch space', () => {
    expect(container.resources).toMatchObject({ requests: { memory: '160Mi' }, limits: { memory: '384Mi' } })
    const scratch = pod.volumes.filter(({ emptyDir }) => emptyDir !== undefined)
    expect(scratch).toHaveLength(2)
    expect(scratch.every(({ emptyDir }) => emptyDir?.sizeLimit !== undefined)).toBe(true)
  })

  it('mounts only volumes that exist, and only its scratch space for writing', () => {
    const names = pod.volumes.map(({ name }) => name)
    expect(container.volumeMounts.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    const writable = container.volumeMounts
      .filter(({ readOnly }) => readOnly !== true)
      .map(({ mountPath }) => mountPath)
    expect(writable).toEqual(['/var/cache/fairlead', '/tmp'])
  })

  it("leaves the command and Node's flags to the image", () => {
    expect(container.command).toBeUndefined()
    expect(container.args).toEqual(['controller', '--config', '/etc/fairlead/config.yaml'])
  })
})

describe('the sidecar', () => {
  const [container] = sidecar.containers
  const config = parse(read('flux-sidecar/account/config.yaml'))

  it('listens on the ports of its configuration, none of them one of the engines', () => {
    const ports = container?.ports?.map(({ containerPort }) => containerPort)
    expect(Object.values(config.listen)).toEqual(ports?.map((port) => `:${port}`))
    expect(ports?.filter((port) => [8080, 9440, 9090, 9292, 9790].includes(port))).toEqual([])
  })

  it('has no readiness probe that could take the engine away', () => {
    expect(container?.readinessProbe).toBeUndefined()
    expect(container?.livenessProbe).toBeDefined()
  })

  it('acts as its own account, not as that of the pod', () => {
    const mount = container?.volumeMounts.find(
      ({ mountPath }) => mountPath === '/var/run/secrets/kubernetes.io/serviceaccount',
    )
    const volume = sidecar.volumes.find(({ name }) => name === mount?.name)
    const token: Manifest = parse(read('flux-sidecar/account/token.yaml'))
    expect(volume?.secret?.secretName).toBe(token.metadata.name)
    expect(token.type).toBe('kubernetes.io/service-account-token')
    expect(token.metadata.annotations).toEqual({ 'kubernetes.io/service-account.name': 'fairlead' })
  })

  it('is added after the containers and volumes of the engine', () => {
    expect(patches.every(({ path }) => path.endsWith('/-'))).toBe(true)
  })
})

describe('the image', () => {
  const dockerfile = read('Dockerfile')
  const instruction = (name: string) =>
    JSON.parse(dockerfile.match(new RegExp(`^${name} (\\[.*\\])$`, 'm'))?.[1] ?? '[]')

  it('starts Node with the flags that keep memory small, and the controller by default', () => {
    expect(instruction('ENTRYPOINT')).toEqual([
      'node',
      '--max-semi-space-size=2',
      '--max-old-space-size=128',
      '--optimize-for-size',
      '/app/dist/cli.js',
    ])
    expect(instruction('CMD')).toEqual(standalone.containers[0]?.args)
  })

  it('runs as the user of the manifests', () => {
    expect(dockerfile).toMatch(/^USER 65532:65532$/m)
  })
})

describe.skipIf(!hasKubectl)('kubectl kustomize renders', () => {
  const render = (folder: string): Manifest[] =>
    parseAllDocuments(execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })).map((one) => one.toJS())

  it.each([
    ['deploy/standalone', 'fairlead'],
    ['fixtures/cluster/flux-system', 'flux-system'],
  ])('%s, all of it in %s', (folder, namespace) => {
    const manifests = render(folder)
    expect(manifests.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'CustomResourceDefinition',
        'ServiceAccount',
        'ClusterRole',
        'Role',
        'ConfigMap',
        'Deployment',
        'Service',
        'NetworkPolicy',
      ]),
    )
    expect(new Set(manifests.flatMap(({ metadata }) => metadata.namespace ?? []))).toEqual(new Set([namespace]))
    expect(manifests.flatMap(({ subjects }) => subjects ?? []).map((subject) => subject.namespace)).toEqual([
      namespace,
      namespace,
    ])
  })

  it('the sidecar behind the engine, whose own container stays first and unchanged', () => {
    const engine = render('fixtures/cluster/flux-system').find(({ kind }) => kind === 'Deployment')
    const { containers = [], volumes = [] } = engine?.spec?.template.spec ?? {}
    expect(containers.map(({ name }) => name)).toEqual(['manager', 'fairlead'])
    expect(containers[0]?.volumeMounts).toEqual([{ mountPath: '/tmp', name: 'temp' }])
    const ports = containers.flatMap(({ ports: own }) => own ?? [])
    expect(new Set(ports.map(({ containerPort }) => containerPort)).size).toBe(ports.length)
    expect(new Set(ports.map(({ name }) => name)).size).toBe(ports.length)
    expect(new Set(volumes.map(({ name }) => name)).size).toBe(volumes.length)
  })
})

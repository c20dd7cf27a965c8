import { apiVersionOf, type Kind } from './kind.ts'

/** Answers that tell clients which kinds are served. Undefined: there is no such page. */
export function discover(path: string, kinds: readonly Kind[]): unknown {
  const parts = path.split('/').filter((part) => part !== '')
  const [root, group, version, ...rest] = parts
  if (rest.length > 0) return undefined
  if (root === 'api') {
    if (group === undefined) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] }
    return group === 'v1' && version === undefined ? resourceList('', 'v1', kinds) : undefined
  }
  if (root !== 'apis') return undefined
  if (group === undefined) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(kinds) }
  if (version !== undefined) return resourceList(group, version, kinds)
  const found = groupsOf(kinds).find((one) => one.name === group)
  return found === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...found }
}

interface Group {
  name: string
  versions: { groupVersion: string; version: string }[]
  preferredVersion: { groupVersion: string; version: string }
}

function groupsOf(kinds: readonly Kind[]): Group[] {
  const names = [...new Set([...kinds.map((kind) => kind.group), ...reviewKinds.map((kind) => kind.group)])]
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const served = [...kinds, ...reviewKinds].filter((kind) => kind.group === name).map((kind) => kind.version)
      const versions = [...new Set(served)]
        .sort(byPreference)
        .map((version) => ({ groupVersion: `${name}/${version}`, version }))
      return { name, versions, preferredVersion: versions[0] ?? { groupVersion: `${name}/v1`, version: 'v1' } }
    })
}

/** Kubernetes' version priority: stable before beta before alpha, then the higher number. */
function byPreference(a: string, b: string): number {
  const [stageA, ...numbersA] = rank(a)
  const [stageB, ...numbersB] = rank(b)
  return stageB - stageA || (numbersB[0] ?? 0) - (numbersA[0] ?? 0) || (numbersB[1] ?? 0) - (numbersA[1] ?? 0)
}

function rank(version: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (match === null) return [0, 0, 0]
  const stage = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stage, Number(match[1]), Number(match[3] ?? 0)]
}

const allVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function resourceList(group: string, version: string, kinds: readonly Kind[]): unknown {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version)
  const reviews = reviewKinds.filter((kind) => kind.group === group && kind.version === version)
  if (served.length === 0 && reviews.length === 0) return undefined
  const resources = [
    ...served.flatMap((kind) => {
      const own = { name: kind.plural, singularName: kind.singular, namespaced: kind.namespaced, kind: kind.kind }
      const names = kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }
      const status = { ...own, name: `${kind.plural}/status`, singularName: '', verbs: ['get', 'patch', 'update'] }
      return [{ ...own, verbs: allVerbs, ...names }, ...(kind.hasStatus ? [status] : [])]
    }),
    ...reviews.map((kind) => ({
      name: kind.plural,
      singularName: kind.kind.toLowerCase(),
      namespaced: false,
      kind: kind.kind,
      verbs: ['create'],
    })),
  ]
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf({ group, version }), resources }
}

/** Kinds that are only ever created, to ask a question. */
export const reviewKinds = [
  { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews', kind: 'TokenReview' },
  { group: 'authentication.k8s.io', version: 'v1', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  { group: 'authorization.k8s.io', version: 'v1', plural: 'subjectaccessreviews', kind: 'SubjectAccessReview' },
  { group: 'authorization.k8s.io', version: 'v1', plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
] as const

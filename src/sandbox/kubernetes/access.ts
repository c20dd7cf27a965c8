import { fieldsAt, listAt, textAt } from '../json.ts'
import type { ApiObject } from './object.ts'
import type { Store } from './store.ts'

/** Who is asking. */
export interface User {
  name: string
  groups: readonly string[]
}

/** What is asked for. A resource with an empty group is in the core group. */
export interface Attributes {
  verb: string
  group: string
  resource: string
  /** `status`, or empty. */
  subresource: string
  /** Empty means all namespaces, or a cluster-wide kind. */
  namespace: string
  name: string
}

/** Authentication by bearer token and authorisation by the RBAC objects in the store. */
export interface Access {
  /** The user behind a bearer token that is meant for one of the audiences; undefined when nobody knows it. */
  authenticate(token: string, audiences?: readonly string[]): { user: User; audiences: readonly string[] } | undefined
  allows(user: User, attributes: Attributes): boolean
  /** `audiences`: whom the token is for; default the API server itself. */
  addToken(token: string, user: User, audiences?: readonly string[]): void
  /** As if the token had run out. */
  removeToken(token: string): void
}

const ownAudience = ['https://kubernetes.default.svc']

/** `system:masters` may do everything, as in Kubernetes; a service account's user name gives its groups. */
export function createAccess(store: Store): Access {
  const tokens = new Map<string, { user: User; audiences: readonly string[] }>()
  return {
    authenticate(token, audiences = ownAudience) {
      const known = tokens.get(token)
      const common = known?.audiences.filter((one) => audiences.includes(one)) ?? []
      return known === undefined || common.length === 0 ? undefined : { user: known.user, audiences: common }
    },
    addToken(token, user, audiences = ownAudience) {
      tokens.set(token, { user: { name: user.name, groups: groupsOf(user) }, audiences })
    },
    removeToken: (token) => void tokens.delete(token),
    allows(user, attributes) {
      if (user.groups.includes('system:masters')) return true
      return rulesFor(store, user, attributes.namespace).some((rule) => ruleAllows(rule, attributes))
    },
  }
}

function groupsOf(user: User): readonly string[] {
  const match = /^system:serviceaccount:([^:]+):/.exec(user.name)
  const account = match === null ? [] : ['system:serviceaccounts', `system:serviceaccounts:${match[1]}`]
  return [...new Set([...user.groups, ...account, 'system:authenticated'])]
}

function rulesFor(store: Store, user: User, namespace: string): readonly unknown[] {
  const rbac = 'rbac.authorization.k8s.io'
  const clusterWide = store.list(`${rbac}/clusterrolebindings`)
  const local = store.list(`${rbac}/rolebindings`).filter((one) => one.metadata.namespace === namespace)
  return [...clusterWide, ...local]
    .filter((binding) => listAt(binding, 'subjects').some((subject) => isSubject(subject, user, binding)))
    .flatMap((binding) => {
      const role = fieldsAt(binding, 'roleRef')
      const isClusterRole = textAt(role, 'kind') === 'ClusterRole'
      const collection = isClusterRole ? `${rbac}/clusterroles` : `${rbac}/roles`
      return listAt(store.get(collection, `${isClusterRole ? '' : namespace}/${textAt(role, 'name')}`), 'rules')
    })
}

function isSubject(subject: unknown, user: User, binding: ApiObject): boolean {
  const name = textAt(subject, 'name')
  switch (textAt(subject, 'kind')) {
    case 'User':
      return name === user.name
    case 'Group':
      return user.groups.includes(name)
    case 'ServiceAccount': {
      const namespace = textAt(subject, 'namespace') || (binding.metadata.namespace ?? '')
      return user.name === `system:serviceaccount:${namespace}:${name}`
    }
    default:
      return false
  }
}

function ruleAllows(rule: unknown, wanted: Attributes): boolean {
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`
  const names = listAt(rule, 'resourceNames')
  return (
    contains(listAt(rule, 'verbs'), wanted.verb) &&
    contains(listAt(rule, 'apiGroups'), wanted.group) &&
    (contains(listAt(rule, 'resources'), resource) || listAt(rule, 'resources').includes(`*/${wanted.subresource}`)) &&
    (names.length === 0 || names.includes(wanted.name))
  )
}

function contains(list: readonly unknown[], value: string): boolean {
  return list.includes('*') || list.includes(value)
}

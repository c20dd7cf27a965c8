import type { KubernetesObject } from '../../src/api/kubernetes.ts'

const rbac = 'rbac.authorization.k8s.io'

/** A Role that lets the ServiceAccount `approver` of a namespace decide there, and its binding. */
export function approverRole(namespace: string): KubernetesObject[] {
  const metadata = { name: 'approver', namespace }
  const rules = [
    { apiGroups: ['fairlead.dev'], resources: ['updaterequests'], verbs: ['get'] },
    { apiGroups: ['fairlead.dev'], resources: ['updaterequests/approve'], verbs: ['update'] },
  ]
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, ...{ rules } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      ...{
        roleRef: { apiGroup: rbac, kind: 'Role', name: 'approver' },
        subjects: [{ kind: 'ServiceAccount', name: 'approver', namespace }],
      },
    },
  ]
}

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { parseObjects } from './kubernetes.ts'
import type { Lab } from './lab.ts'

const file = join(import.meta.dirname, '..', '..', 'deploy', 'approver', 'cluster-role.yaml')

/** The role that is shipped for people who decide. */
export async function approverRole(): Promise<KubernetesObject[]> {
  return parseObjects(await readFile(file, 'utf8'), file)
}

/** Gives the ServiceAccount `who` of the namespace `home` a role in a namespace; without one, the shipped one. */
export function binding(
  namespace: string,
  { who, home }: { who: string; home: string },
  role: { kind: string; name: string } = { kind: 'ClusterRole', name: 'fairlead-approver' },
): KubernetesObject {
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', ...role }
  const subjects = [{ kind: 'ServiceAccount', name: who, namespace: home }]
  const metadata = { name: who, namespace }
  return { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata, ...{ roleRef, subjects } }
}

/** Somebody who may decide about the workloads of a namespace; returns the token. */
export async function createApprover({ plane: { kubernetes } }: Lab, namespace: string): Promise<string> {
  const who = 'approver'
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: who, namespace } }
  await kubernetes.apply(...(await approverRole()), account, binding(namespace, { who, home: namespace }))
  return kubernetes.serviceAccountToken(namespace, who)
}

import { readBearer } from './adapters/kubernetes/bearer.ts'

/** The bearer token of a kubeconfig's user; an empty `kubeconfig` is the service account of the pod we run in. */
export function readAccountToken(account: { kubeconfig: string; context: string }): Promise<string> {
  return readBearer(account)
}

import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'

/** One user of one cluster, as a kubeconfig file for clients and kubectl. */
export interface KubeconfigFacts {
  server: string
  token: string
  user: string
  namespace?: string
}

export async function writeKubeconfig(
  path: string,
  { server, token, user, namespace = 'default' }: KubeconfigFacts,
): Promise<void> {
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'sandbox',
    // Without this the Node client refuses plain HTTP, which is all that a loopback server needs.
    clusters: [{ name: 'sandbox', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user, namespace } }],
  }
  await writeFile(path, stringify(content), { mode: 0o600 })
}

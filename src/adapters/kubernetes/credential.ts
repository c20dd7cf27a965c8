import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { type KubeconfigContext, type KubeconfigExec, readKubeconfig } from '../../core/manifest/kubeconfig.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'

/** Where the API server and our identity come from. */
export interface Account {
  /** Path of a kubeconfig file; empty = the service account of the pod we run in. */
  kubeconfig: string
  /** Context in that file; empty = its current one. */
  context: string
  /** In front of the usual mount `/var/run/secrets/kubernetes.io/serviceaccount`; default none. */
  mountPrefix?: string
}

/**
 * Reads the account anew: a fresh KubeConfig has none of the tokens that client-node's authenticators keep. It reads
 * token, CA and certificate files and runs credential plug-ins whenever it is applied to a request.
 * Throws `KubeconfigInvalid`.
 */
export function loadAccount(account: Account): KubeConfig {
  return account.kubeconfig === '' ? fromPod(account.mountPrefix ?? '') : fromFile(account)
}

function fromPod(mountPrefix: string): KubeConfig {
  const config = new KubeConfig()
  config.loadFromCluster(mountPrefix)
  const cluster = config.getCurrentCluster()
  const host = cluster?.server.replace(/^https?:\/\//, '') ?? ''
  if (cluster === null || host.startsWith('undefined') || host.endsWith('undefined')) {
    throw new FairleadError(
      'KubeconfigInvalid',
      'no kubeconfig is configured and this is not a pod (KUBERNETES_SERVICE_HOST and _PORT are not set); ' +
        'set kubernetes.kubeconfig to the path of a kubeconfig file',
    )
  }
  if (cluster.caFile !== undefined) readMounted(cluster.caFile)
  return cluster.server.startsWith('http:') ? withoutTls(config) : config
}

function readMounted(path: string): void {
  try {
    readFileSync(path)
  } catch (cause) {
    throw new FairleadError(
      'KubeconfigInvalid',
      `${path} cannot be read; mount a service account (automountServiceAccountToken: true)`,
      { cause },
    )
  }
}

function fromFile(account: Account): KubeConfig {
  const file = account.kubeconfig
  const context = readKubeconfig(readText(file), { file, context: account.context })
  const config = new KubeConfig()
  const folder = dirname(file)
  config.loadFromOptions({
    clusters: [context.cluster],
    users: [asUser(context, folder)],
    contexts: [
      {
        name: context.name,
        cluster: context.cluster.name,
        user: context.user.name,
        ...(context.namespace === '' ? {} : { namespace: context.namespace }),
      },
    ],
    currentContext: context.name,
  })
  config.makePathsAbsolute(folder)
  return context.cluster.server.startsWith('http:') ? withoutTls(config) : config
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { message } = asFairleadError(cause)
    throw new FairleadError('KubeconfigInvalid', `kubeconfig cannot be read: ${message}`, { cause })
  }
}

/** client-node does not know `tokenFile`, but has an authenticator for token files that re-reads them every minute. */
function asUser({ user, cluster }: KubeconfigContext, folder: string): object {
  const { tokenFile, exec, ...rest } = user
  if (exec !== undefined) return { ...rest, exec: asExec(exec, cluster.server, folder) }
  if (tokenFile === undefined) return rest
  const { token: _, ...others } = rest
  return { ...others, authProvider: { name: 'tokenFile', config: { tokenFile: absolute(folder, tokenFile) } } }
}

/**
 * A command with a slash is relative to the kubeconfig's folder, and plug-ins read KUBERNETES_EXEC_INFO
 * (kubernetes.io/docs/reference/access-authn-authz/authentication: client-go credential plugins); client-node does
 * neither.
 */
function asExec(exec: KubeconfigExec, server: string, folder: string): KubeconfigExec {
  const spec = { interactive: false, cluster: { server } }
  const asked = JSON.stringify({ apiVersion: exec.apiVersion, kind: 'ExecCredential', spec })
  return {
    ...exec,
    command: exec.command.includes('/') ? absolute(folder, exec.command) : exec.command,
    env: [{ name: 'KUBERNETES_EXEC_INFO', value: asked }, ...exec.env],
  }
}

function absolute(folder: string, path: string): string {
  return path.startsWith('/') ? path : join(folder, path)
}

/** client-node refuses plain HTTP unless the cluster says that nothing is verified, which is true without TLS. */
function withoutTls(config: KubeConfig): KubeConfig {
  config.clusters = config.clusters.map((cluster) => ({ ...cluster, skipTLSVerify: true }))
  return config
}

import type { HttpHost } from '../../runtime/http.ts'
import type { CloudAuth } from './cloud/identity.ts'

/** What is configured for one registry host. */
export interface RegistryHostSettings {
  /** As in image references: `ghcr.io`, `registry.example.com:5000`, `docker.io`. */
  host: string
  /** A docker config.json. */
  credentialsFile?: string
  /** Instead: the identity of the pod, exchanged with the registry's cloud. */
  auth?: CloudAuth
  /** Instead: image pull Secrets of the cluster, the first with an entry for this host. */
  pullSecrets?: readonly { namespace: string; name: string }[]
  /** Hosts beside its own site to which its credentials may be sent when it names them as token service. */
  tokenHosts?: readonly string[]
  /** Plain http is spoken. Default false. */
  insecure?: boolean
  caFile?: string
  /** Default: the setting for all hosts. */
  requestsPerSecond?: number
}

const hubApiHost = 'registry-1.docker.io'
const hubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', hubApiHost])

/** The one name of a registry, as image references have it: Docker Hub is known under three. */
export function registryName(host: string): string {
  const name = host.toLowerCase()
  return hubHosts.has(name) ? 'docker.io' : name
}

/** Docker Hub's API lives on another host than its images' names say. */
function apiHost(registry: string): string {
  const name = registryName(registry)
  return name === 'docker.io' ? hubApiHost : name
}

/** `https://ghcr.io`; where the API of the registry named in an image reference answers. */
export function apiOrigin(registry: string, insecure: boolean): string {
  return `${insecure ? 'http' : 'https'}://${apiHost(registry)}`
}

/** The same settings as the outbound client wants them, by the host that is really asked. */
export function httpHostsOf(hosts: readonly RegistryHostSettings[]): Record<string, HttpHost> {
  return Object.fromEntries(
    hosts.map(({ host, caFile, insecure }) => [
      apiHost(host),
      { ...(caFile === undefined ? {} : { caFile }), insecure: insecure === true },
    ]),
  )
}

/**
 * Endings under which everybody can have a name of their own, so that two names with the same ending need not have the
 * same owner: an excerpt of the Public Suffix List (publicsuffix.org), cloud registries and cluster-local names.
 */
const sharedEndings = [
  ...[
    'amazonaws.com',
    'azurecr.io',
    'azurecr.cn',
    'azurewebsites.net',
    'cloudapp.net',
    'cloudfront.net',
    'windows.net',
  ],
  ...['appspot.com', 'googleapis.com', 'pkg.dev', 'run.app', 'web.app', 'aliyuncs.com', 'jfrog.io', 'myqcloud.com'],
  ...['github.io', 'gitlab.io', 'herokuapp.com', 'netlify.app', 'vercel.app', 'pages.dev', 'workers.dev', 'fly.dev'],
  ...['ngrok.io', 'ngrok.app', 'ngrok.dev', 'ngrok-free.app', 'nip.io', 'sslip.io', 'duckdns.org', 'dyndns.org'],
  ...['onrender.com', 'railway.app', 'ondigitalocean.app', 'digitaloceanspaces.com', 'ovh.net', 'scw.cloud'],
  ...['cloudapp.azure.com', 'trafficmanager.net', 'cluster.local', 'local', 'internal', 'localhost'],
]

/** `co.uk`, `com.au` and the like. */
const countryEnding = /^(?:ac|co|com|edu|gov|go|gob|mil|ne|net|nom|or|org|gen|id|ltd|plc|sch)\.[a-z]{2}$/

/** Token services on a site that many share, but whose names only the registry's owner gives out. */
const knownTokenHosts: readonly [registry: RegExp, tokenHost: string][] = [
  // Alibaba Cloud Container Registry: registry[-vpc|-internal].<region> and dockerauth[-vpc|-internal].<region>.
  [/^(?:[a-z0-9-]+-)?registry(-vpc|-internal)?\.([a-z0-9-]+)\.(?:cr\.)?aliyuncs\.com$/, 'dockerauth$1.$2.aliyuncs.com'],
]

/**
 * May a registry's credentials be sent to the token service it names? On its own site (`auth.docker.io` for
 * `registry-1.docker.io`), at a service known to be its own, and where the configuration says so. Host names without
 * port.
 */
export function isTokenHost(registry: string, named: string, allowed: readonly string[] = []): boolean {
  if (isSameSite(registry, named) || allowed.includes(named)) return true
  return knownTokenHosts.some(([pattern, host]) => pattern.test(registry) && registry.replace(pattern, host) === named)
}

/**
 * May credentials of one host be shown to the other? Only when both names belong to one owner: equal, or under the same
 * registrable domain (`registry-1.docker.io` and `auth.docker.io`). In doubt no. Host names without port.
 */
export function isSameSite(one: string, other: string): boolean {
  if (one === other) return true
  const site = registrableDomain(one)
  return site !== undefined && site === registrableDomain(other)
}

function registrableDomain(hostname: string): string | undefined {
  const labels = hostname.toLowerCase().split('.')
  const isAddress = hostname.includes(':') || /^[0-9]+$/.test(labels.at(-1) ?? '')
  const isShared = sharedEndings.some((ending) => hostname === ending || hostname.endsWith(`.${ending}`))
  if (isAddress || isShared) return undefined
  const count = countryEnding.test(labels.slice(-2).join('.')) ? 3 : 2
  return labels.length < count ? undefined : labels.slice(-count).join('.')
}

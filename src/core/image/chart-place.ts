import { FairleadError } from '../../errors.ts'

/**
 * Where the versions of a chart are listed, as a registry and a repository on it, so that charts and images are asked for
 * alike: `https://charts.example.com` and `podinfo` for an index, `oci://ghcr.io` and `acme/charts/podinfo` for tags.
 */
export interface ChartPlace {
  registry: string
  repository: string
}

const oci = 'oci://'

/**
 * The place of a chart below the address of its repository; `chart` is empty where the address is the chart itself.
 * `RegistryNotFound` for an address that is none, or that may hold a secret, for places are written into logs.
 */
export function chartPlace(address: string, chart: string): ChartPlace {
  const isOci = address.startsWith(oci)
  const text = isOci ? `https://${address.slice(oci.length)}` : address
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && url.username === '' && url.password === '' && url.search === ''
  if (!isPlain || !['http:', 'https:'].includes(url.protocol) || (!isOci && chart === '')) {
    const shown = url === undefined ? 'its address' : url.host
    const message = `${shown}: a chart repository has an https, http or oci address without credentials and query`
    throw new FairleadError('RegistryNotFound', message)
  }
  const path = url.pathname.replace(/^\/+|\/+$/g, '')
  if (!isOci) return { registry: path === '' ? url.origin : `${url.origin}/${path}`, repository: chart }
  return { registry: `${oci}${url.host}`, repository: [path, chart].filter((part) => part !== '').join('/') }
}

/** The chart that lies at a place; undefined when an image does. */
export function chartAt({
  registry,
  repository,
}: ChartPlace):
  | { type: 'http'; url: string; chart: string }
  | { type: 'oci'; registry: string; repository: string }
  | undefined {
  if (registry.startsWith(oci)) return { type: 'oci', registry: registry.slice(oci.length), repository }
  return registry.includes('://') ? { type: 'http', url: registry, chart: repository } : undefined
}

/** The place of the chart that lies where an image could, too. */
export function ociPlace({ registry, repository }: ChartPlace): ChartPlace {
  return { registry: `${oci}${registry}`, repository }
}

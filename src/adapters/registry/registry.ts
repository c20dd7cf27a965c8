import { FairleadError } from '../../errors.ts'
import type { ChartRepository, ImageRepository, Log, Registry } from '../../ports.ts'
import { createChartRepository } from './chart-repository.ts'
import { createRegistryClient } from './client.ts'
import { createSource, type SourceDependencies } from './credential-choice.ts'
import { apiOrigin, type RegistryHostSettings, registryName } from './host.ts'
import { createImageReader } from './image-reader.ts'
import { readBuildDate, readDigest, readPlatforms, readSource } from './manifest.ts'
import { createKeyRing, type TrustedKey } from './public-key.ts'
import { createSignatureCheck } from './signature-check.ts'
import { createTagReader, defaultTagListLimits, type TagListLimits } from './tag-list.ts'
import { createTokenSource } from './token.ts'
import { createTransport, type RegistryMetrics } from './transport.ts'

export interface RegistrySettings {
  /** Registries that need more than anonymous https. Others are asked all the same. */
  hosts: readonly RegistryHostSettings[]
  /** Default 20. */
  defaultRequestsPerSecond?: number
  /** One exchange; default: the outbound client's. */
  timeoutMs?: number
  limits?: TagListLimits
  /** Keys that signatures are checked with. */
  keys?: readonly TrustedKey[]
}

export interface RegistryDependencies extends SourceDependencies {
  log: Log
  metrics?: RegistryMetrics
  /** Between 0 and 1; for the jitter of retries. */
  random?: () => number
}

/** Source: distribution specification, "Pulling manifests"; without these no path of ours could be told what to read. */
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const registryPattern = /^(?:\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/
const referencePattern = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/

/**
 * Reads OCI and Docker registries over the distribution API, and charts from them and from Helm repositories: their hosts
 * are asked at one pace, with the same credentials.
 */
export function createRegistries(
  settings: RegistrySettings,
  dependencies: RegistryDependencies,
): { registry: Registry; charts: ChartRepository } {
  const { http, clock, log, metrics, random } = dependencies
  const hosts = new Map(settings.hosts.map((host) => [registryName(host.host), host]))
  const originOf = (registry: string) => apiOrigin(registry, hosts.get(registryName(registry))?.insecure === true)

  const rates = new Map(settings.hosts.map((host) => [new URL(originOf(host.host)).host, host.requestsPerSecond]))
  const rateOf = (host: string) => rates.get(host) ?? settings.defaultRequestsPerSecond ?? 20
  const transport = createTransport({ http, clock, rateOf, metrics, random })

  const sources = new Map(
    settings.hosts.flatMap((host) => {
      const source = createSource(host, dependencies)
      return source === undefined ? [] : [[registryName(host.host), source] as const]
    }),
  )
  const client = createRegistryClient({
    transport,
    tokens: createTokenSource(transport, clock),
    originOf,
    credentialsOf: (registry) => sources.get(registry),
    tokenHostsOf: (registry) => hosts.get(registry)?.tokenHosts ?? [],
    timeoutMs: settings.timeoutMs,
  })
  const reader = createImageReader(client)
  const isSigned = createSignatureCheck(client, createKeyRing(settings.keys ?? []))
  const readTags = createTagReader(client, settings.limits ?? defaultTagListLimits)

  const registry: Registry = {
    async tags(image) {
      const target = checkedTarget(image)
      const { tags, dropped } = await readTags(target)
      if (dropped > 0) log.debug({ ...target, dropped }, 'names in a tag list that are no tags were left out')
      return tags
    },
    async digest(image, tag) {
      return readDigest(client, checkedTarget(image, tag), tag)
    },
    async platforms(image, reference) {
      return readPlatforms(reader, checkedTarget(image, reference), reference)
    },
    async signed(image, digest, key) {
      return isSigned(checkedTarget(image, digest), digest, key)
    },
    async builtAt(image, digest) {
      return readBuildDate(reader, checkedTarget(image, digest), digest)
    },
    async source(image, digest) {
      return readSource(reader, checkedTarget(image, digest), digest)
    },
  }
  const credentialsOf = (host: string) => sources.get(registryName(host))
  return { registry, charts: createChartRepository(registry, { transport, credentialsOf }) }
}

/** Names come from manifests that anybody may write; only true names become part of a URL. */
function checkedTarget(image: ImageRepository, reference?: string): ImageRepository {
  const registry = registryName(image.registry)
  const name = `${image.registry}/${image.repository}`
  const isName = image.repository.length <= 255 && repositoryPattern.test(image.repository)
  if (!isName || !registryPattern.test(registry)) {
    throw new FairleadError(
      'RegistryNotFound',
      `${JSON.stringify(name.slice(0, 300))} is no name an image repository can have`,
    )
  }
  if (reference !== undefined && !referencePattern.test(reference)) {
    throw new FairleadError(
      'RegistryNotFound',
      `${JSON.stringify(reference.slice(0, 200))} is neither a tag nor a digest (${name})`,
    )
  }
  return { registry, repository: image.repository }
}

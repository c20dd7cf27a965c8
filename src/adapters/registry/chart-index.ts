import { type ChartOutcome, readChartIndex } from '../../core/image/chart-index.ts'
import type { ChartVersion } from '../../core/image/chart-version.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { HttpResponse } from '../../ports.ts'
import { type CredentialSource, isBasic } from './credential.ts'
import { isRedirect, redirectTarget } from './redirect.ts'
import { basicAuthorization } from './token.ts'
import type { Transport } from './transport.ts'

export interface ChartIndexDependencies {
  transport: Transport
  /** For a host, with its port. */
  credentialsOf: (host: string) => CredentialSource | undefined
}

const maxIndexBytes = 20 * 1024 * 1024
const timeoutMs = 60_000
const maxIndexes = 500
const maxCharts = 1000

/** What was read of one index, as long as the server says that it is the same. */
interface KnownIndex {
  etag: string | undefined
  /** Charts that somebody asks for; all of them are read from each download. */
  wanted: Set<string>
  charts: Map<string, ChartOutcome>
  underWay: Promise<unknown>
}

/**
 * Reads charts from `index.yaml` below the address of a repository. An index is asked for with the ETag it had, one
 * request at a time, and credentials stay with the host of the address.
 */
export function createChartIndexReader({ transport, credentialsOf }: ChartIndexDependencies) {
  const indexes = new Map<string, KnownIndex>()

  async function ask(url: URL, etag: string | undefined): Promise<HttpResponse> {
    const source = credentialsOf(url.host)
    const credential = await source?.find(url.host, url.pathname.slice(1))
    if (credential !== undefined && !isBasic(credential)) throw authFailed(url, 'a user name and password are wanted')
    const headers = etag === undefined ? {} : { 'if-none-match': etag }
    const authorization = credential === undefined ? {} : { authorization: basicAuthorization(credential) }
    const request = { method: 'GET', maxBytes: maxIndexBytes, timeoutMs } as const
    const withLogin = { ...headers, ...authorization }
    const first = await transport.send(url.host, { ...request, url: url.href, headers: withLogin })
    const target = redirectTarget(first, url, url.host)
    if (target === undefined) return first
    const isSame = target.origin === url.origin
    return transport.send(url.host, { ...request, url: target.href, headers: isSame ? withLogin : headers })
  }

  async function refresh(url: URL, chart: string, known: KnownIndex): Promise<void> {
    const answer = await ask(url, known.charts.has(chart) ? known.etag : undefined)
    if (answer.status === 304 && known.charts.has(chart)) return
    refuseStatus(answer, url)
    known.wanted.add(chart)
    const listed = readIndex(decode(answer.body, url), known.wanted, url)
    known.charts = new Map([...known.wanted].map((name) => [name, listed.get(name) ?? absent(name)]))
    known.etag = answer.headers.etag
  }

  return async function readIndexVersions(repository: string, chart: string): Promise<readonly ChartVersion[]> {
    const url = indexUrl(repository)
    const known = indexes.get(url.href) ?? {
      etag: undefined,
      wanted: new Set(),
      charts: new Map(),
      underWay: Promise.resolve(),
    }
    remember(indexes, url.href, known)
    if (known.wanted.size >= maxCharts) known.wanted.clear()
    known.wanted.add(chart)
    const turn = known.underWay.then(() => refresh(url, chart, known))
    known.underWay = turn.catch(() => {})
    await turn
    const outcome = known.charts.get(chart)
    if (outcome === undefined) throw new FairleadError('Internal', `${where(url)}: ${chart} was not read`)
    if ('failure' in outcome) throw placed(outcome.failure, url)
    return outcome.versions
  }
}

function remember(indexes: Map<string, KnownIndex>, key: string, known: KnownIndex): void {
  indexes.set(key, known)
  const oldest = indexes.keys().next().value
  if (indexes.size > maxIndexes && oldest !== undefined) indexes.delete(oldest)
}

function indexUrl(repository: string): URL {
  const isUrl = URL.canParse(repository)
  const url = new URL(isUrl ? repository : 'invalid:')
  if ((url.protocol !== 'https:' && url.protocol !== 'http:') || url.username !== '' || url.password !== '') {
    const shown = isUrl ? `${url.protocol}//${url.host}` : 'an address'
    const message = `${shown}: a chart repository has an http or https address without credentials`
    throw new FairleadError('RegistryNotFound', message)
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/index.yaml`
  return url
}

function refuseStatus(answer: HttpResponse, url: URL): void {
  const { status } = answer
  if (status === 200) return
  if (status === 401 || status === 403) throw authFailed(url, `status ${status}`)
  if (status === 404) throw new FairleadError('RegistryNotFound', `${where(url)}: there is no index.yaml`)
  const words = isRedirect(answer) ? 'redirects more than once' : `unexpected status ${status}`
  throw new FairleadError('RegistryInvalid', `${where(url)}: ${words}`)
}

function decode(body: Uint8Array, url: URL): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw new FairleadError('RegistryInvalid', `${where(url)} is not UTF-8 text`)
  }
}

function readIndex(text: string, charts: ReadonlySet<string>, url: URL) {
  try {
    return readChartIndex(text, charts)
  } catch (thrown) {
    throw placed(asFairleadError(thrown), url)
  }
}

const placed = ({ code, message }: FairleadError, url: URL) => new FairleadError(code, `${where(url)}: ${message}`)

function absent(chart: string): ChartOutcome {
  const message = `no chart ${JSON.stringify(chart.slice(0, 200))} is listed`
  return { failure: new FairleadError('RegistryNotFound', message) }
}

function authFailed(url: URL, why: string): FairleadError {
  const message = `${url.host} does not let us read its charts: ${why}; set credentialsFile for the host under registries`
  return new FairleadError('RegistryAuthFailed', message)
}

/** Without the query, which may hold a secret. */
const where = (url: URL) => `${url.origin}${url.pathname}`

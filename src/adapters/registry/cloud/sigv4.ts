import { createHash, createHmac } from 'node:crypto'

/** Keys of an AWS identity; `sessionToken` for all that are temporary. */
export interface AwsKeys {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

/** A request to be signed. */
export interface AwsRequest {
  method: string
  url: URL
  /** Lower-case names; all of them are signed. */
  headers: Readonly<Record<string, string>>
  body: string
}

export interface AwsScope {
  region: string
  service: string
  at: Date
}

/**
 * The headers of the request with `x-amz-date`, `x-amz-security-token` and `authorization`.
 * Source: AWS Signature Version 4 (docs.aws.amazon.com, "Create a signed AWS API request"). The path must be `/` or
 * already encoded, as it is in all services that are asked here; the query is sorted as the specification wants.
 */
export function signAwsRequest(request: AwsRequest, keys: AwsKeys, { region, service, at }: AwsScope) {
  const time = at.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const token = keys.sessionToken === undefined ? {} : { 'x-amz-security-token': keys.sessionToken }
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': time, ...token }
  const signed: Record<string, string> = { ...headers, host: request.url.host }
  const names = Object.keys(signed).sort()
  const canonical = [
    request.method,
    request.url.pathname,
    canonicalQuery(request.url.searchParams),
    ...names.map((name) => `${name}:${signed[name]?.trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    sha256(request.body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${keys.secretAccessKey}`)
  const signature = hmac(key, toSign).toString('hex')
  const credential = `Credential=${keys.accessKeyId}/${scope}`
  const authorization = `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`
  return { ...headers, authorization }
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${strictEncode(name)}=${strictEncode(value)}`)
    .sort()
    .join('&')
}

const strictEncode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { type Fields, isFields } from '../json.ts'
import { type Exchange, readBody } from '../loopback.ts'
import { isAppPath } from './app.ts'
import { GitHubFailure, notFound } from './failure.ts'
import type { Effect, Faults } from './fault.ts'
import type { LimitedResource, Limits } from './limit.ts'
import { type LoggedRequest, logRequest } from './request-log.ts'
import type { Call, Reply } from './route.ts'
import type { Site } from './site.ts'
import type { Tokens } from './token.ts'

/** The gate of the API: faults, credentials, limits, then the call itself, then conditional answers. */
export interface ApiParts {
  site: Site
  tokens: Tokens
  limits: Limits
  faults: Faults
  requests: LoggedRequest[]
  /** Does what is asked, for a known path. */
  answer: (call: Call) => Reply
}

/** Answers a request below `/api/`. */
export async function answerApi(parts: ApiParts, { request, response, method, url }: Exchange): Promise<void> {
  const path = url.pathname.replace(/^\/api\/(?:v3)?/, '').replace(/^\/?/, '/')
  const isConditional = request.headers['if-none-match'] !== undefined
  const entry: LoggedRequest = { method, path: path + url.search, isConditional, account: '', status: 0 }
  logRequest(parts.requests, entry)
  const body = await readBody(request)
  const effect = parts.faults.take(method, path + url.search)
  if (effect?.kind === 'delay') await pause(effect.ms)
  if (effect?.kind === 'drop' && effect.when === 'before') {
    response.destroy()
    return
  }
  const reply = replyTo(parts, { request, method, path, url }, body, effect, entry)
  if (effect?.kind === 'drop') {
    response.destroy()
    return
  }
  entry.status = reply.status
  const isEmpty = reply.status === 204 || reply.status === 304
  const bytes = isEmpty ? Buffer.alloc(0) : Buffer.from(JSON.stringify(reply.body))
  response.writeHead(reply.status, {
    ...(isEmpty ? {} : { 'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length }),
    'x-github-media-type': 'github.v3; format=json',
    'x-github-enterprise-version': '3.17.0',
    ...reply.headers,
  })
  response.end(bytes)
}

type Asked = { request: IncomingMessage; method: string; path: string; url: URL }

function replyTo(parts: ApiParts, asked: Asked, body: Buffer, effect: Effect | undefined, entry: LoggedRequest): Reply {
  const { request, method, path, url } = asked
  const resource: LimitedResource = path === '/graphql' ? 'graphql' : 'core'
  let login = ''
  const limitHeaders = () => parts.limits.headers(login, resource)
  try {
    const token = isAppPath(path) ? undefined : parts.tokens.authenticate(request.headers.authorization)
    login = token?.account.login ?? ''
    entry.account = login
    if (effect?.kind === 'answer') {
      const headers = effect.headers ?? {}
      throw new GitHubFailure(effect.status, effect.message, { headers })
    }
    parts.limits.check(login, resource)
    if (token !== undefined && token.misses > 0) {
      token.misses -= 1
      throw notFound()
    }
    const authorization = request.headers.authorization ?? ''
    const call = {
      site: parts.site,
      method,
      path,
      query: url.searchParams,
      body: parseBody(body),
      token,
      authorization,
    }
    const reply = withTag(parts.answer(call), method, request.headers['if-none-match'])
    if (reply.status !== 304) parts.limits.count(login, resource)
    const scopes = token?.kind === 'classic' ? { 'x-oauth-scopes': token.scopes.join(', ') } : {}
    return { ...reply, headers: { ...limitHeaders(), ...scopes, ...reply.headers } }
  } catch (thrown) {
    if (!(thrown instanceof GitHubFailure)) throw thrown
    if (thrown.status !== 401) parts.limits.count(login, resource)
    return { status: thrown.status, body: thrown.body, headers: { ...limitHeaders(), ...thrown.details.headers } }
  }
}

function parseBody(body: Buffer): Fields {
  if (body.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'))
    // Labels may come as a bare list.
    return Array.isArray(parsed) ? { labels: parsed } : isFields(parsed) ? parsed : {}
  } catch {
    throw new GitHubFailure(400, 'Problems parsing JSON')
  }
}

function withTag(reply: Reply, method: string, known: string | undefined): Reply {
  if (method !== 'GET' || reply.status !== 200) return reply
  const tag = `W/"${createHash('sha256').update(JSON.stringify(reply.body)).digest('hex')}"`
  const tagged = { ...reply, headers: { ...reply.headers, etag: tag } }
  return known?.split(/, */).includes(tag) === true ? { ...tagged, status: 304 } : tagged
}

import { createPublicKey, verify } from 'node:crypto'
import { fieldsAt, isFields, listAt, numberAt, textAt } from '../json.ts'
import type { Account } from './account.ts'
import { GitHubFailure, notFound, refused } from './failure.ts'
import { fullName } from './hosted-repository.ts'
import type { Call, Reply } from './route.ts'
import { credentialOf, type Permissions, type Tokens } from './token.ts'
import { nodeId, userJson } from './view/user-json.ts'

/** A GitHub App with one installation. */
export interface App {
  id: number
  clientId: string
  slug: string
  installation: number
  /** Its account, `<slug>[bot]`. */
  bot: Account
  owner: Account
  /** PEM of the public half of its key. */
  publicKey: string
  permissions: Permissions
  /** Full names; every repository without. */
  repositories?: readonly string[] | undefined
  /** Life of installation tokens. */
  tokenMs: number
  /** So many calls with a fresh token are answered with 404. */
  freshTokenMisses: number
  isSuspended: boolean
}

/** Calls of an app itself, which carry a JSON web token. */
export function isAppPath(path: string): boolean {
  return /^\/app(?:\/|$)|^\/repos\/[^/]+\/[^/]+\/installation$/.test(path)
}

/** Answers `/app`, `/app/installations/ID`, `…/access_tokens` and `/repos/OWNER/NAME/installation`. */
export function answerApp(apps: readonly App[], tokens: Tokens, call: Call): Reply {
  const { site, path, method, authorization } = call
  const app = appOf(apps, credentialOf(authorization), Math.floor(site.now().getTime() / 1000))
  if (method === 'GET' && path === '/app') return { status: 200, body: appJson(call, app) }
  const repository = /^\/repos\/([^/]+\/[^/]+)\/installation$/.exec(path)?.[1]
  if (repository !== undefined) {
    const found = site.find(decodeURIComponent(repository))
    if (found === undefined || app.repositories?.includes(fullName(found)) === false) throw notFound()
    return { status: 200, body: installationJson(call, app) }
  }
  const [, id, part] = /^\/app\/installations\/(\d+)(\/access_tokens)?$/.exec(path) ?? []
  if (Number(id) !== app.installation) throw notFound()
  if (method === 'GET' && part === undefined) return { status: 200, body: installationJson(call, app) }
  if (method === 'POST' && part !== undefined) return mint(tokens, call, app)
  throw notFound()
}

function unauthorized(message: string): GitHubFailure {
  return new GitHubFailure(401, message)
}

/** The app that signed a JSON web token, by RS256 as GitHub wants it. `now` in seconds since 1970. */
function appOf(apps: readonly App[], jwt: string, now: number): App {
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  if (textAt(decode(header), 'alg') !== 'RS256') throw unauthorized('A JSON web token could not be decoded')
  const claims = decode(payload)
  const issuer = String(fieldsAt({ claims }, 'claims')['iss'])
  const app = apps.find((one) => issuer === String(one.id) || issuer === one.clientId)
  if (app === undefined) throw new GitHubFailure(404, 'Integration not found')
  const signed = Buffer.from(`${header}.${payload}`)
  if (!verify('RSA-SHA256', signed, createPublicKey(app.publicKey), Buffer.from(signature, 'base64url'))) {
    throw unauthorized('A JSON web token could not be decoded')
  }
  const [expires, issued] = [numberAt(claims, 'exp') ?? 0, numberAt(claims, 'iat') ?? Number.POSITIVE_INFINITY]
  if (expires > now + 600) throw unauthorized("'Expiration time' claim ('exp') is too far in the future")
  if (expires <= now)
    throw unauthorized(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    )
  if (issued > now)
    throw unauthorized(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    )
  return app
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch {
    throw unauthorized('A JSON web token could not be decoded')
  }
}

/** A token for all of the installation, or for less when the body asks for less. */
function mint(tokens: Tokens, { site, body }: Call, app: App): Reply {
  if (app.isSuspended) throw new GitHubFailure(403, 'This installation has been suspended')
  const asked = isFields(body['permissions']) ? Object.entries(body['permissions']) : Object.entries(app.permissions)
  const granted = asked.filter(([name, level]) => covers(app.permissions, name, level))
  if (granted.length < asked.length) {
    throw refused('The permissions requested are not granted to this installation.')
  }
  const names = listAt(body, 'repositories').map((name) => `${app.owner.login}/${String(name)}`)
  if (names.some((name) => site.find(name) === undefined || app.repositories?.includes(name) === false)) {
    throw refused(
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    )
  }
  const repositories = names.length > 0 ? names : app.repositories
  const token = tokens.add({
    ...{ account: app.bot, kind: 'installation', permissions: Object.fromEntries(granted) },
    ...(repositories === undefined ? {} : { repositories: new Set(repositories.map((name) => name.toLowerCase())) }),
    expiresAt: new Date(site.now().getTime() + app.tokenMs),
    misses: app.freshTokenMisses,
  })
  return {
    status: 201,
    body: {
      token: token.value,
      expires_at: token.expiresAt?.toISOString().replace(/\.\d+Z$/, 'Z'),
      permissions: { metadata: 'read', ...token.permissions },
      repository_selection: repositories === undefined ? 'all' : 'selected',
    },
  }
}

function covers(permissions: Permissions, name: string, level: unknown): boolean {
  const has =
    Object.entries(permissions).find(([one]) => one === name)?.[1] ?? (name === 'metadata' ? 'read' : undefined)
  return has === 'write' || (has === 'read' && level === 'read')
}

function appJson({ site }: Call, app: App) {
  const at = '2024-01-01T00:00:00Z'
  return {
    id: app.id,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    client_id: app.clientId,
    owner: userJson(site, app.owner),
    name: app.slug,
    description: null,
    external_url: site.url,
    html_url: `${site.url}/apps/${app.slug}`,
    created_at: at,
    updated_at: at,
    permissions: { metadata: 'read', ...app.permissions },
    events: [],
    installations_count: 1,
  }
}

function installationJson({ site }: Call, app: App) {
  const at = '2024-01-01T00:00:00Z'
  const url = `${site.apiUrl}/app/installations/${app.installation}`
  return {
    id: app.installation,
    account: userJson(site, app.owner),
    repository_selection: app.repositories === undefined ? 'all' : 'selected',
    access_tokens_url: `${url}/access_tokens`,
    repositories_url: `${site.apiUrl}/installation/repositories`,
    html_url: `${site.url}/organizations/${app.owner.login}/settings/installations/${app.installation}`,
    app_id: app.id,
    app_slug: app.slug,
    target_id: app.owner.id,
    target_type: 'Organization',
    permissions: { metadata: 'read', ...app.permissions },
    events: [],
    created_at: at,
    updated_at: at,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: app.isSuspended ? at : null,
  }
}

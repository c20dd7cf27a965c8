import type { Octokit } from 'octokit'
import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import type { Ask, Lane } from './budget.ts'
import { type Call, hostError, type Refusal, refusalOf } from './error.ts'
import type { Fetch } from './fetch.ts'
import type { Gate } from './gate.ts'
import { isFresh, type Login } from './login.ts'
import { type Pool, type RateNews, readRate } from './rate.ts'

/** What octokit answers, as far as anybody looks at it. */
export interface Answer {
  data: unknown
  /** Two answers with the same one are the same. */
  etag: string | undefined
}

/** A call without what the client knows itself. */
export type NamedCall = Omit<Call, 'login'>

/** What to give back instead of an error; undefined = the error stands. It may throw a better one. */
export type OnRefusal<T> = (refusal: Refusal) => T | undefined

/** One login at one host: octokit, with its requests paced and its failures named. All reject with the port's errors. */
export interface Client {
  readonly login: Login
  send<T = never>(call: NamedCall, request: Request, refused?: OnRefusal<T>): Promise<Answer | T>
  /** The pages of a list, asked for one by one as they are wanted. */
  pages(call: NamedCall, list: PageList): AsyncGenerator<Answer>
  /** What the query asked for. */
  graphql<T = never>(call: NamedCall, query: GraphqlQuery, refused?: OnRefusal<T>): Promise<Answer | T>
  /** The account that the login belongs to, as an App's; undefined when a user's token has to be asked. */
  appAccount(): Promise<string | undefined>
}

export interface GraphqlQuery {
  text: string
  variables: Record<string, unknown>
  lane: Lane
}

export type Request = (octokit: Octokit) => Promise<OctokitAnswer>
export type PageList = (octokit: Octokit) => AsyncIterable<OctokitAnswer>

interface OctokitAnswer {
  data: unknown
  headers: { etag?: string | undefined }
}

export interface ClientSettings {
  apiURL: string
  login: Login
  fetch: Fetch
  gate: Gate
  clock: Clock
  learn: (pool: Pool, news: RateNews) => void
}

const freshTries = 3
const betweenFreshTriesMs = 1_000

/** The part of octokit's request options that we add. */
export function inLane(lane: Lane): { request: { lane: Lane } } {
  return { request: { lane } }
}

/** Opens octokit at the first call: it takes time and memory that a repository without a host need not spend. */
export function createClient({ apiURL, login, fetch, gate, clock, learn }: ClientSettings): Client {
  let opened: Promise<Octokit> | undefined

  async function paced<T extends { status: number; headers: object; data: unknown }>(
    ask: Ask,
    request: () => Promise<T>,
  ): Promise<T> {
    for (let tried = 1; ; tried++) {
      try {
        return await gate.pass(ask, async () => {
          const answer = await request()
          hear(ask.pool, answer.status, answer.headers, ask.pool === 'graphql' ? graphqlWords(answer.data) : '')
          return answer
        })
      } catch (thrown) {
        const refusal = refusalOf(thrown)
        if (refusal !== undefined) hear(ask.pool, refusal.status, refusal.headers, refusal.words)
        if (!(await mayAgain(refusal?.status, tried))) throw thrown
      }
    }
  }

  function hear(pool: Pool, status: number, headers: object, words: string): void {
    const texts = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
    learn(pool, readRate({ status, headers: texts, words }, clock.now()))
  }

  /** True, after a pause, when the same request may do better now. */
  async function mayAgain(status: number | undefined, tried: number): Promise<boolean> {
    if (status !== 401 && status !== 404) return false
    if (isFresh(login)) {
      if (tried <= freshTries) await clock.sleep(betweenFreshTriesMs)
      return tried <= freshTries
    }
    const canRenew = status === 401 && tried === 1 && login.age() !== undefined
    if (canRenew) login.forget()
    return canRenew
  }

  async function open(): Promise<Octokit> {
    const { Octokit, RequestError } = await import('octokit')
    const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
    const octokit = new Octokit({
      userAgent: 'fairlead',
      baseUrl: apiURL,
      request: { fetch },
      // Pace and retries are ours: they follow the given clock and are shared by all that use this login.
      throttle: { enabled: false },
      retry: { enabled: false },
      log: quiet,
    })
    octokit.hook.wrap('request', async (request, options) => {
      const answer = await paced(askOf(options), () => Promise.resolve(request(options)))
      if (answer.status < 300) return withContent(answer, options.method, new URL(apiURL).host)
      throw new RequestError('redirect', answer.status, {
        request: { method: options.method, url: options.url, headers: {} },
        response: answer,
      })
    })
    return octokit
  }

  async function named<T, R = never>(
    call: NamedCall,
    work: (octokit: Octokit) => Promise<T>,
    refused?: OnRefusal<R>,
  ): Promise<T | R> {
    opened ??= open()
    const octokit = await opened
    try {
      return await work(octokit)
    } catch (thrown) {
      const error = hostError(thrown, { ...call, login: login.name }, clock.now())
      const refusal = refusalOf(thrown)
      const instead = refusal === undefined || error.code === 'HostLimited' ? undefined : refused?.(refusal)
      if (instead === undefined) throw error
      return instead
    }
  }

  return {
    login,
    send: (call, request, refused) => named(call, async (octokit) => shown(await request(octokit)), refused),
    async *pages(call, list) {
      const iterator = await named(call, async (octokit) => list(octokit)[Symbol.asyncIterator]())
      for (;;) {
        const next = await named(call, () => iterator.next())
        if (next.done === true) return
        yield shown(next.value)
      }
    },
    graphql: (call, { text, variables, lane }, refused) =>
      named(
        call,
        async (octokit) => {
          const data: unknown = await octokit.graphql(text, { ...variables, ...inLane(lane) })
          return { data, etag: undefined }
        },
        refused,
      ),
    appAccount: () => gate.pass({ lane: 'read', writes: false, pool: 'core' }, async () => login.appAccount?.()),
  }
}

/** Of a list octokit would take no content for an empty one, and stumble over what is no JSON. */
function withContent<T extends { data: unknown }>(answer: T, method: string, host: string): T {
  if (method !== 'GET' || (typeof answer.data === 'object' && answer.data !== null)) return answer
  throw new FairleadError('HostInvalid', `${host} gave an answer that is no JSON; is there a proxy before it?`)
}

function shown({ data, headers }: OctokitAnswer): Answer {
  return { data, etag: headers.etag }
}

/** The errors of a query that was answered, for their limits; the query's caller gets them in full. */
function graphqlWords(data: unknown): string {
  const errors = typeof data === 'object' && data !== null && 'errors' in data ? data.errors : undefined
  return errors === undefined ? '' : JSON.stringify(errors).slice(0, 4000)
}

function askOf(options: { method?: string; url?: string; request?: object | undefined; query?: unknown }): Ask {
  const lane = options.request !== undefined && 'lane' in options.request ? options.request.lane : undefined
  const isQuestion = typeof options.query === 'string' && options.query.startsWith('query')
  const isRead = options.method === 'GET' || options.method === 'HEAD' || isQuestion
  return {
    lane: lane === 'merge' || lane === 'rollback' ? lane : 'read',
    writes: !isRead,
    pool: options.url?.endsWith('/graphql') === true ? 'graphql' : 'core',
  }
}

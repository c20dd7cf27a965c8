import type { z } from 'zod'
import type { Log } from '../../ports.ts'
import type { Answer, Client, GraphqlQuery, OnRefusal, PageList, Request } from './client.ts'
import { parseAnswer } from './schema.ts'

/** What is tried, and the permission that it takes. */
export interface Deed {
  /** E.g. `opening a pull request`. */
  words: string
  /** E.g. `Pull requests: write`. */
  needs: string
}

/** One repository at its host. All that asks it rejects with the errors of the port. */
export interface HostedRepository {
  /** Both parts of its name, as octokit's parameters. */
  readonly place: { owner: string; repo: string }
  /** `host/owner/repo`, for messages. */
  readonly name: string
  readonly log: Log
  /** Undefined when the login is a user's token. */
  appAccount(): Promise<string | undefined>
  send<T = never>(deed: Deed, request: Request, refused?: OnRefusal<T>): Promise<Answer | T>
  graphql<T = never>(deed: Deed, query: GraphqlQuery, refused?: OnRefusal<T>): Promise<Answer | T>
  /** Pages of a list, one by one as they are wanted. */
  pages(deed: Deed, list: PageList): AsyncGenerator<Answer>
  /** `HostInvalid` when the answer has another shape. */
  parse<T>(deed: Deed, schema: z.ZodType<T>, answer: Answer): T
  /** Makes a value of answers; while their ETags stay the same it is the very same value. */
  remember<T>(key: string, answers: readonly Answer[], make: () => T): T
}

/** `owner/name`; undefined for any other path. */
export function placeOf(path: string): HostedRepository['place'] | undefined {
  const [owner = '', repo = '', ...more] = path.split('/')
  return owner !== '' && repo !== '' && more.length === 0 ? { owner, repo } : undefined
}

const rememberedValues = 1000

export function createHostedRepository(
  { place, name, log }: Pick<HostedRepository, 'place' | 'name' | 'log'>,
  client: Client,
): HostedRepository {
  const known = new Map<string, { etags: readonly (string | undefined)[]; value: unknown }>()
  const callOf = (deed: Deed) => ({ place: name, ...deed })
  return {
    place,
    name,
    log,
    appAccount: client.appAccount,
    send: (deed, request, refused) => client.send(callOf(deed), request, refused),
    graphql: (deed, query, refused) => client.graphql(callOf(deed), query, refused),
    pages: (deed, list) => client.pages(callOf(deed), list),
    parse: ({ words }, schema, { data }) => parseAnswer(schema, data, `${name}: ${words}`),
    remember<T>(key: string, answers: readonly Answer[], make: () => T): T {
      const etags = answers.map(({ etag }) => etag)
      const before = known.get(key)
      const isSame =
        before?.etags.length === etags.length &&
        etags.every((etag, at) => etag !== undefined && etag === before.etags[at])
      const value = isSame ? (before.value as T) : make()
      known.delete(key)
      known.set(key, { etags, value })
      const oldest = known.keys().next().value
      if (known.size > rememberedValues && oldest !== undefined) known.delete(oldest)
      return value
    },
  }
}

import { FairleadError } from '../../../errors.ts'
import { DamagedStore } from '../backend.ts'
import { archivedRepository, archivedWords, authFailed, type RefusedRef, refusedRef, serverWords } from '../failure.ts'
import { GitFailed } from './runner.ts'

export interface FailureContext {
  url: string
  /** Full ref, where the command was about one. */
  ref?: string
}

type Rule = [pattern: RegExp, explain: (words: string, context: FailureContext) => Error]

const noSpace: Rule[1] = (words, { url }) =>
  new FairleadError('GitUnavailable', `no space left for the local copy of ${url}: ${words}`)
const noLogin: Rule[1] = (words, { url }) =>
  // Git asks at a terminal after the configured login was refused, and tells only that there is none.
  authFailed(url, /could not read (?:username|password)/i.test(words) ? '' : words)
const archived: Rule[1] = (_, { url }) => archivedRepository(url)
const noRepository: Rule[1] = (words, { url }) =>
  new FairleadError('RepositoryNotFound', `${url} does not exist or may not be seen: ${words}`)
const noBranch: Rule[1] = (words, { url, ref }) =>
  new FairleadError('BranchNotFound', `${url} has no ${ref ?? 'such branch'}: ${words}`)
const damaged: Rule[1] = (words) => new DamagedStore(words)

/** Wordings of git 2.30 to 2.50 and of common hosts behind ssh; the first that matches decides. */
const rules: readonly Rule[] = [
  [/no space left on device|disk quota exceeded/i, noSpace],
  [/could(?:n't| not) find remote ref/i, noBranch],
  [archivedWords, archived],
  [/authentication failed|could not read (?:username|password)|returned error: 40[13]\b|invalid credentials/i, noLogin],
  [/permission denied|host key verification failed|publickey|permission to \S+ denied/i, noLogin],
  [
    /repository '[^']*' not found|repository not found|returned error: 404\b|not appear to be a git repository/i,
    noRepository,
  ],
  [/could not resolve|couldn't connect|failed to connect|connection (?:refused|reset|timed out)|timed? ?out/i, offline],
  [/returned error: \d{3}|hung up|early eof|rpc failed|unexpected disconnect|ssl |certificate|redirect/i, offline],
  [/not a git repository|\.lock': file exists|corrupt|bad object|bad config|unable to read|invalid object/i, damaged],
  [/loose object|packfile|pack has|inflate|missing (?:blob|tree|commit)|unresolved delta|invalid sha1/i, damaged],
  [/cannot lock ref|update local ref|local refs could not|shallow file has changed|all necessary objects/i, damaged],
  [/not a valid object name|bad revision|src refspec|cannot be resolved|not a tree object|broken/i, damaged],
]

function offline(words: string, { url }: FailureContext): Error {
  return new FairleadError('GitUnavailable', `${url} could not be reached: ${words}`)
}

/** What a failed run means. Anything unknown is taken as transient and told in git's own words. */
export function explainFailure(error: unknown, context: FailureContext): unknown {
  if (!(error instanceof GitFailed)) return error
  const text = error.output.stderr
  const words = serverWords(text)
  for (const [pattern, explain] of rules) if (pattern.test(text)) return explain(words, context)
  return new FairleadError('GitUnavailable', `git failed for ${context.url}: ${words}`)
}

export type PushContext = Pick<RefusedRef, 'how' | 'url' | 'ref' | 'commit'>

/** What a failed push means: first the line that `--porcelain` prints about the ref, then the error output. */
export function explainPush(error: unknown, context: PushContext): unknown {
  if (!(error instanceof GitFailed)) return error
  const lines = error.output.stdout.toString('utf8').split('\n')
  const refused = lines.find((line) => line.startsWith('!\t') && line.includes(`:${context.ref}\t`))
  if (refused === undefined) return explainFailure(error, context)
  const reason = refused.slice(refused.lastIndexOf('\t') + 1)
  const words = error.output.stderr.split('\n').filter((line) => line.startsWith('remote:'))
  return refusedRef({ ...context, reason, words: words.map((line) => line.slice(7)).join(' ') })
}

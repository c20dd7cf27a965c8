import { fieldsAt, isFields, textAt } from '../../json.ts'
import { type Account, hasRole } from '../account.ts'
import { GitHubFailure } from '../failure.ts'
import { roleOf } from '../hosted-repository.ts'
import type { Call, Reply } from '../route.ts'
import { nodeId } from '../view/user-json.ts'
import { DocumentError, parseDocument, type Selection } from './document.ts'
import { GraphqlFailure } from './graphql-failure.ts'
import { mutations } from './mutation.ts'
import { pullFields } from './pull-fields.ts'

/** Answers `POST /graphql`: the few queries and mutations that a client of pull requests needs. */
export function answerGraphql(call: Call): Reply {
  const account = call.token?.account
  if (account === undefined) throw new GitHubFailure(401, 'This endpoint requires you to be authenticated.')
  const { body } = call
  try {
    const fields = parseDocument(textAt(body, 'query'), fieldsAt(body, 'variables'))
    return { status: 200, body: execute(call, account, fields) }
  } catch (thrown) {
    if (!(thrown instanceof DocumentError)) throw thrown
    return { status: 200, body: { errors: [{ message: thrown.message }] } }
  }
}

function execute(call: Call, account: Account, fields: readonly Selection[]): unknown {
  const data: Record<string, unknown> = {}
  const errors: unknown[] = []
  for (const field of fields) {
    try {
      data[field.key] = project(rootValue(call, account, field), field)
    } catch (thrown) {
      if (!(thrown instanceof GitHubFailure) && !(thrown instanceof GraphqlFailure)) throw thrown
      data[field.key] = null
      errors.push({
        type: typeOf(thrown),
        path: [field.key],
        locations: [{ line: 1, column: 1 }],
        message: thrown.message,
      })
    }
  }
  return errors.length === 0 ? { data } : { data, errors }
}

function typeOf(failure: GitHubFailure | GraphqlFailure): string {
  if (failure instanceof GraphqlFailure) return failure.type
  return { 403: 'FORBIDDEN', 404: 'NOT_FOUND' }[failure.status] ?? 'UNPROCESSABLE'
}

function rootValue(call: Call, account: Account, { name, arguments: given }: Selection): unknown {
  const mutation = Object.hasOwn(mutations, name) ? mutations[name] : undefined
  if (mutation !== undefined) return mutation(call, account, fieldsAt(given, 'input'))
  if (name === 'viewer') return { login: account.login, id: nodeId('User', account.id), databaseId: account.id }
  if (name !== 'repository') throw new DocumentError(`Field '${name}' doesn't exist on type 'Query'`)
  const fullName = `${textAt(given, 'owner')}/${textAt(given, 'name')}`
  const repository = call.site.find(fullName)
  if (repository === undefined || !hasRole(roleOf(repository, account.login), 'read')) {
    throw new GraphqlFailure('NOT_FOUND', `Could not resolve to a Repository with the name '${fullName}'.`)
  }
  const { settings } = repository
  return {
    id: nodeId('Repository', repository.id),
    nameWithOwner: `${repository.owner.login}/${repository.name}`,
    isArchived: repository.isArchived,
    autoMergeAllowed: settings.allowAutoMerge,
    mergeCommitAllowed: settings.allowMergeCommit,
    squashMergeAllowed: settings.allowSquashMerge,
    rebaseMergeAllowed: settings.allowRebaseMerge,
    pullRequest: (inner: Readonly<Record<string, unknown>>) => {
      const pull = repository.pulls.get(Number(inner['number']))
      return pull === undefined ? null : pullFields(call.site, pull)
    },
  }
}

/** What was asked of a value; a function is a field with arguments. */
function project(value: unknown, { selections, arguments: given }: Selection): unknown {
  const found = typeof value === 'function' ? (value as (given: unknown) => unknown)(given) : value
  if (Array.isArray(found)) return found.map((one) => projectFields(one, selections))
  return isFields(found) ? projectFields(found, selections) : found
}

function projectFields(value: unknown, selections: readonly Selection[]): unknown {
  if (!isFields(value)) return value
  return Object.fromEntries(
    selections.map((selection) => {
      if (!Object.hasOwn(value, selection.name)) throw new DocumentError(`Field '${selection.name}' doesn't exist`)
      return [selection.key, project(value[selection.name], selection)]
    }),
  )
}

import { field, list, text } from '../workload/field.ts'

/** An Application can hold thousands of objects; one that failed is usually enough to know why. */
const maxNamed = 3

/** What `status.operationState` says, with the objects and hooks that failed in it, which know more than the summary. */
export function operationMessage(state: unknown): string {
  const message = (text(state, 'message') ?? '').slice(0, 512)
  const failed = list(field(field(state, 'syncResult'), 'resources')).filter(hasFailed)
  const named = failed.slice(0, maxNamed).map(describe)
  const rest = failed.length > maxNamed ? [`${failed.length - maxNamed} more`] : []
  return [message, ...named, ...rest].filter((part) => part !== '').join('; ')
}

function hasFailed(resource: unknown): boolean {
  return text(resource, 'status') === 'SyncFailed' || ['Failed', 'Error'].includes(text(resource, 'hookPhase') ?? '')
}

function describe(resource: unknown): string {
  const part = (key: string) => text(resource, key) ?? ''
  return `${part('kind')}/${part('namespace')}/${part('name')}: ${part('message').slice(0, 256)}`
}

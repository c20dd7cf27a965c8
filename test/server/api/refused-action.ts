import type { ApiWorld, CallOptions } from './api-world.ts'

/** Something that nobody may ask for, or not so, and what is answered. */
export type RefusedAction = [what: string, path: string, options: CallOptions, status: number, message: RegExp]

/** What is refused whatever a person wants for the workload `Deployment/prod/web`. */
export function refusedActions(path: string, body: object): RefusedAction[] {
  return [
    ['with a field that is none', path, { body: { ...body, by: 'bob' } }, 400, /by/],
    ['with a body that is no JSON', path, { body: 'x' }, 400, /JSON/],
    ['without a token', path, { body, token: null }, 401, /token/],
    ['of a kind that is not followed', path.replace('Deployment', 'CronJob'), { body }, 404, /CronJob/],
    ['of a name that is none', path.replace('/web/', '/%2e%2e/'), { body }, 404, /there is no/],
    ['of a workload that is not there', path.replace('/web/', '/none/'), { body }, 404, /no Deployment prod\/none/],
  ]
}

/** Status and message of the answer. */
export async function answerTo(world: ApiWorld, path: string, options: CallOptions) {
  const heard = await world.call('POST', path, options)
  return { status: heard.status, message: heard.body?.error?.message }
}

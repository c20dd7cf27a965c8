import { parse } from 'yaml'
import { type Exchange, readBody } from '../loopback.ts'
import { badRequest } from './api-failure.ts'

/** What a call answers, before it is sent. */
export interface Reply {
  status: number
  body: unknown
}

/** JSON or YAML, as the content type says; undefined when the body is empty. */
export async function parsedBody({ request }: Exchange): Promise<unknown> {
  const text = (await readBody(request)).toString('utf8')
  if (text.trim() === '') return undefined
  try {
    return request.headers['content-type']?.includes('yaml') === true ? parse(text) : JSON.parse(text)
  } catch {
    throw badRequest('the body of the request cannot be parsed')
  }
}

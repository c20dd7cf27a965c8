/** One request to the API. */
export interface LoggedRequest {
  method: string
  /** Below the API's root, with the query; `/graphql` for GraphQL. */
  path: string
  /** It came with `If-None-Match`. */
  isConditional: boolean
  /** Login of the account; empty when nobody was known. */
  account: string
  /** 0 when the connection broke before an answer. */
  status: number
}

/** Oldest go beyond this. */
const limit = 10_000

export function logRequest(requests: LoggedRequest[], request: LoggedRequest): void {
  requests.push(request)
  if (requests.length > limit) requests.shift()
}

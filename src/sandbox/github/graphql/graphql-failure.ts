/** An error of one field of a GraphQL answer. */
export class GraphqlFailure extends Error {
  readonly type: string

  constructor(type: string, message: string) {
    super(message)
    this.type = type
  }
}

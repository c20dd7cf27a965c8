/** Carries an error body of the distribution specification to its HTTP answer. */
export class RegistryFailure extends Error {
  readonly status: number
  readonly body: unknown

  constructor(status: number, code: string, message: string, detail?: unknown) {
    super(message)
    this.status = status
    this.body = { errors: [{ code, message, ...(detail === undefined ? {} : { detail }) }] }
  }
}

interface FailureDetails {
  errors?: readonly unknown[]
  headers?: Readonly<Record<string, string>>
  /** Where it is to be found now. */
  url?: string
}

/** An answer other than success, in the form of GitHub's. */
export class GitHubFailure extends Error {
  readonly status: number
  readonly details: FailureDetails

  constructor(status: number, message: string, details: FailureDetails = {}) {
    super(message)
    this.status = status
    this.details = details
  }

  get body(): unknown {
    const { errors, url } = this.details
    return {
      message: this.message,
      ...(errors === undefined ? {} : { errors }),
      ...(url === undefined ? {} : { url }),
      documentation_url: 'https://docs.github.com/rest',
      status: String(this.status),
    }
  }
}

export function notFound(): GitHubFailure {
  return new GitHubFailure(404, 'Not Found')
}

/** A 422 of a field that was checked. */
export function invalid(resource: string, error: { field?: string; code: string; message?: string }): GitHubFailure {
  return new GitHubFailure(422, 'Validation Failed', { errors: [{ resource, ...error }] })
}

/** A 422 that says all in its message. */
export function refused(message: string): GitHubFailure {
  return new GitHubFailure(422, message)
}

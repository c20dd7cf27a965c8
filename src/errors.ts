/**
 * The error catalogue: every way fairlead can fail has a stable code.
 *
 * - `terminal`: a person must change something; retrying alone cannot help, so the loop waits for a change.
 * - `transient`: the world must heal; the loop retries with back-off.
 * - `internal`: our own mistake; reported as such and retried slowly.
 */
export type ErrorKind = 'terminal' | 'transient' | 'internal'

export const errorCodes = {
  // configuration and input
  ConfigInvalid: 'terminal',
  ManifestInvalid: 'terminal',
  PolicyInvalid: 'terminal',
  UsageInvalid: 'terminal',
  // origin tracing and editing
  NotTraced: 'terminal',
  Ambiguous: 'terminal',
  NotOwned: 'terminal',
  OwnerElsewhere: 'terminal',
  OwnerNotReady: 'transient',
  PinnedRevision: 'terminal',
  Generated: 'terminal',
  SharedBase: 'terminal',
  Templated: 'terminal',
  Masked: 'terminal',
  Encrypted: 'terminal',
  OutsideAllowedPaths: 'terminal',
  NothingWritten: 'terminal',
  NotEditable: 'terminal',
  ValueChanged: 'terminal',
  RepositoryNotConfigured: 'terminal',
  RepositoryTooLarge: 'terminal',
  NamespaceNotAllowed: 'terminal',
  PolicyNotInGit: 'terminal',
  PolicyConflict: 'terminal',
  OtherWriter: 'terminal',
  RequestInvalid: 'terminal',
  NotPending: 'terminal',
  SeenDiffers: 'terminal',
  DigestUnknown: 'terminal',
  SignatureRequired: 'terminal',
  // Kubernetes
  TooManyRights: 'terminal',
  KubeconfigInvalid: 'terminal',
  ApiForbidden: 'terminal',
  ApiUnauthorized: 'transient',
  ApiNotFound: 'terminal',
  ApiConflict: 'transient',
  ApiInvalid: 'terminal',
  ApiUnavailable: 'transient',
  ApiExpired: 'transient',
  NotLeader: 'transient',
  // Git
  BranchNotFound: 'terminal',
  RepositoryNotFound: 'terminal',
  GitAuthFailed: 'terminal',
  GitUnavailable: 'transient',
  PushRejected: 'transient',
  PushRefused: 'terminal',
  SigningFailed: 'terminal',
  // the service that hosts a repository
  HostNotConfigured: 'terminal',
  HostAuthFailed: 'terminal',
  HostForbidden: 'terminal',
  HostNotFound: 'terminal',
  HostMoved: 'terminal',
  HostArchived: 'terminal',
  HostInvalid: 'transient',
  HostLimited: 'transient',
  HostUnavailable: 'transient',
  PullRequestExists: 'transient',
  NothingToMerge: 'transient',
  // registry and HTTP
  RegistryAuthFailed: 'terminal',
  RegistryNotFound: 'terminal',
  RegistryUnavailable: 'transient',
  RegistryInvalid: 'transient',
  HttpFailed: 'transient',
  NotifyFailed: 'transient',
  TooLarge: 'terminal',
  Timeout: 'transient',
  // event sinks: only a message that is refused as it is ends there; all else heals without losing it
  SinkRefused: 'terminal',
  SinkAuthFailed: 'transient',
  SinkUnavailable: 'transient',
  Aborted: 'transient',
  Internal: 'internal',
} as const satisfies Record<string, ErrorKind>

/** A stable name users can search for; also the `reason` of conditions and the `code` label of metrics. */
export type ErrorCode = keyof typeof errorCodes

/** Facts an error may carry beside its message. */
export interface ErrorDetail {
  /** The underlying error; kept for the log, never shown to users as it is. */
  cause?: unknown
  /** Lines of evidence: which files, lines and keys led to this. */
  evidence?: readonly string[]
  /** How long the other side asked us to wait, in milliseconds. */
  retryAfterMs?: number
}

/** The only error class fairlead throws on purpose. */
export class FairleadError extends Error {
  override readonly name = 'FairleadError'
  readonly code: ErrorCode
  readonly kind: ErrorKind
  readonly evidence: readonly string[]
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.kind = errorCodes[code]
    this.evidence = detail.evidence ?? []
    this.retryAfterMs = detail.retryAfterMs
  }
}

/** Any thrown value as a FairleadError; what we did not foresee becomes `Internal`. */
export function asFairleadError(thrown: unknown): FairleadError {
  if (thrown instanceof FairleadError) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new FairleadError('Internal', message, { cause: thrown })
}

/** What an attempt gives; a refusal becomes what is made of it. Other errors are our own and go on. */
export function orRefusal<T, R = T>(attempt: () => T, refused: (error: FairleadError) => R): T | R {
  try {
    return attempt()
  } catch (thrown) {
    if (thrown instanceof FairleadError) return refused(thrown)
    throw thrown
  }
}

import { createSecretFile } from '../../runtime/mounted-file.ts'

/** Where a login comes from. Files are read again when they change. */
export type GitHubLogin = { tokenFile: string } | { appId: number; installationId: number; privateKeyFile: string }

/** A login at one host. */
export interface Login {
  /** For messages, e.g. `the token in /run/token`; never a secret. */
  readonly name: string
  /** `ConfigInvalid` when its file cannot be used; what the host says when it gives none. */
  token(): Promise<string>
  /** Milliseconds since the token was made for us; undefined when we did not ask for it. */
  age(): number | undefined
  /** The host refuses the token: another one is asked for next time, where that is possible. */
  forget(): void
  /** The account it belongs to, when it is not simply who the token says: an App has no user. */
  appAccount?(): Promise<string>
}

/**
 * A token that was made just now may be unknown to some of the host's copies: Kargo saw about one in seven calls fail
 * (its issue 5610).
 */
export function isFresh(login: Login): boolean {
  const age = login.age()
  return age !== undefined && age <= 5_000
}

/** A token that somebody made by hand and mounted. */
export function createTokenLogin(tokenFile: string, seen: (secret: string) => void): Login {
  const file = createSecretFile(tokenFile, seen)
  return { name: `the token in ${tokenFile}`, token: () => file.read(), age: () => undefined, forget: () => {} }
}

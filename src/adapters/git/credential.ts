import { Buffer } from 'node:buffer'
import { createSecretFile } from '../../runtime/mounted-file.ts'
import type { GitCredentials } from './settings.ts'

/** Value of the `Authorization` header, or undefined without a login. Read anew for every use. */
export type Authorization = () => Promise<string | undefined>

/**
 * Basic authentication from the configured files. A token goes with the user name `x-access-token`, which GitHub
 * demands for installation tokens and which GitLab, Gitea and others accept. `seen` learns every secret, so that the
 * log can hide it.
 */
export function createAuthorization(
  credentials: GitCredentials | undefined,
  seen: (secret: string) => void = () => undefined,
): Authorization {
  const basic = (user: string, password: string) => {
    const value = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    seen(value)
    return value
  }
  if (credentials === undefined || 'sshKeyFile' in credentials) return async () => undefined
  if ('token' in credentials) return async () => basic('x-access-token', await credentials.token())
  if ('tokenFile' in credentials) {
    const token = createSecretFile(credentials.tokenFile, seen)
    return async () => basic('x-access-token', await token.read())
  }
  const user = createSecretFile(credentials.usernameFile)
  const password = createSecretFile(credentials.passwordFile, seen)
  return async () => basic(await user.read(), await password.read())
}

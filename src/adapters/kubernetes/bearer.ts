import type { RequestOptions } from 'node:https'
import { asFairleadError, FairleadError } from '../../errors.ts'
import { type Account, loadAccount } from './credential.ts'

/**
 * The bearer token of an account, from wherever its kubeconfig takes it (token, token file, credential plug-in), for
 * showing to a server that asks the cluster whose it is. `KubeconfigInvalid` when the account proves itself otherwise.
 */
export async function readBearer(account: Account): Promise<string> {
  const config = loadAccount(account)
  const user = JSON.stringify(config.getCurrentUser()?.name ?? '')
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (cause) {
    const { message } = asFairleadError(cause)
    throw new FairleadError('KubeconfigInvalid', `the token of user ${user} cannot be had: ${message}`, { cause })
  }
  const headers = Object.entries(options.headers ?? {})
  const authorization = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const token = /^Bearer\s+(\S+)\s*$/i.exec(String(authorization ?? ''))?.[1]
  if (token !== undefined) return token
  const advice = 'it may use a certificate; make a token with kubectl create token, and give its file as --token-file'
  throw new FairleadError('KubeconfigInvalid', `user ${user} of the kubeconfig has no bearer token: ${advice}`)
}

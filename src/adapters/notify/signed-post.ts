import { createHmac } from 'node:crypto'
import { FairleadError } from '../../errors.ts'
import type { Http } from '../../ports.ts'
import type { MountedFile } from '../../runtime/mounted-file.ts'

/** Where hints for one engine go and what proves that they are ours. */
export interface NotifySettings {
  url: string
  secret: MountedFile<string>
}

/** One hint on its way. */
export interface SignedPost extends NotifySettings {
  /** The receiver in words: its path may be a secret. */
  what: string
  /** Header that holds the signature. */
  signature: string
  headers?: Record<string, string>
  body: unknown
  /** What statuses mean here and what to do about them, by status. */
  advice: Readonly<Record<number, string>>
}

const timeoutMs = 10_000
const maxBytes = 64 * 1024

/** Posts JSON with `sha256=<HMAC of the body in hex>`. `NotifyFailed` for anything but a 2xx answer. */
export async function postSigned(http: Http, post: SignedPost): Promise<void> {
  const { what, url, secret, signature, headers = {}, advice } = post
  const body = JSON.stringify(post.body)
  const hmac = createHmac('sha256', await secret.read())
    .update(body)
    .digest('hex')
  const { status } = await http.request({
    method: 'POST',
    url,
    headers: { ...headers, 'content-type': 'application/json', [signature]: `sha256=${hmac}` },
    body,
    timeoutMs,
    maxBytes,
  })
  if (status >= 200 && status < 300) return
  const hint = advice[status] ?? (status >= 300 && status < 400 ? 'redirects are never followed' : '')
  throw new FairleadError('NotifyFailed', `${what} answers status ${status}${hint === '' ? '' : `: ${hint}`}`)
}

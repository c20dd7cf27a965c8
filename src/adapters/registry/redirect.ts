import { FairleadError } from '../../errors.ts'
import type { HttpResponse } from '../../ports.ts'

export const isRedirect = ({ status }: HttpResponse) => status >= 301 && status <= 308 && status !== 304

/** Blobs live with a CDN, and registry.k8s.io is but a signpost: one hop is taken, elsewhere without credentials. */
export function redirectTarget(answer: HttpResponse, from: URL, name: string): URL | undefined {
  if (!isRedirect(answer)) return undefined
  const location = answer.headers.location
  if (location === undefined || !URL.canParse(location, from.href)) {
    throw new FairleadError('RegistryInvalid', `${name} redirects to nowhere (status ${answer.status})`)
  }
  const target = new URL(location, from)
  if (target.username !== '' || target.password !== '') {
    throw new FairleadError('RegistryInvalid', `${name} redirects to an address that holds credentials`)
  }
  if (target.protocol !== 'https:' && from.protocol === 'https:') {
    throw new FairleadError(
      'RegistryInvalid',
      `${name} redirects to ${target.protocol}//${target.host}, which is not https`,
    )
  }
  return target
}

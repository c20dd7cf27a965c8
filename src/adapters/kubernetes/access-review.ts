import { field, list, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'
import type { AccessReview, Identity } from '../../ports.ts'
import type { ApiClient } from './client.ts'

/** A caller waits for the answer; an API server that is slower than this is as good as gone. */
const timeoutMs = 10_000

/**
 * Reviews by the API server. It answers 201 also for "no", so only the fields count. `audiences`: whom tokens must be made
 * for; none = the API server's own.
 */
export function createAccessReview(client: ApiClient, { audiences }: { audiences: readonly string[] }): AccessReview {
  return {
    async identify(token) {
      // An empty token is no question the API server accepts.
      if (token === '') return undefined
      const answer = await client.request('POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
        action: 'create tokenreviews.authentication.k8s.io',
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token, ...(audiences.length === 0 ? {} : { audiences }) },
        },
        timeoutMs,
      })
      const status = field(answer, 'status')
      if (field(status, 'authenticated') !== true || !isMeantFor(audiences, status)) return undefined
      return readIdentity(field(status, 'user'))
    },
    async may({ name, uid, groups, extra }, { verb, resource, subresource, namespace }) {
      const answer = await client.request('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        action: 'create subjectaccessreviews.authorization.k8s.io',
        body: {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: {
            user: name,
            groups,
            ...(uid === '' ? {} : { uid }),
            ...(Object.keys(extra).length === 0 ? {} : { extra }),
            resourceAttributes: {
              verb,
              group: resource.group,
              version: resource.version,
              resource: resource.plural,
              ...(subresource === undefined ? {} : { subresource }),
              namespace,
            },
          },
        },
        timeoutMs,
      })
      const status = field(answer, 'status')
      return field(status, 'allowed') === true && field(status, 'denied') !== true
    },
  }
}

/** An authenticator that knows nothing of audiences leaves them out, and then vouches for the API server's own only. */
function isMeantFor(audiences: readonly string[], status: unknown): boolean {
  return audiences.length === 0 || list(field(status, 'audiences')).some((one) => audiences.includes(String(one)))
}

function readIdentity(user: unknown): Identity {
  const name = text(user, 'username') ?? ''
  if (name === '') throw new FairleadError('ApiUnavailable', 'the TokenReview says yes, but names nobody')
  const extra = field(user, 'extra')
  const keys = typeof extra === 'object' && extra !== null ? Object.keys(extra) : []
  return {
    name,
    uid: text(user, 'uid') ?? '',
    groups: texts(field(user, 'groups')),
    extra: Object.fromEntries(keys.map((key) => [key, texts(field(extra, key))])),
  }
}

function texts(value: unknown): string[] {
  return list(value).filter((one): one is string => typeof one === 'string')
}

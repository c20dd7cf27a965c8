import { type Fields, fieldsAt, isFields, listAt, textAt } from '../json.ts'
import type { Access, Attributes, User } from './access.ts'
import { badRequest } from './api-failure.ts'

/** The review object with its answer in `status`. */
export function answerReview(kind: string, input: unknown, user: User, access: Access): Fields {
  const review = isFields(input) ? input : {}
  switch (kind) {
    case 'TokenReview':
      return { ...review, status: reviewToken(review, access) }
    case 'SelfSubjectReview':
      return { ...review, status: { userInfo: { username: user.name, groups: user.groups } } }
    case 'SelfSubjectAccessReview':
      return { ...review, status: reviewAccess(review, user, access) }
    default: {
      const groups = listAt(review, 'spec', 'groups').filter((group): group is string => typeof group === 'string')
      return { ...review, status: reviewAccess(review, { name: textAt(review, 'spec', 'user'), groups }, access) }
    }
  }
}

function reviewToken(review: Fields, access: Access): Fields {
  const token = textAt(review, 'spec', 'token')
  if (token === '') throw badRequest('TokenReview.authentication.k8s.io "" is invalid: spec.token: Required value')
  const asked = listAt(review, 'spec', 'audiences').filter((one): one is string => typeof one === 'string')
  const found = access.authenticate(token, asked.length === 0 ? undefined : asked)
  if (found === undefined) return { user: {}, error: '[invalid bearer token]' }
  const { user, audiences } = found
  return { authenticated: true, user: { username: user.name, uid: user.name, groups: user.groups }, audiences }
}

function reviewAccess(review: Fields, user: User, access: Access): Fields {
  const asked = fieldsAt(review, 'spec', 'resourceAttributes')
  if (Object.keys(asked).length === 0) {
    throw badRequest('exactly one of nonResourceAttributes or resourceAttributes must be specified')
  }
  const attributes: Attributes = {
    verb: textAt(asked, 'verb'),
    group: textAt(asked, 'group'),
    resource: textAt(asked, 'resource'),
    subresource: textAt(asked, 'subresource'),
    namespace: textAt(asked, 'namespace'),
    name: textAt(asked, 'name'),
  }
  const allowed = access.allows(user, attributes)
  return { allowed, reason: allowed ? 'RBAC: allowed by a role binding' : '' }
}

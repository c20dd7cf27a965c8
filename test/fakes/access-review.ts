import type { AccessQuestion, AccessReview, Identity } from '../../src/ports.ts'

/** An API server's opinion of callers, in memory. */
export interface FakeAccessReview extends AccessReview {
  /** Makes a token known. */
  know(token: string, identity: Partial<Identity> & { name: string }): void
  forget(token: string): void
  /** `name`, or `group:<name>`, may do this in a namespace (`*` = all of them). */
  allow(who: string, verb: string, resource: string, namespace: string): void
  /** All questions, oldest first: `identify`, or `may <name> <verb> <resource> in <namespace>`. */
  readonly asked: readonly string[]
  /** The next question fails with this. */
  fail(error: Error): void
}

export function createFakeAccessReview(): FakeAccessReview {
  const identities = new Map<string, Identity>()
  const allowed: { who: string; right: string; namespace: string }[] = []
  const asked: string[] = []
  const failures: Error[] = []

  const ask = (question: string) => {
    asked.push(question)
    const failure = failures.shift()
    if (failure !== undefined) throw failure
  }
  const rightOf = ({ verb, resource, subresource }: AccessQuestion) =>
    `${verb} ${resource.plural}${subresource === undefined ? '' : `/${subresource}`}`

  return {
    asked,
    know: (token, identity) => void identities.set(token, { uid: identity.name, groups: [], extra: {}, ...identity }),
    forget: (token) => void identities.delete(token),
    allow: (who, verb, resource, namespace) => void allowed.push({ who, right: `${verb} ${resource}`, namespace }),
    fail: (error) => void failures.push(error),
    async identify(token) {
      ask('identify')
      return identities.get(token)
    },
    async may({ name, groups }, question) {
      const right = rightOf(question)
      ask(`may ${name} ${right} in ${question.namespace === '' ? '*' : question.namespace}`)
      const names = [name, ...groups.map((group) => `group:${group}`)]
      return allowed.some(
        (one) =>
          names.includes(one.who) && one.right === right && [question.namespace || '*', '*'].includes(one.namespace),
      )
    },
  }
}

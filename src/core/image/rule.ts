import type { AnnotationField } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import { globMatcher } from './glob.ts'

/** Which containers a rule or a window is for; what is absent matches everything. */
export interface MatchFields {
  /** Globs. */
  namespace?: string | undefined
  name?: string | undefined
  image?: string | undefined
  /** Equal values. */
  labels?: Readonly<Record<string, string>> | undefined
}

/** A rule of the configuration as written: fields for workloads that match. */
export interface RuleFields {
  match: MatchFields
  fields: Readonly<Partial<Record<AnnotationField, string>>>
}

/** A rule with its globs compiled. Later rules win field by field. */
export interface UpdateRule {
  matches(subject: MatchSubject): boolean
  fields: RuleFields['fields']
}

/** Who is matched. */
export interface MatchSubject {
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  image: string
}

/** Compiles the globs of a rule, once. Throws `PolicyInvalid` for one that is none. */
export function compileRule({ match, fields }: RuleFields): UpdateRule {
  return { fields, matches: compileMatch(match, 'updates.rules') }
}

/** Compiles globs and labels into one question. Throws `PolicyInvalid`, naming `where`, for a glob that is none. */
export function compileMatch(match: MatchFields, where: string): (subject: MatchSubject) => boolean {
  const matcher = (key: string, pattern: string | undefined) => {
    if (pattern === undefined) return () => true
    try {
      return globMatcher(pattern)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : ''
      throw new FairleadError('PolicyInvalid', `${where}: match.${key}: the glob "${pattern}" ${why}`, { cause })
    }
  }
  const [namespace, name, image] = [
    matcher('namespace', match.namespace),
    matcher('name', match.name),
    matcher('image', match.image),
  ]
  const labels = Object.entries(match.labels ?? {})
  return (subject) =>
    namespace(subject.namespace) &&
    name(subject.name) &&
    image(subject.image) &&
    labels.every(([label, value]) => subject.labels[label] === value)
}

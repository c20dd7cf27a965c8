import type { ErrorCode, FairleadError } from '../../../errors.ts'

/** An `error` is refused or ignored when fairlead or Flux meets it; a `note` says what could not be looked at. */
export type Severity = 'error' | 'warning' | 'note'

/** Beside the codes of refusals: what nobody refuses, because nobody reads it or it only surprises. */
export type FindingCode = ErrorCode | 'MarkerIgnored' | 'AnnotationUnread' | 'ImageNotVersioned' | 'TagAndDigest'

/** One thing that `lint` found in a file. */
export interface Finding {
  file: string
  /** From 1. */
  line: number
  severity: Severity
  code: FindingCode
  /** What is wrong and what is allowed, in a sentence without the place. */
  message: string
  /** The annotation or field, and what it says, where there is one. */
  key?: string
  value?: string
}

/** By file, line, code and words; what is said twice is said once. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  const sorted = findings.toSorted((a, b) => {
    return compare(a.file, b.file) || a.line - b.line || compare(a.code, b.code) || compare(a.message, b.message)
  })
  return sorted.filter((one, index) => {
    const before = sorted[index - 1]
    return before?.file !== one.file || before.line !== one.line || before.message !== one.message
  })
}

/** Of two texts by code unit, so that no locale changes the order. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const severities: Readonly<Partial<Record<ErrorCode, Severity>>> = { Templated: 'note', Encrypted: 'note' }

/**
 * The refusal of a file as a finding at the line that its message begins with. That a template or an encrypted file
 * cannot be looked at is a note; a file that is broken is an error.
 */
export function findingOfRefusal(file: string, error: FairleadError): Finding {
  const { code, message } = error
  const [, line = '1', words = message] = message.startsWith(file)
    ? (/^(?::(\d+))?:? (.*)$/s.exec(message.slice(file.length)) ?? [])
    : []
  return { file, line: Number(line), severity: severities[code] ?? 'error', code, message: words }
}

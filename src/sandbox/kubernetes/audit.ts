/** One write that came over HTTP and was accepted. */
export interface AuditEntry {
  user: string
  verb: string
  group: string
  /** Plural, with `/status` when that was written. */
  resource: string
  namespace: string
  name: string
}

/** Oldest entries go beyond this. */
const limit = 10_000

export function recordWrite(audit: AuditEntry[], entry: AuditEntry): void {
  audit.push(entry)
  if (audit.length > limit) audit.shift()
}

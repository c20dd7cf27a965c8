import type { Snapshot } from '../../../src/core/manifest/snapshot.ts'
import { FairleadError } from '../../../src/errors.ts'

/** A snapshot of the given files; `null` is a symlink. */
export function folder(files: Record<string, string | null>): Snapshot {
  const entries = new Map(Object.entries(files))
  return {
    revision: '',
    paths: [...entries.keys()].sort(),
    text: (path) => entries.get(path) ?? undefined,
    mode: (path) => (entries.has(path) ? (entries.get(path) === null ? '120000' : '100644') : undefined),
  }
}

/** The code, message and evidence of a refusal; undefined when nothing was refused. */
export function refusalOf(
  attempt: () => unknown,
): { code: string; message: string; evidence: readonly string[] } | undefined {
  try {
    attempt()
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return { code: thrown.code, message: thrown.message, evidence: thrown.evidence }
  }
}

/** A Deployment with one container `web`. */
export function deployment(name: string, image: string, namespace?: string): string {
  const inNamespace = namespace === undefined ? '' : `\n  namespace: ${namespace}`
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}${inNamespace}
spec:
  template:
    spec:
      containers:
        - name: web
          image: ${image}
`
}

/** The commit of an application's own repository that an image says it was built from. */
export interface ImageSource {
  /** https address of the repository, without a slash or `.git` at its end. */
  repository: string
  /** Commit: 7 to 64 lower-case hex digits. */
  revision: string
}

/** Names of the annotations and labels that tell. Source: OCI image specification, annotations.md. */
export const sourceKeys = {
  repository: 'org.opencontainers.image.source',
  revision: 'org.opencontainers.image.revision',
} as const

/** No user, query or fragment, and nothing that a host would make a mention or a reference of. */
const repositoryPattern = /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?(?:\/[A-Za-z0-9._~-]+)+$/
const maxRepositoryLength = 300
const revisionPattern = /^[0-9a-f]{7,64}$/

/**
 * What an image says about its source: the first of these sets of annotations or labels that names both, for a revision
 * means nothing in another repository. Undefined when none does. Anybody who builds an image can write anything there.
 */
export function readImageSource(
  told: readonly (Readonly<Record<string, string>> | null | undefined)[],
): ImageSource | undefined {
  for (const words of told) {
    const repository = words?.[sourceKeys.repository]
      ?.trim()
      .replace(/\/$/, '')
      .replace(/\.git$/, '')
    const revision = words?.[sourceKeys.revision]?.trim().toLowerCase()
    if (repository === undefined || revision === undefined) continue
    if (repository.length > maxRepositoryLength || !repositoryPattern.test(repository)) continue
    if (revisionPattern.test(revision)) return { repository, revision }
  }
  return undefined
}

/** What the syncer needs of a Git host. */
export interface GitSource {
  /** Clone address of a repository. */
  urlOf(name: string): string
  /** Base address. */
  url: string
  /** Commit of a branch or full reference name. */
  head(repository: string, revision: string): string | undefined
  readFiles(repository: string, revision: string, folder?: string): Map<string, string>
  onPush(listener: (event: { repository: string; ref: string }) => void): () => void
}

/** Name of the repository behind a clone address; undefined when it is on another host. */
export function repositoryAt(git: GitSource, url: string): string | undefined {
  if (!url.startsWith(`${git.url}/`)) return undefined
  return url.slice(git.url.length + 1).replace(/\.git$/, '')
}

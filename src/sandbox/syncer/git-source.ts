/** What the syncer needs of a Git host. */
export interface GitSource {
  /** Base addresses; a repository may have one below each of them. */
  urls: readonly string[]
  /** Commit of a branch or full reference name. */
  head(repository: string, revision: string): string | undefined
  readFiles(repository: string, revision: string, folder?: string): Map<string, string>
  onPush(listener: (event: { repository: string; ref: string }) => void): () => void
}

/** Name of the repository behind a clone address; undefined when it is on another host. */
export function repositoryAt({ urls }: GitSource, url: string): string | undefined {
  const base = urls.find((one) => url.startsWith(`${one}/`))
  return base === undefined ? undefined : url.slice(base.length + 1).replace(/\.git$/, '')
}

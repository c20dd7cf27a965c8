/** A folder or file of a repository in its one form: no `./`, no slashes at the ends; `''` is the root. */
export function repositoryPath(path: string): string | undefined {
  return resolvePath('', path.replace(/^\/+/, ''))
}

/** A path as written in a file of `folder`; undefined when it is absolute or leaves the repository. */
export function resolvePath(folder: string, path: string): string | undefined {
  if (path.startsWith('/')) return undefined
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** The folder a file is in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0))
}

/** Is the path the folder itself or below it? */
export function isWithin(folder: string, path: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`)
}

/** A file in a folder. */
export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}

import picomatch from 'picomatch'
import { FairleadError } from '../../errors.ts'

/**
 * Refuses with `OutsideAllowedPaths` when a file may not be written: it must be relative, stay inside the repository,
 * not touch Git's own folder, and match one of the globs of the repository's `allowPaths`.
 */
export function requireAllowedPath(path: string, globs: readonly string[]): void {
  const parts = path.split('/')
  const isOdd = parts.some((part) => part === '' || part === '.' || part === '..' || /^\.git[ .]*$|^git~\d/i.test(part))
  if (!isOdd && !path.startsWith('-') && picomatch.isMatch(path, [...globs], { dot: true })) return
  throw new FairleadError('OutsideAllowedPaths', `${path} may not be written; allowPaths is ${globs.join(', ')}`)
}

import { FairleadError } from '../../errors.ts'

/**
 * The full ref of a branch, after the rules of `git check-ref-format` and one more: no part may look like an option.
 * A branch name comes from objects in the cluster, so it is never given to Git in any other form. `UsageInvalid`.
 */
export function branchRef(branch: string): string {
  const parts = branch.split('/')
  const bad =
    branch.length > 200 ||
    branch === '@' ||
    branch === 'HEAD' ||
    branch.endsWith('.') ||
    branch.includes('..') ||
    branch.includes('@{') ||
    /[\0-\x20\x7f~^:?*[\\]/.test(branch) ||
    parts.some((part) => part === '' || part.startsWith('.') || part.startsWith('-') || part.endsWith('.lock'))
  if (bad) {
    const shown = JSON.stringify(branch.slice(0, 100))
    throw new FairleadError('UsageInvalid', `${shown} is not a branch name; see git check-ref-format for the rules`)
  }
  return `refs/heads/${branch}`
}

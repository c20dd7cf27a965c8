import { imageName, imageVersion } from '../change/reference-part.ts'
import type { ProposedChange } from './proposed-change.ts'

/** A workload as people write it: `prod/web` of `Deployment/prod/web`. */
export function workloadName(workload: string): string {
  const [, namespace = '', name = ''] = workload.split('/')
  return `${namespace}/${name}`
}

/** By workload, for people; the same changes give the same text, whichever was read first. */
export function inOrder(changes: readonly ProposedChange[]): ProposedChange[] {
  const key = ({ workloads, id }: ProposedChange) => `${workloads[0] ?? ''} ${id}`
  return [...changes].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** `ghcr.io/acme/web to 1.4.2` when there is one new version, else `3 images`, `1 chart`, `2 images and 1 chart`. */
export function changeWords(changes: readonly ProposedChange[]): string {
  const wanted = new Set(changes.map(({ to }) => `${imageName(to)} to ${imageVersion(to)}`))
  const [only] = wanted
  if (wanted.size === 1 && only !== undefined) return only
  const charts = changes.filter(({ isChart }) => isChart).length
  const parts = [counted(changes.length - charts, 'image'), counted(charts, 'chart')]
  return parts.filter((part) => part !== '').join(' and ')
}

/** `prod/web` of one workload, `prod/web and 2 more` of one slot, `prod` of one namespace, else `prod and 2 more`. */
export function placeWords(changes: readonly ProposedChange[]): string {
  const workloads = [...new Set(changes.flatMap((one) => one.workloads.map(workloadName)))]
  if (changes.length === 1 || workloads.length === 1) return firstOf(workloads)
  return firstOf([...new Set(workloads.map((workload) => workload.split('/')[0] ?? ''))])
}

function firstOf([first = 'unknown', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`
}

/** `3 images`; empty for none. */
export function counted(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}

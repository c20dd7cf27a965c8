import type { ImageSource } from '../image/image-source.ts'
import type { Action } from './identity.ts'
import { inertLine } from './inert.ts'
import { imageName, imageVersion } from './reference-part.ts'
import { fillTemplate, type PlaceValues } from './template-place.ts'

/** What a commit message says. */
export interface MessageFacts {
  id: string
  action: Action
  /** `Kind/namespace/name` of every workload the slot decides. */
  workloads: readonly string[]
  cluster: string
  /** It is about a chart and its version, and about no image. */
  isChart?: boolean
  from: string
  to: string
  digest?: string
  policy: string
  reason: string
  /** What the image says it was built from. */
  source?: ImageSource | undefined
}

/** A SHA-1 id is as long as Argo CD takes. Source: argo-cd, util/git/client.go. */
const maxReferenceLength = 40

/** An image reference has 512 at most; some are added to make it inert. */
const maxValueLength = 600

/**
 * A commit message: the template's words (first line = subject), then trailers. All outside text is one clean, inert
 * line, so that it can never become a trailer of its own, nor anything that a host acts upon.
 */
export function renderMessage(template: string, facts: MessageFacts): string {
  const words = fillTemplate('commit.txt', template, templateValues(facts)).trim()
  return `${words}\n\n${renderTrailers(facts)}\n`
}

/** The paragraph by which a change is found again. Trailers: https://git-scm.com/docs/git-interpret-trailers */
export function renderTrailers(facts: MessageFacts): string {
  const what = facts.isChart === true ? 'Chart' : 'Image'
  const trailers = [
    ['Fairlead-Id', facts.id],
    ['Fairlead-Action', facts.action],
    ...facts.workloads.map((workload) => ['Fairlead-Workload', workload] as const),
    ['Fairlead-Cluster', facts.cluster],
    [`${what}-From`, facts.from],
    [`${what}-To`, facts.to],
    [`${what}-Digest`, facts.digest ?? ''],
    ['Policy', facts.policy],
    ['Reason', facts.reason],
    ...referenceTrailers(facts.source),
  ] as const
  return trailers
    .map(([key, value]) => [key, inertLine(value, maxValueLength)] as const)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n')
}

/** By these Argo CD shows the application's own commit. Source: its documentation, "Source Hydrator", commit tracing. */
function referenceTrailers(source: ImageSource | undefined): readonly (readonly [string, string])[] {
  if (source === undefined || source.revision.length > maxReferenceLength) return []
  return [
    ['Argocd-reference-commit-repourl', source.repository],
    ['Argocd-reference-commit-sha', source.revision],
  ]
}

/** How a commit or a pull request begins: `Update`, `Roll back`, or `Change` where it does both. */
export function actionWords(actions: readonly Action[]): string {
  const back = actions.filter((action) => action === 'rollback').length
  if (back === 0) return 'Update'
  return back === actions.length ? 'Roll back' : 'Change'
}

function templateValues(facts: MessageFacts): PlaceValues<'commit.txt'> {
  const first = facts.workloads[0] ?? ''
  const [kind = '', namespace = '', name = ''] = first.split('/').map((part) => inertLine(part))
  const others = facts.workloads.length - 1
  return {
    action: actionWords([facts.action]),
    image: inertLine(imageName(facts.to)),
    version: inertLine(imageVersion(facts.to)),
    from: inertLine(facts.from),
    to: inertLine(facts.to),
    kind,
    namespace,
    name,
    workload: inertLine(`${namespace}/${name}${others > 0 ? ` and ${others} more` : ''}`),
    workloads: inertLine(facts.workloads.join(', ')),
    cluster: inertLine(facts.cluster),
    policy: inertLine(facts.policy),
    reason: inertLine(facts.reason),
  }
}

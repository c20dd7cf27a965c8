import type { ImageSource } from '../image/image-source.ts'
import type { Action } from './identity.ts'
import { renderTemplate } from './template.ts'
import { sanitiseLine } from './text.ts'

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

/**
 * A commit message: the template's words (first line = subject), then trailers. All outside text is one clean line,
 * so that it can never become a trailer of its own. Trailers: https://git-scm.com/docs/git-interpret-trailers
 */
export function renderMessage(template: string, facts: MessageFacts): string {
  const what = facts.isChart === true ? 'Chart' : 'Image'
  const words = renderTemplate(template, templateValues(facts)).trim()
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
  const lines = trailers
    .map(([key, value]) => [key, sanitiseLine(value, 500)] as const)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key}: ${value}`)
  return `${words}\n\n${lines.join('\n')}\n`
}

/** By these Argo CD shows the application's own commit. Source: its documentation, "Source Hydrator", commit tracing. */
function referenceTrailers(source: ImageSource | undefined): readonly (readonly [string, string])[] {
  if (source === undefined || source.revision.length > maxReferenceLength) return []
  return [
    ['Argocd-reference-commit-repourl', source.repository],
    ['Argocd-reference-commit-sha', source.revision],
  ]
}

function templateValues(facts: MessageFacts): Record<string, string> {
  const first = facts.workloads[0] ?? ''
  const [kind = '', namespace = '', name = ''] = first.split('/')
  const others = facts.workloads.length - 1
  const values = {
    image: imageName(facts.to),
    version: imageVersion(facts.to),
    from: facts.from,
    to: facts.to,
    kind,
    namespace,
    name,
    workload: `${namespace}/${name}${others > 0 ? ` and ${others} more` : ''}`,
    workloads: facts.workloads.join(', '),
    cluster: facts.cluster,
    policy: facts.policy,
    reason: facts.reason,
  }
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, sanitiseLine(value)]))
}

/** `ghcr.io/acme/web` of `ghcr.io/acme/web:1.2@sha256:…`. */
function imageName(reference: string): string {
  const [name = ''] = reference.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name
}

/** The tag, or the digest where there is none. */
function imageVersion(reference: string): string {
  const [name = '', digest = ''] = reference.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : digest
}

import { type Action, actions } from '../change/identity.ts'
import { sanitiseLine } from '../change/text.ts'
import { readTrailerBlocks } from '../change/trailer.ts'

/** One change that a proposal holds. */
export interface ProposedChange {
  /** `Fairlead-Id`: 16 hex. */
  id: string
  action: Action
  /** `Kind/namespace/name` of every workload that the slot decides. */
  workloads: readonly string[]
  /** It is about a chart and its version, and about no image. */
  isChart: boolean
  /** Image references, or chart and version. */
  from: string
  to: string
  digest?: string
  policy: string
  reason: string
  source?: ChangeSource
}

/** Where an application is developed, as its image tells. */
export interface ChangeSource {
  /** Address of its repository. */
  url: string
  /** Commit that the old image was built from; absent when nobody knows. */
  fromRevision?: string
  toRevision: string
}

/** A proposal holds fewer; what is beyond was not written by fairlead. */
const limits = { messageLength: 200_000, changes: 500, workloads: 64 }

/**
 * What the commits of a proposal change, from their trailers, oldest first: every paragraph of trailers with
 * `Fairlead-Id`s counts, so that the message of a squash or a merge tells of all the commits in it. Of one id, what was
 * said last. Everything else is passed over.
 */
export function readChanges(commits: readonly { message: string }[]): ProposedChange[] {
  const changes = new Map<string, ProposedChange>()
  for (const { message } of commits) {
    for (const change of changesIn(message)) {
      if (changes.size < limits.changes || changes.has(change.id)) changes.set(change.id, change)
    }
  }
  return [...changes.values()]
}

function changesIn(message: string): ProposedChange[] {
  const blocks = readTrailerBlocks(message.slice(0, limits.messageLength))
  return blocks.flatMap((trailers) => splitById(trailers).flatMap((one) => readChange(one) ?? []))
}

type Trailers = readonly (readonly [key: string, value: string])[]

/** Every `Fairlead-Id` begins the trailers of another change. */
function splitById(trailers: Trailers): Trailers[] {
  const starts = trailers.flatMap(([key], at) => (key === 'Fairlead-Id' ? [at] : []))
  return starts.map((start, i) => trailers.slice(start, starts[i + 1]))
}

function readChange(trailers: Trailers): ProposedChange | undefined {
  const all = (key: string) => trailers.filter(([one]) => one === key).map(([, value]) => sanitiseLine(value, 600))
  const first = (key: string) => all(key)[0] ?? ''
  const id = first('Fairlead-Id')
  const action = actions.find((one) => one === first('Fairlead-Action'))
  const isChart = first('Chart-To') !== ''
  const what = isChart ? 'Chart' : 'Image'
  const [from, to] = [readReference(first(`${what}-From`)), readReference(first(`${what}-To`))]
  if (!/^[0-9a-f]{16}$/.test(id) || action === undefined || from === '' || to === '') return undefined
  const digest = first(`${what}-Digest`)
  return {
    id,
    action,
    workloads: all('Fairlead-Workload').slice(0, limits.workloads),
    isChart,
    from,
    to,
    ...(/^sha256:[0-9a-f]{64}$/.test(digest) ? { digest } : {}),
    policy: first('Policy'),
    reason: first('Reason'),
    ...readSource(first('Argocd-reference-commit-repourl'), first('Argocd-reference-commit-sha')),
  }
}

/** Only the new revision is in the trailers. */
function readSource(url: string, toRevision: string): { source?: ChangeSource } {
  return url === '' || !/^[0-9a-f]{7,64}$/.test(toRevision) ? {} : { source: { url, toRevision } }
}

/** References hold no blanks; those in a trailer were put there to keep a host from reading a link into it. */
function readReference(value: string): string {
  return value.replaceAll(' ', '')
}

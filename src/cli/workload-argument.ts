import { parseArgs } from 'node:util'
import { repositoryPath } from '../core/manifest/repository-path.ts'
import type { TraceQuery } from '../core/manifest/trace.ts'
import { FairleadError } from '../errors.ts'
import { optionMistake } from './option-mistake.ts'

/** What `trace` and `bump` are given. */
export interface WorkloadArguments {
  repository: string
  root: string
  query: TraceQuery
  image?: string
  /** The image that runs now, where `image` is the new one. */
  from?: string
  isJson: boolean
  write: boolean
}

/** Names that kubectl users type, and the kinds they mean. */
const kinds: ReadonlyMap<string, string> = new Map([
  ...['deployment', 'deployments', 'deploy'].map((name) => [name, 'Deployment'] as const),
  ...['statefulset', 'statefulsets', 'sts'].map((name) => [name, 'StatefulSet'] as const),
  ...['daemonset', 'daemonsets', 'ds'].map((name) => [name, 'DaemonSet'] as const),
  ...['cronjob', 'cronjobs', 'cj'].map((name) => [name, 'CronJob'] as const),
  ...['job', 'jobs'].map((name) => [name, 'Job'] as const),
  ...['pod', 'pods', 'po'].map((name) => [name, 'Pod'] as const),
  ...['replicaset', 'replicasets', 'rs'].map((name) => [name, 'ReplicaSet'] as const),
  ...['helmrelease', 'helmreleases', 'hr'].map((name) => [name, 'HelmRelease'] as const),
  ...['application', 'applications', 'app', 'apps'].map((name) => [name, 'Application'] as const),
  ...['rollout', 'rollouts'].map((name) => [name, 'Rollout'] as const),
])

/** Is JSON wanted? Asked before the arguments are checked, so that mistakes are told in the wanted form. */
export function wantsJson(args: readonly string[]): boolean {
  return args.some(
    (arg, index) => ['-ojson', '--output=json'].includes(arg) || (isOutput(arg) && args[index + 1] === 'json'),
  )
}

function isOutput(arg: string): boolean {
  return arg === '-o' || arg === '--output'
}

/** Reads the arguments that both verbs share; `UsageInvalid` with the usage line. */
export function parseWorkloadArguments(args: string[], usage: string): WorkloadArguments {
  const { values, positionals } = parse(args, usage)
  const wrong = (why: string) => new FairleadError('UsageInvalid', `${why}\n${usage}`)
  const [workload, extra] = positionals
  if (values.repo === undefined || values.repo === '') throw wrong('--repo DIR is missing.')
  const [root, ...others] = values.root ?? []
  if (root === undefined) throw wrong('--root PATH is missing.')
  if (workload === undefined || extra !== undefined) throw wrong('Exactly one KIND/[NAMESPACE/]NAME is needed.')
  if (values.output !== undefined && values.output !== 'json')
    throw wrong(`-o ${values.output} is not known; use json.`)
  const query: TraceQuery = parseWorkload(workload, wrong)
  if (values.container !== undefined) query.container = values.container
  // Further roots may change too, so that a base they share may.
  if (others.length > 0) query.roots = others.map((other) => repositoryPath(other) ?? other)
  const result = { repository: values.repo, root, query, isJson: values.output === 'json' }
  const images = {
    ...(values.image === undefined ? {} : { image: values.image }),
    ...(values.from === undefined ? {} : { from: values.from }),
  }
  return { ...result, ...images, write: values.write === true }
}

const options = {
  repo: { type: 'string' },
  root: { type: 'string', multiple: true },
  container: { type: 'string' },
  image: { type: 'string' },
  from: { type: 'string' },
  output: { type: 'string', short: 'o' },
  write: { type: 'boolean' },
} as const

function parse(args: string[], usage: string) {
  try {
    return parseArgs({ args, allowPositionals: true, options })
  } catch (thrown) {
    throw new FairleadError('UsageInvalid', `${optionMistake(thrown, Object.keys(options))}\n${usage}`)
  }
}

/** `KIND/[NAMESPACE/]NAME`, with kubectl's names for kinds; what `wrong` makes of a mistake is thrown. */
export function parseWorkload(text: string, wrong: (why: string) => FairleadError): TraceQuery {
  const parts = text.split('/')
  const [kind, first, second] = parts
  if (parts.length > 3 || kind === undefined || first === undefined || parts.includes('')) {
    throw wrong(`${JSON.stringify(text)} is not of the form KIND/[NAMESPACE/]NAME.`)
  }
  const name = second ?? first
  const known = kinds.get(kind.toLowerCase())
  // Kinds of others are given as manifests have them; a small first letter is a namespace where the kind was forgotten.
  if (known === undefined && !/^[A-Z]/.test(kind)) {
    throw wrong(`${JSON.stringify(kind)} is no kind that is known; use ${[...new Set(kinds.values())].join(', ')}.`)
  }
  return { kind: known ?? kind, namespace: second === undefined ? '' : first, name }
}

/** The `KIND/NS/NAME` of a verb that may have one; `UsageInvalid` with the usage line. */
export function readOneWorkload(
  [text, extra]: readonly string[],
  usage: string,
): { kind: string; namespace: string; name: string } | undefined {
  if (text === undefined) return undefined
  const wrong = (why: string) => new FairleadError('UsageInvalid', `${why}\n${usage}`)
  if (extra !== undefined) throw wrong('At most one KIND/NS/NAME may be given.')
  const { kind, namespace, name } = parseWorkload(text, wrong)
  if (namespace === '') throw wrong('The namespace is missing.')
  return { kind, namespace, name }
}

import { FairleadError } from '../../../errors.ts'
import { withoutCredentials } from '../../change/repository-url.ts'
import type { ApplicationApplier } from '../applier.ts'
import { imageInValues } from '../helm/image-in-values.ts'
import { containersOf } from '../helm/trace-release.ts'
import { refuseBuiltBeside } from '../kustomize/shared-base.ts'
import { isWithin } from '../repository-path.ts'
import { leadingField } from '../slot/slot.ts'
import type { BranchTrace, TraceQuery } from '../trace.ts'
import { whereIs } from '../yaml/place.ts'
import { applicationInGit, declaredSources, environmentOf, homeIn } from './application.ts'
import { traceBuild } from './build-trace.ts'
import type { Declare, DeclaredApplication } from './declared-application.ts'
import { helmValues } from './helm-values.ts'
import { policyOfApplication } from './policy.ts'
import { traceRunning } from './running-image.ts'
import { isFieldOf, refuseAsShared, refuseSharedField } from './shared-field.ts'
import { otherApplications } from './shared-source.ts'
import { type ApplicationSource, branchOfSource, rendersNothing } from './source.ts'
import { buildOfSource } from './source-build.ts'
import { sourceTypeOf } from './source-type.ts'

/** An Application that is traced, and what is asked about it. */
interface Tracing {
  applier: ApplicationApplier
  application: DeclaredApplication
  sources: readonly ApplicationSource[]
  query: TraceQuery
}

/**
 * Finds what decides the image of a workload that an Application applies, or, asked about the Application itself, the
 * image that is named: in the manifests or values of its sources, in `.argocd-source` files there, or in the Application
 * itself or the ApplicationSet that makes it. Only what Git says decides. Refusals as in `trace` and `imageInValues`;
 * `Generated` for plugins, `PinnedRevision` for sources that follow no branch, `SharedBase` when others are rendered from
 * the same file, `Ambiguous` when several sources have the workload.
 */
export function traceApplication(applier: ApplicationApplier, query: TraceQuery, declare: Declare): BranchTrace {
  const application = applicationInGit(applier, declare)
  const sources = declaredSources(application, applier)
  const tracing = { applier, application, sources, query }
  const attempts = sources.filter((source) => !rendersNothing(source)).map((source) => attempt(tracing, source))
  const found = chosen(tracing, attempts)
  refuseShared(tracing, found.trace)
  const { manifest, generated } = application
  const by =
    manifest === undefined ? [] : [`${whereIs(manifest.manifest)} ${describe(applier, generated?.own.element.where)}`]
  return {
    ...found.trace,
    via: [...by, describeSource(found.source), ...found.trace.via],
    declared: policyOfApplication(application, found.trace.declared),
  }
}

function describe({ name }: ApplicationApplier, element: string | undefined): string {
  return element === undefined ? `Application ${name} deploys it` : `makes the Application ${name} of ${element}`
}

function describeSource({ where, field, chart, path, repoUrl, branch }: ApplicationSource): string {
  const what = chart === '' ? path || '.' : `the chart ${chart}`
  const taken = branch?.repository === '' ? ', taken to be this repository' : ''
  return `${where} ${field} is ${what} of ${withoutCredentials(repoUrl)}${taken}`
}

interface Attempt {
  source: ApplicationSource
  trace?: BranchTrace
  refusal?: FairleadError
  /** A manifest says for sure that the source has the workload; values only say the image. */
  isSure: boolean
}

function attempt(tracing: Tracing, source: ApplicationSource): Attempt {
  let isSure = false
  try {
    const type = sourceTypeOf(source)
    isSure = type === 'directory' || type === 'kustomize'
    return { source, trace: traceSource(tracing, source), isSure }
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return {
      source,
      refusal: thrown,
      isSure: isSure && thrown.code !== 'NotTraced' && thrown.code !== 'PinnedRevision',
    }
  }
}

/** The one source that has the workload. Where none has it, the refusal that says most. */
function chosen({ applier, query }: Tracing, attempts: readonly Attempt[]): Attempt & { trace: BranchTrace } {
  const sure = attempts.filter((one) => one.isSure)
  const candidates = sure.length > 0 ? sure : attempts
  const found = candidates.flatMap(({ trace, ...one }) => (trace === undefined ? [] : [{ ...one, trace }]))
  const [only, second] = found
  const who = `Application ${applier.namespace}/${applier.name}`
  if (second !== undefined) {
    const evidence = found.map(({ source, trace }) => `${source.where} ${source.field}: ${trace.file}:${trace.line}`)
    const what = `${query.kind} ${query.name} is in ${found.length} sources of ${who}`
    throw new FairleadError('Ambiguous', `${what}.`, { evidence })
  }
  if (only !== undefined) return only
  const refusals = candidates.flatMap(({ refusal }) => refusal ?? [])
  const telling = refusals.find(({ code }) => code !== 'NotTraced') ?? refusals[0]
  throw telling ?? new FairleadError('ManifestInvalid', `${who} has no source that renders anything.`)
}

function traceSource(tracing: Tracing, source: ApplicationSource): BranchTrace {
  const { application, query } = tracing
  const type = sourceTypeOf(source)
  if (type === 'plugin') {
    const where = `${source.where} ${source.field}`
    throw new FairleadError('Generated', `${where} is rendered by a plugin; what it makes is in no file.`, {
      evidence: [where],
    })
  }
  if (type === 'helm') return traceValues(tracing, source)
  const branch = branchOfSource(source)
  const build = buildOfSource(source, type, (place) => homeIn(application, place))
  const traced = query.kind === 'Application' ? traceRunning(branch, build, query) : traceBuild(branch, build, query)
  if (isWithin(source.path, traced.file)) {
    refuseBuiltBeside(branch.snapshot, traced.file, { beside: tracing.applier.beside, roots: query.roots })
  }
  return traced
}

function traceValues({ applier, application, sources, query }: Tracing, source: ApplicationSource): BranchTrace {
  const who = `Application ${applier.namespace}/${applier.name}`
  if (query.image === undefined) {
    throw new FairleadError(
      'UsageInvalid',
      `What ${who} deploys is found by the image that runs now; name it with --image REF.`,
    )
  }
  if (source.chart === '' && !source.repoUrl.startsWith('oci://')) branchOfSource(source)
  const { values, homes } = helmValues(source, sources, environmentOf(applier.name, application.fields, source))
  const running = query.alongside?.map((one) => one.image)
  const present = { image: query.image, isSettled: applier.isSettled, running, decidedAt: query.decidedAt }
  const found = imageInValues(values, present, who)
  const branch = homes.get(found.leading.source) ?? homeIn(application, found.leading)
  const leading = leadingField(found.slot)
  const asked = { ...query, image: query.image, container: query.container ?? '' }
  return {
    root: source.path,
    query: asked,
    container: asked.container,
    image: found.image,
    branch,
    slot: found.slot,
    file: found.slot.file,
    line: leading.line,
    keyPath: leading.keyPath,
    value: leading.value,
    via: found.via,
    containers: containersOf(asked),
    versionLabels: [],
    declared: { annotations: {}, labels: {}, patches: [] },
  }
}

/** `SharedBase` when others are rendered from the place that decides. */
function refuseShared({ application, applier }: Tracing, trace: BranchTrace): void {
  if (isFieldOf(application, trace)) refuseSharedField(application, trace)
  else refuseAsShared(trace.file, otherApplications(application, applier, trace.file, trace.branch))
}

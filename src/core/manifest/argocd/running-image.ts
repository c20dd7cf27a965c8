import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import { deployedAs } from '../deployed.ts'
import type { Build } from '../kustomize/build.ts'
import { splitImage } from '../slot/image-text.ts'
import type { BranchTrace, TraceQuery } from '../trace.ts'
import { manifestsIn } from '../workload-manifest.ts'
import { traceBuild } from './build-trace.ts'

/**
 * The place that decides an image, whichever workloads of a build run it. `UsageInvalid` without an image, `Ambiguous`
 * when several places say it, `NotTraced` when none does. Where only the tag differs the cluster is behind or ahead of
 * Git, so that one place with the image's name is the one.
 */
export function traceRunning(branch: GitBranch, build: Build, query: TraceQuery): BranchTrace {
  const { image, kind, name } = query
  if (image === undefined) {
    throw new FairleadError(
      'UsageInvalid',
      `What ${kind} ${name} deploys is found by the image that runs now; name it with --image REF.`,
    )
  }
  const { traces, problems } = tracesOf(branch, build)
  const known = query.decidedAt
  const again = traces.filter((one) => one.file === known?.file && one.keyPath === known.keyPath)
  const exact = again.length > 0 ? byPlace(again) : byPlace(traces.filter((one) => one.image === image))
  const named = byPlace(traces.filter((one) => splitImage(one.image).name === splitImage(image).name))
  const found = exact.length > 0 ? exact : named
  const [only, second] = found
  const where = build.root || '.'
  if (second !== undefined) {
    const evidence = found.map((one) => `${one.file}:${one.line} says ${one.image}`)
    throw new FairleadError('Ambiguous', `${image} is decided in ${found.length} places under ${where}.`, { evidence })
  }
  if (only === undefined) throw problems[0] ?? new FairleadError('NotTraced', `Nothing under ${where} runs ${image}.`)
  return { ...only, query: { ...query, container: only.container } }
}

/** Every container of the build, and why some cannot be traced. */
function tracesOf(branch: GitBranch, build: Build) {
  const traces: BranchTrace[] = []
  const problems: FairleadError[] = []
  const attempt = <T>(run: () => readonly T[]): readonly T[] => {
    try {
      return run()
    } catch (thrown) {
      if (!(thrown instanceof FairleadError)) throw thrown
      problems.push(thrown)
      return []
    }
  }
  for (const source of build.sources) {
    for (const workload of attempt(() => manifestsIn(branch.snapshot, source.file).workloads)) {
      const { kind, namespace, name } = deployedAs(source, workload)
      for (const { name: container } of workload.containers) {
        traces.push(...attempt(() => [traceBuild(branch, build, { kind, namespace, name, container })]))
      }
    }
  }
  return { traces, problems }
}

function byPlace(traces: readonly BranchTrace[]): BranchTrace[] {
  return [...new Map(traces.map((one) => [`${one.file} ${one.keyPath}`, one])).values()]
}

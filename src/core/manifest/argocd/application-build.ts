import { FairleadError } from '../../../errors.ts'
import type { ApplicationApplier, GitBranch } from '../applier.ts'
import { type Deployed, findDeployed, type WorkloadQuery } from '../deployed.ts'
import type { Build } from '../kustomize/build.ts'
import { refuseBuiltBeside } from '../kustomize/shared-base.ts'
import { applicationInGit, declaredSources, homeIn } from './application.ts'
import type { Declare } from './declared-application.ts'
import { refuseAsShared } from './shared-field.ts'
import { otherApplications } from './shared-source.ts'
import { branchOfSource, rendersNothing } from './source.ts'
import { buildOfSource } from './source-build.ts'
import { sourceTypeOf } from './source-type.ts'

/** A workload in a folder of manifests that is built. */
export interface BuiltWorkload {
  branch: GitBranch
  build: Build
  deployed: Deployed
}

/**
 * The manifest of a workload among the sources of an Application; undefined when it is in none that is made of manifests,
 * so that only a chart or a plugin can have made it. `Ambiguous` when it is in several, `SharedBase` when others are
 * rendered from the same file; the refusals of `applicationInGit`.
 */
export function findInApplication(
  applier: ApplicationApplier,
  query: WorkloadQuery,
  declare: Declare,
): BuiltWorkload | undefined {
  const application = applicationInGit(applier, declare)
  const found: BuiltWorkload[] = []
  for (const source of declaredSources(application, applier).filter((one) => !rendersNothing(one))) {
    const type = sourceTypeOf(source)
    if (type !== 'directory' && type !== 'kustomize') continue
    const branch = branchOfSource(source)
    const build = buildOfSource(source, type, (place) => homeIn(application, place))
    const deployed = deployedIn(branch, build, query)
    if (deployed !== undefined) found.push({ branch, build, deployed })
  }
  const [only, second] = found
  if (second !== undefined) {
    const evidence = found.map(({ deployed: { workload } }) => `${workload.file}:${workload.line}`)
    const who = `Application ${applier.namespace}/${applier.name}`
    const what = `${query.kind} ${query.name} is in ${found.length} sources of ${who}`
    throw new FairleadError('Ambiguous', `${what}.`, { evidence })
  }
  if (only === undefined) return undefined
  const { file } = only.deployed.workload
  refuseBuiltBeside(only.branch.snapshot, file, { beside: applier.beside })
  refuseAsShared(file, otherApplications(application, applier, file, only.branch))
  return only
}

function deployedIn(branch: GitBranch, build: Build, query: WorkloadQuery): Deployed | undefined {
  try {
    return findDeployed(branch.snapshot, build, query)
  } catch (thrown) {
    if (thrown instanceof FairleadError && ['NotTraced', 'Generated'].includes(thrown.code)) return undefined
    throw thrown
  }
}

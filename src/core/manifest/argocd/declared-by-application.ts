import { FairleadError } from '../../../errors.ts'
import type { ApplicationApplier } from '../applier.ts'
import { findDeclared, type ObjectIdentity } from '../declared.ts'
import { applicationInGit, declaredSources, homeIn } from './application.ts'
import type { Declare } from './declared-application.ts'
import { branchOfSource, rendersNothing } from './source.ts'
import { buildOfSource } from './source-build.ts'
import { sourceTypeOf } from './source-type.ts'

/**
 * The manifest of an object that an Application applies (app-of-apps). `Generated` when only a chart or plugin can have
 * made it, `Ambiguous` when several sources declare it; otherwise the refusals of `findDeclared`.
 */
export function declaredByApplication(
  applier: ApplicationApplier,
  identity: ObjectIdentity,
  declare: Declare,
): ReturnType<Declare> {
  const parent = applicationInGit(applier, declare)
  const sources = declaredSources(parent, applier).filter((source) => !rendersNothing(source))
  const found: ReturnType<Declare>[] = []
  const problems: FairleadError[] = []
  for (const source of sources) {
    try {
      const type = sourceTypeOf(source)
      if (type === 'helm' || type === 'plugin') throw made(identity, source.where, type)
      const build = buildOfSource(source, type, (place) => homeIn(parent, place))
      const branch = branchOfSource(source)
      found.push({ ...findDeclared(branch.snapshot, build, identity), branch, build })
    } catch (thrown) {
      if (!(thrown instanceof FairleadError)) throw thrown
      problems.push(thrown)
    }
  }
  const [only, second] = found
  const who = `Application ${applier.namespace}/${applier.name}`
  if (second !== undefined) {
    throw new FairleadError('Ambiguous', `${identity.kind} ${identity.name} is declared by several sources of ${who}.`)
  }
  if (only !== undefined) return only
  throw problems.find(({ code }) => code !== 'NotTraced') ?? problems[0] ?? noSource(who)
}

function made({ kind, name }: ObjectIdentity, where: string, type: 'helm' | 'plugin'): FairleadError {
  const what = type === 'helm' ? 'a Helm chart' : 'a plugin'
  return new FairleadError(
    'Generated',
    `${kind} ${name} is declared in no file; only ${what} can make it, which is not followed.`,
    {
      evidence: [where],
    },
  )
}

function noSource(who: string): FairleadError {
  return new FairleadError('ManifestInvalid', `${who} has no source.`)
}

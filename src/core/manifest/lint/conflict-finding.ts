import { policyPrefixes } from '../../../api/annotation.ts'
import { orRefusal } from '../../../errors.ts'
import { workloadKinds } from '../../workload/workload.ts'
import { type Deployed, deployedAs } from '../deployed.ts'
import { type Build, buildOf } from '../kustomize/build.ts'
import { type RenderedContainer, renderWorkload } from '../kustomize/container-flow.ts'
import type { ImageEntry, Kustomization } from '../kustomize/kustomization.ts'
import type { Snapshot } from '../snapshot.ts'
import { manifestsIn, mayHaveContainers } from '../workload-manifest.ts'
import type { LintConfig } from './annotation-finding.ts'
import type { Finding } from './finding.ts'
import { kustomizationAtFile, kustomizationsWith, settingsOf } from './image-finding.ts'

/** One entry of `images:` that decides containers whose policies differ: none of them is updated then. */
export function conflictFindings(snapshot: Snapshot, config: LintConfig): Finding[] {
  return kustomizationsWith(snapshot, /\b(newTag|digest)\b/).flatMap((file) => {
    const kustomization = kustomizationAtFile(snapshot, file)
    if (kustomization === undefined) return []
    return orRefusal(
      () => conflictsIn(snapshot, kustomization, config),
      () => [],
    )
  })
}

function conflictsIn(snapshot: Snapshot, kustomization: Kustomization, config: LintConfig): Finding[] {
  const build = buildOf(snapshot, kustomization.folder)
  if (config.rules.length === 0 && !hasPolicies(snapshot, build)) return []
  const deciding = decidedIn(snapshot, build)
  return kustomization.images.flatMap((entry) => {
    const decided = deciding.filter(({ container }) => container.decision?.entry === entry)
    return orRefusal(
      () => conflictOf(entry, decided, config) ?? [],
      () => [],
    )
  })
}

function hasPolicies(snapshot: Snapshot, build: Build): boolean {
  return [...build.kustomizations, ...build.sources.map(({ file }) => file)].some((file) =>
    policyPrefixes.some((prefix) => snapshot.text(file)?.includes(prefix)),
  )
}

interface Decided {
  deployed: Deployed
  container: RenderedContainer
}

/** Containers of all workloads that are followed; a file that cannot be read has none. */
function decidedIn(snapshot: Snapshot, build: Build): Decided[] {
  return build.sources.flatMap((source) => {
    if (!mayHaveContainers(snapshot.text(source.file) ?? '')) return []
    const workloads = orRefusal(
      () => manifestsIn(snapshot, source.file).workloads,
      () => [],
    )
    return workloads
      .filter(({ kind }) => workloadKinds.some((one) => one === kind))
      .flatMap((workload) => {
        const deployed = deployedAs(source, workload)
        return renderWorkload(snapshot, source, workload).containers.map((container) => ({ deployed, container }))
      })
  })
}

/**
 * A container without a policy is in conflict with one that has a policy; without the configuration a rule may give it
 * one, so that is a warning then.
 */
function conflictOf(entry: ImageEntry, decided: readonly Decided[], config: LintConfig): Finding | undefined {
  const asked = decided.map((one) => ({ policy: policyOf(one, config), where: describe(one) }))
  const policies = new Set(asked.map(({ policy }) => policy))
  if (policies.size < 2) return undefined
  const isSure = config.names !== undefined || !policies.has(undefined)
  const all = asked.map(({ where, policy = 'no policy' }) => `${where}: ${policy}`).join('; ')
  const message = `images entry ${entry.name} decides several containers, and their policies differ (${all}); make them agree, or split it`
  const place = { file: entry.file, line: entry.line, key: 'images', value: entry.name }
  return { ...place, severity: isSure ? 'error' : 'warning', code: 'PolicyConflict', message }
}

function policyOf({ deployed, container }: Decided, { rules }: LintConfig): string | undefined {
  const { workload, source } = deployed
  const annotations = new Map([...workload.annotations, ...source.layers.flatMap((layer) => [...layer.annotations])])
  const named = { ...workload, namespace: deployed.namespace, name: deployed.name }
  const image = { name: container.name, image: container.decision?.image ?? '' }
  return settingsOf(named, image, { annotations, rules })?.policyText
}

function describe({ deployed, container }: Decided): string {
  const namespace = deployed.namespace === '' ? '' : `${deployed.namespace}/`
  return `${deployed.kind}/${namespace}${deployed.name} container ${container.name}`
}

import { versionLabel } from '../../api/annotation.ts'
import { orRefusal } from '../../errors.ts'
import { type Deployed, deployedAs } from './deployed.ts'
import type { Build } from './kustomize/build.ts'
import { passesOf } from './kustomize/layer-pass.ts'
import { mentions } from './kustomize/patched-object.ts'
import { writtenObject } from './kustomize/patched-workload.ts'
import { otherIncluders } from './kustomize/shared-base.ts'
import type { Snapshot } from './snapshot.ts'
import { createFileMemo } from './snapshot-memo.ts'
import { type ManifestFile, type ManifestValue, manifestsIn } from './workload-manifest.ts'

/** What happens to `app.kubernetes.io/version` when the image changes. */
export interface VersionLabels {
  /** Labels that hold the old tag and may follow it. */
  following: ManifestValue[]
  /** Why a label that holds the old tag is left as it is. */
  stale?: string
}

/**
 * The version labels of the workloads that one image slot decides. A label follows when it holds exactly the old tag,
 * its manifest is deployed by this root alone and only where the slot decides, and nothing chooses pods or claims by it.
 */
export function versionLabelsOf(
  snapshot: Snapshot,
  build: Build,
  decided: readonly Deployed[],
  oldTag: string,
): VersionLabels {
  const labels: VersionLabels = { following: [] }
  const seen = new Set<string>()
  for (const deployed of decided) {
    for (const label of deployed.workload.versionLabels) {
      const id = `${label.file} ${label.keyPath}`
      if (label.value !== oldTag || oldTag === '' || seen.has(id)) continue
      seen.add(id)
      const reason = whyFixed(snapshot, build, decided, deployed)
      if (reason === undefined) labels.following.push(label)
      else labels.stale ??= `${label.file}:${label.line} ${versionLabel} stays ${oldTag}: ${reason}`
    }
  }
  return labels
}

/** The text that can be a label value (Kubernetes: at most 63 characters). */
export function isLabelValue(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)
}

function whyFixed(
  snapshot: Snapshot,
  build: Build,
  decided: readonly Deployed[],
  deployed: Deployed,
): string | undefined {
  const { workload, source } = deployed
  const [fixed] = workload.fixedVersionLabels
  if (fixed !== undefined) return `a selector or volume claim template has it at ${fixed}`
  for (const { layer, before, after } of passesOf(writtenObject(workload), source.layers)) {
    const set = layer.labels.get(versionLabel)
    if (set !== undefined) return `${set} sets it`
    const objectFor = (stage: string) => (stage === 'before-names' ? before : after)
    const patch = layer.patches.find((one) => mentions(snapshot, one, objectFor(one.stage), versionLabel))
    if (patch !== undefined) return `${patch.where} patches it`
  }
  const [other] = otherIncluders(snapshot, build, workload.file)
  if (other !== undefined) return `${other} deploys the manifest too`
  const elsewhere = deployedElsewhere(build, decided, deployed)
  if (elsewhere !== undefined) return `${elsewhere} is deployed from the same manifest with another image`
  const selector = selectorOn(snapshot, build, deployed)
  return selector === undefined ? undefined : `the selector at ${selector} chooses pods by it`
}

function deployedElsewhere(build: Build, decided: readonly Deployed[], deployed: Deployed): string | undefined {
  const other = build.sources.find((source) => {
    const same = (one: Deployed) => one.source === source && one.workload === deployed.workload
    return source.file === deployed.workload.file && !decided.some(same)
  })
  if (other === undefined) return undefined
  const live = deployedAs(other, deployed.workload)
  return `${live.kind} ${live.namespace}/${live.name}`
}

/** A selector elsewhere in the build that chooses this workload's pods by their version label. */
function selectorOn(snapshot: Snapshot, build: Build, { workload }: Deployed): string | undefined {
  const version = workload.podLabels.get(versionLabel)
  if (version === undefined) return undefined
  for (const { file } of build.sources) {
    if (!maySelect(snapshot, file) || snapshot.text(file)?.includes(version) !== true) continue
    const choosing = readable(snapshot, file)?.versionSelectors.find(({ labels }) =>
      [...labels].every(([key, value]) => workload.podLabels.get(key) === value),
    )
    if (choosing !== undefined) return choosing.where
  }
  return undefined
}

const selecting = createFileMemo<boolean>()

/** A quick look without parsing: is there a selector, and the label anywhere? */
function maySelect(snapshot: Snapshot, file: string): boolean {
  return selecting(snapshot, file, () => {
    const text = snapshot.text(file) ?? ''
    return text.includes(versionLabel) && /elector["']?\s*:/.test(text)
  })
}

/** A file that cannot be read deploys nothing. */
function readable(snapshot: Snapshot, file: string): ManifestFile | undefined {
  return orRefusal(
    () => manifestsIn(snapshot, file),
    () => undefined,
  )
}

import { orRefusal } from '../../../errors.ts'
import type { Policy } from '../../image/policy.ts'
import type { UpdateRule } from '../../image/rule.ts'
import { resolveSettings, type UpdateSettings } from '../../image/settings.ts'
import { workloadKinds } from '../../workload/workload.ts'
import { isKustomizationFile, kustomizationIn } from '../kustomize/kustomization.ts'
import { folderOf } from '../repository-path.ts'
import { splitImage } from '../slot/image-text.ts'
import type { Snapshot } from '../snapshot.ts'
import { createSnapshotMemo } from '../snapshot-memo.ts'
import { type ManifestContainer, manifestsIn, type WorkloadManifest } from '../workload-manifest.ts'
import type { Finding } from './finding.ts'

/** Policies that compare versions, so that there must be one. */
const versionPolicies: readonly Policy['kind'][] = ['patch', 'minor', 'major', 'all', 'semver']

/**
 * What a container's policy is, with annotations as given; undefined when none applies or nobody follows this kind of
 * workload. The refusals of `resolveSettings`, each of which is a finding of its own where the annotation stands.
 */
export function settingsOf(
  workload: WorkloadManifest,
  container: { name: string; image: string },
  known: { annotations: ReadonlyMap<string, string>; rules: readonly UpdateRule[] },
): UpdateSettings | undefined {
  if (!workloadKinds.some((kind) => kind === workload.kind)) return undefined
  const { namespace, name } = workload
  const labels = Object.fromEntries(workload.labels)
  const annotations = Object.fromEntries(known.annotations)
  const subject = {
    namespace,
    name,
    labels,
    annotations,
    container: container.name,
    image: container.image,
  }
  return resolveSettings(subject, known.rules, 'observe')
}

/** Images of a file that cannot be followed as their policy says. */
export function imageFindings(snapshot: Snapshot, file: string, rules: readonly UpdateRule[]): Finding[] {
  return manifestsIn(snapshot, file).workloads.flatMap((workload) =>
    workload.containers.flatMap((container): Finding[] => {
      const settings = orRefusal(
        () =>
          settingsOf(
            workload,
            { name: container.name, image: container.image?.value ?? '' },
            { annotations: workload.annotations, rules },
          ),
        () => undefined,
      )
      const finding = settings === undefined ? undefined : imageFinding(snapshot, container, settings)
      return finding === undefined ? [] : [finding]
    }),
  )
}

function imageFinding(
  snapshot: Snapshot,
  { name, image }: ManifestContainer,
  settings: UpdateSettings,
): Finding | undefined {
  if (image === undefined) return undefined
  const place = { file: image.file, line: image.line, severity: 'warning' as const, key: 'image', value: image.value }
  if (/\{\{|\$[{(]/.test(image.value)) {
    const message = `container ${name}: "${image.value}" holds a placeholder, which is followed only where a Flux Kustomization fills it in`
    return { ...place, code: 'Templated', message }
  }
  const { name: repository, tag, digest } = splitImage(image.value)
  const isVersioned = digest !== '' || (tag !== '' && tag !== 'latest')
  const isOurs = versionPolicies.includes(settings.policy.kind)
  if (isVersioned || !isOurs || namesWithTags(snapshot).has(repository)) return undefined
  const what = tag === '' ? 'has no tag' : 'has the tag latest'
  const message = `container ${name}: "${image.value}" ${what}, which the policy ${settings.policyText} cannot compare; write a version`
  return { ...place, code: 'ImageNotVersioned', message }
}

const tagged = createSnapshotMemo<ReadonlySet<string>>((known) => known.clear())

/** Images that some kustomization gives a tag or digest. */
function namesWithTags(snapshot: Snapshot): ReadonlySet<string> {
  const known = tagged(snapshot).get('')
  if (known !== undefined) return known
  const names = kustomizationsWith(snapshot, /\b(newTag|digest)\b/).flatMap((file) => {
    return kustomizationAtFile(snapshot, file)?.images.map(({ name }) => name) ?? []
  })
  tagged(snapshot).set('', new Set(names))
  return new Set(names)
}

/** Kustomization files whose text has this. */
export function kustomizationsWith(snapshot: Snapshot, pattern: RegExp): string[] {
  return snapshot.paths.filter((file) => isKustomizationFile(file) && pattern.test(snapshot.text(file) ?? ''))
}

/** The kustomization of a file; undefined when it cannot be read. */
export function kustomizationAtFile(snapshot: Snapshot, file: string) {
  return orRefusal(
    () => kustomizationIn(snapshot, folderOf(file)),
    () => undefined,
  )
}

/** `images:` entries in which a tag is only decoration: kustomize renders both, and the digest decides what runs. */
export function tagAndDigestFindings(snapshot: Snapshot, file: string): Finding[] {
  const entries = kustomizationIn(snapshot, folderOf(file))?.images ?? []
  return entries.flatMap(({ name, newTag, digest }): Finding[] => {
    if (newTag === undefined || digest === undefined) return []
    const message = `images entry ${name} has newTag ${newTag.value} and a digest; the digest alone decides what runs`
    const place = { file, line: newTag.line, key: 'newTag', value: newTag.value }
    return [{ ...place, severity: 'warning', code: 'TagAndDigest', message }]
  })
}

/** One published version of a Helm chart. */
export interface ChartVersion {
  /** SemVer text as Flux and Argo CD take it, with `+` for build metadata. */
  version: string
  /** When it was put into the index; registries do not say. */
  createdAt?: Date
}

/** Source: semver.org 2.0.0, the grammar that Helm demands of OCI tags. */
const strictVersion =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][\da-zA-Z-]*))*)?(?:\+[\da-zA-Z-]+(?:\.[\da-zA-Z-]+)*)?$/

/**
 * The chart version behind an OCI tag; undefined for a tag that is none. Tags cannot hold `+`, so Helm writes `_`, which
 * no version can hold. Source: helm, pkg/registry/client.go (`Tags`).
 */
export function chartVersionOfTag(tag: string): string | undefined {
  const version = tag.replaceAll('_', '+')
  return strictVersion.test(version) ? version : undefined
}

/** The OCI tag under which a chart version lies. */
export function tagOfChartVersion(version: string): string {
  return version.replaceAll('+', '_')
}

import { readNumeric } from './numeric.ts'
import { readStageToken, releaseStage } from './prerelease.ts'
import { plainVariant } from './variant.ts'
import type { Version } from './version.ts'

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

/** A version with its parts, and the `v` before it that Helm's repositories may have. */
const versionParts = /^(v?)(\d+)\.(\d+)\.(\d+)(?:-([^+]+))?(?:\+.*)?$/

/**
 * A chart's version as policies compare it; undefined for what is none. Everything behind a dash is a pre-release, of the
 * earliest stage unless its first word says another; what stands behind a plus has no say (semver.org 2.0.0).
 */
export function readChartVersion(text: string): Version | undefined {
  const bare = text.startsWith('v') ? text.slice(1) : text
  const parts = text.length <= 128 && strictVersion.test(bare) ? versionParts.exec(text) : null
  if (parts === null) return undefined
  const [, v, major = '', minor = '', patch = '', prerelease = ''] = parts
  return {
    prefix: '',
    v: v === 'v',
    major: readNumeric(major),
    minor: readNumeric(minor),
    patch: readNumeric(patch),
    more: [],
    precision: 3,
    digits: major.length,
    date: '',
    year: false,
    revision: undefined,
    end: text.length,
    stage: prerelease === '' ? releaseStage : stageOf(prerelease),
    rest: [],
    prerelease,
    variant: plainVariant,
  }
}

function stageOf(prerelease: string): Version['stage'] {
  const [first = ''] = prerelease.split('.')
  return readStageToken(first)?.stage ?? 1
}

import { parse } from 'yaml'
import { type ErrorCode, FairleadError } from '../../errors.ts'
import { field, list, text } from '../workload/field.ts'
import { readBlockEntries } from './chart-index-block.ts'
import type { ChartVersion } from './chart-version.ts'

const maxVersions = 10_000
/** What is not in the style that Helm writes goes through the YAML parser, which needs seconds for more than this. */
const maxParsedLength = 2 * 1024 * 1024
const maxAliases = 100

/** What an index says about one chart; one that makes no sense stands in no other one's way. */
export type ChartOutcome = { versions: readonly ChartVersion[] } | { failure: FairleadError }

/**
 * Versions of the charts that are wanted and that the `index.yaml` of a Helm repository lists, in its order. Throws
 * `RegistryInvalid` for what is no index, `TooLarge` for one that nobody can look at in reasonable time. Entries without
 * a version are left out, as Helm does. Source: helm, pkg/repo/index.go.
 */
export function readChartIndex(index: string, charts: ReadonlySet<string>): Map<string, ChartOutcome> {
  const blocks = index.trimStart().startsWith('{') ? undefined : readBlockEntries(index, charts)
  let parsed: object | undefined
  const outcomes = new Map<string, ChartOutcome>()
  for (const chart of blocks?.keys() ?? charts) {
    const block = blocks?.get(chart) ?? 'other-style'
    if (block === 'other-style') parsed ??= parsedEntries(index)
    const entry = block === 'other-style' ? field(parsed, chart) : block
    if (entry !== undefined) outcomes.set(chart, outcomeOf(chart, entry))
  }
  return outcomes
}

function outcomeOf(chart: string, entry: unknown): ChartOutcome {
  if (!Array.isArray(entry)) return failed('RegistryInvalid', `entries.${chart} is no list`)
  if (entry.length > maxVersions) {
    return failed('TooLarge', `${entry.length} versions of ${chart} are listed; at most ${maxVersions} are read`)
  }
  return { versions: list(entry).flatMap(versionOf) }
}

function versionOf(item: unknown): ChartVersion[] {
  const version = text(item, 'version')
  if (version === undefined || !/^[\x21-\x7e]{1,128}$/.test(version)) return []
  const createdAt = new Date(text(item, 'created') ?? Number.NaN)
  return [Number.isNaN(createdAt.getTime()) ? { version } : { version, createdAt }]
}

const failed = (code: ErrorCode, message: string) => ({ failure: new FairleadError(code, message) })

/** JSON, or YAML in another style than Helm's. */
function parsedEntries(index: string): object {
  const entries = field(parseAny(index), 'entries')
  if (typeof entries === 'object' && entries !== null && !Array.isArray(entries)) return entries
  throw new FairleadError('RegistryInvalid', 'no chart index: there is no map of entries')
}

function parseAny(index: string): unknown {
  try {
    if (index.trimStart().startsWith('{')) return JSON.parse(index)
  } catch {
    // Flow style YAML looks like JSON, too.
  }
  if (index.length > maxParsedLength) {
    const message = `a chart index of ${index.length} characters that is not in the style Helm writes is not read`
    throw new FairleadError('TooLarge', message)
  }
  try {
    return parse(index, { maxAliasCount: maxAliases })
  } catch (cause) {
    throw new FairleadError('RegistryInvalid', 'the chart index is not YAML', { cause })
  }
}

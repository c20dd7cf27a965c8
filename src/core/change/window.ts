import { Cron } from 'croner'
import { FairleadError } from '../../errors.ts'
import { compileMatch, type MatchFields, type MatchSubject } from '../image/rule.ts'

/** A span of time that comes again: it begins whenever the cron expression says, and lasts `durationMs`. */
export interface SpanFields {
  /** Five fields, as in crontab(5). */
  cron: string
  durationMs: number
}

/** A window of the configuration as written. */
export interface WindowFields {
  name: string
  /** None = always, but for what is excluded. */
  allow: readonly SpanFields[]
  exclude: readonly SpanFields[]
  /** IANA name. */
  timezone: string
  /** Whom it is for without being named; undefined = only those that name it. */
  match?: MatchFields | undefined
}

/** A window, compiled. */
export interface UpdateWindow {
  name: string
  allow: readonly Span[]
  exclude: readonly Span[]
  matches(subject: MatchSubject): boolean
}

interface Span {
  cron: Cron
  durationMs: number
}

/** Spans that are asked together: open while one is allowed and none excluded. */
export interface WindowDemand {
  /** The windows it is made of, for people. */
  names: readonly string[]
  allow: readonly Span[]
  exclude: readonly Span[]
}

/** Whether changes may land now, and if not, what closes the way and when it opens (undefined = not within sight). */
export type WindowState = { isOpen: true } | { isOpen: false; names: readonly string[]; opensAt: Date | undefined }

/** Compiles a window. Throws `PolicyInvalid` naming the window and the part that is wrong. */
export function compileWindow({ name, allow, exclude, timezone, match }: WindowFields): UpdateWindow {
  const where = `windows: ${name}`
  const refuse = (problem: string): never => {
    throw new FairleadError('PolicyInvalid', `${where}: ${problem}`)
  }
  if (allow.length + exclude.length === 0) refuse('give allow or exclude; without both it says nothing')
  if (!isTimezone(timezone)) refuse(`timezone: "${timezone}" is none; use an IANA name such as Europe/Berlin`)
  const compile = (span: SpanFields): Span => compileSpan(span, timezone, refuse)
  return {
    name,
    allow: allow.map(compile),
    exclude: exclude.map(compile),
    matches: match === undefined ? () => false : compileMatch(match, where),
  }
}

function isTimezone(timezone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
    return true
  } catch {
    return false
  }
}

function compileSpan({ cron, durationMs }: SpanFields, timezone: string, refuse: (problem: string) => never): Span {
  const parts = cron.trim().split(/\s+/).length
  if (parts !== 5) refuse(`cron: "${cron}" has ${parts} fields; give minute, hour, day, month and weekday`)
  let compiled: Cron
  try {
    compiled = new Cron(cron, { timezone, mode: '5-part', paused: true })
  } catch (thrown) {
    const why = (thrown instanceof Error ? thrown.message : String(thrown)).replace(/^\w+: /, '')
    return refuse(`cron: "${cron}" is none: ${why}`)
  }
  if (compiled.nextRun(new Date('2024-01-01T00:00:00Z')) === null) refuse(`cron: "${cron}" never comes`)
  return { cron: compiled, durationMs }
}

/**
 * What must be open for a container: every window that matches it by itself, and one of those it names (whose
 * exclusions all count). Throws `PolicyInvalid` for a name that is not configured.
 */
export function windowDemands(
  subject: MatchSubject,
  named: readonly string[],
  windows: readonly UpdateWindow[],
): WindowDemand[] {
  const demands: WindowDemand[] = windows
    .filter((window) => window.matches(subject))
    .map(({ name, allow, exclude }) => ({ names: [name], allow, exclude }))
  if (named.length === 0) return demands
  const chosen = named.map((name) => findWindow(name, windows))
  return [
    ...demands,
    { names: named, allow: chosen.flatMap((one) => one.allow), exclude: chosen.flatMap((one) => one.exclude) },
  ]
}

function findWindow(name: string, windows: readonly UpdateWindow[]): UpdateWindow {
  const found = windows.find((window) => window.name === name)
  if (found !== undefined) return found
  const known = windows.map((window) => window.name).join(', ') || 'none'
  throw new FairleadError('PolicyInvalid', `window: "${name}" is not configured under windows; there are ${known}`)
}

/** A year of days; an opening that is further away is not looked for. */
const lookAhead = 400

/** Whether all demands are met at a moment. The start of a span belongs to it, its end does not; exclusions win. */
export function windowState(demands: readonly WindowDemand[], now: Date): WindowState {
  const closed = demands.filter((demand) => !isOpen(demand, now))
  if (closed.length === 0) return { isOpen: true }
  return { isOpen: false, names: closed.flatMap((one) => one.names), opensAt: nextOpening(demands, now) }
}

function isOpen({ allow, exclude }: WindowDemand, at: Date): boolean {
  return (allow.length === 0 || allow.some((span) => endOf(span, at))) && !exclude.some((span) => endOf(span, at))
}

/** When the span that is under way at a moment ends; undefined when none is. */
function endOf({ cron, durationMs }: Span, at: Date): Date | undefined {
  // "Previous" leaves its own moment out.
  const [start] = cron.previousRuns(1, new Date(at.getTime() + 1))
  const end = start === undefined ? undefined : new Date(start.getTime() + durationMs)
  return end !== undefined && end > at ? end : undefined
}

/** Goes from boundary to boundary, for only there something can open. */
function nextOpening(demands: readonly WindowDemand[], now: Date): Date | undefined {
  let at = now
  for (let step = 0; step < lookAhead; step++) {
    const closed = demands.find((demand) => !isOpen(demand, at))
    if (closed === undefined) return at
    const next = nextBoundary(closed, at)
    if (next === undefined) return undefined
    at = next
  }
  return undefined
}

/** The end of what excludes, or else the next start of what allows. */
function nextBoundary({ allow, exclude }: WindowDemand, at: Date): Date | undefined {
  const ends = exclude.flatMap((span) => endOf(span, at) ?? [])
  if (ends.length > 0) return ends.reduce((a, b) => (a > b ? a : b))
  const starts = allow.flatMap(({ cron }) => cron.nextRun(at) ?? [])
  return starts.length === 0 ? undefined : starts.reduce((a, b) => (a < b ? a : b))
}

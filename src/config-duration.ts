import { z } from 'zod'
import { parseDuration } from './core/change/duration.ts'

const longestMs = 10 * 365 * 24 * 3_600_000

export const durationText = z.string('a duration such as 30s, 5m or 1h30m, in quotes')

/** Go-style duration → milliseconds; at least `minimum`, at most ten years. */
export const milliseconds = (minimum: string) => (text: string, context: z.RefinementCtx) => {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= (parseDuration(minimum) ?? 0) && ms <= longestMs) return ms
  const message = ms === undefined ? 'a duration such as 30s, 5m or 1h30m' : `at least ${minimum}, at most ten years`
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}

/** A Go-style duration, in milliseconds. */
export const duration = (fallback: string, minimum: string) =>
  durationText.default(fallback).transform(milliseconds(minimum))

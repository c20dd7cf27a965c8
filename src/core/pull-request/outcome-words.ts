import { isObjectId } from '../change/object-id.ts'
import type { OutcomePhase } from './workload-outcome.ts'

/** The phase of a workload, for people. */
export const phaseWords: Readonly<Record<OutcomePhase, string>> = {
  waiting: 'waiting',
  seen: 'seen',
  applied: 'applied',
  rolling_out: 'rolling out',
  success: 'success',
  failed: '**failed**',
  superseded: 'superseded',
  unknown: 'unknown',
}

/** `2026-11-21 12:03:45`, in UTC; a dash for none. */
export function timeWords(time: Date | undefined): string {
  if (time === undefined || Number.isNaN(time.getTime())) return '–'
  return time.toISOString().slice(0, 19).replace('T', ' ')
}

/** `45s`, `2m 10s`, `1h 5m`, `2d 3h`: the two largest units; a dash for none. */
export function durationWords(ms: number | undefined): string {
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) return '–'
  const seconds = Math.floor(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  if (first < 0) return '0s'
  const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0)
  return shown.map(([amount, unit]) => `${amount}${unit}`).join(' ')
}

/** A whole commit id, of which hosts make a short link; a dash for anything else. */
export function commitWords(commit: string | undefined): string {
  return commit !== undefined && isObjectId(commit) ? commit : '–'
}

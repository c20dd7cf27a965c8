import type { AnnotationField } from './api/annotation.ts'
import type { RuleConfig } from './config-schema.ts'
import { parseDuration } from './core/change/duration.ts'
import { parsePolicy } from './core/image/policy.ts'
import { compileRule, requireSupported, type UpdateRule } from './core/image/settings.ts'
import { asFairleadError } from './errors.ts'

/** A rule of `updates.rules`, compiled. Throws `PolicyInvalid` for a broken glob. */
export function updateRule({ match, ...fields }: RuleConfig): UpdateRule {
  const entries = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  return compileRule({ match, fields: Object.fromEntries(entries) as Partial<Record<AnnotationField, string>> })
}

/** What is wrong with a rule, in words. A rule without a policy only adds fields to others, so it is not checked as one. */
export function ruleMistakes(rule: RuleConfig): string[] {
  const { policy, constraint, pattern, filter, extract, order, prerelease } = rule
  const fields = { policy, constraint, pattern, filter, extract, order, prerelease }
  const interval = rule['min-update-interval']
  const isDuration = interval === undefined || parseDuration(interval) !== undefined || /^\d+$/.test(interval)
  return [
    ...problem(() => updateRule(rule)),
    ...(policy === undefined ? [] : problem(() => requireSupported('policy', parsePolicy(fields)))),
    ...(isDuration ? [] : [`min-update-interval: "${interval}" is no duration such as 90s, 5m or 1h`]),
  ]
}

function problem(run: () => unknown): string[] {
  try {
    run()
    return []
  } catch (thrown) {
    const { message, evidence } = asFairleadError(thrown)
    return evidence.length > 0 ? [...evidence] : [message]
  }
}

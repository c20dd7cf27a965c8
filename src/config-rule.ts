import type { AnnotationField } from './api/annotation.ts'
import type { Config, RuleConfig } from './config-schema.ts'
import { compileWindow, type UpdateWindow } from './core/change/window.ts'
import { compileRule, type UpdateRule } from './core/image/rule.ts'
import { fieldMistakes, type KnownNames, mistakesOf } from './core/image/setting-mistake.ts'

type WindowConfig = Config['windows'][number]

/** A rule of `updates.rules`, compiled. Throws `PolicyInvalid` for a broken glob. */
export function updateRule({ match, ...fields }: RuleConfig): UpdateRule {
  return compileRule({ match, fields: ruleFields(fields) })
}

function ruleFields(fields: Omit<RuleConfig, 'match'>): Partial<Record<AnnotationField, string>> {
  const entries = Object.entries(fields).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]))
  return Object.fromEntries(entries)
}

/** A window of `windows`, compiled. Throws `PolicyInvalid` for what is none. */
export function updateWindow({ name, allow, exclude, timezone, match }: WindowConfig): UpdateWindow {
  const spans = (list: WindowConfig['allow']) => list.map(({ cron, duration }) => ({ cron, durationMs: duration }))
  return compileWindow({ name, allow: spans(allow), exclude: spans(exclude), timezone, match })
}

/** What is wrong with a rule, in words. A rule without a policy only adds fields to others, so it is not checked as one. */
export function ruleMistakes(rule: RuleConfig, known: KnownNames): string[] {
  const { match: _, ...fields } = rule
  return [...mistakesOf(() => updateRule(rule)), ...fieldMistakes(ruleFields(fields), known)]
}

/** What is wrong with a window, in words. */
export function windowMistakes(window: WindowConfig): string[] {
  return mistakesOf(() => updateWindow(window))
}

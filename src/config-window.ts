import { z } from 'zod'
import { durationText, milliseconds } from './config-duration.ts'

const text = z.string().max(1024)

/** Which containers a rule or a window is for. */
export const match = z.strictObject({
  namespace: text.optional(),
  name: text.optional(),
  image: text.optional(),
  labels: z.record(z.string(), text).optional(),
})

const spans = z
  .array(
    z.strictObject({
      cron: z.string().max(200).describe('Minute, hour, day, month and weekday, as in crontab: "0 9 * * 1-5".'),
      duration: durationText.transform(milliseconds('1m')).describe('Elapsed time, whatever the clocks do.'),
    }),
  )
  .max(100)
  .default([])

/** A window as users write it. */
export const window = z.strictObject({
  name: z.string().regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,62})$/, 'letters, digits, dots, dashes and underscores'),
  allow: spans.describe('When changes may land; none = always, but for what is excluded.'),
  exclude: spans.describe('When none may land; beats allow.'),
  timezone: z.string().max(64).default('UTC').describe('IANA name, e.g. Europe/Berlin.'),
  match: match.optional().describe('Whom it is for without an annotation that names it; {} = everybody.'),
})

import { type Logger, pino } from 'pino'
import type { Log } from '../ports.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Secret values seen so far; whatever would print one prints `[secret]` instead. */
export interface SecretRegistry {
  /** Remembers a value; short ones (under 6 characters) are ignored, they would mask ordinary words. */
  add(value: string): void
  scrub(text: string): string
}

export function createSecretRegistry(): SecretRegistry {
  const values = new Set<string>()
  return {
    add(value) {
      const trimmed = value.trim()
      if (trimmed.length < 6) return
      values.add(trimmed)
      values.add(Buffer.from(trimmed).toString('base64'))
      values.add(encodeURIComponent(trimmed))
    },
    scrub(text) {
      let clean = text
      for (const value of values) if (clean.includes(value)) clean = clean.replaceAll(value, '[secret]')
      return clean
    },
  }
}

/** Field names that never carry anything but secrets. */
const secretFields = ['token', 'password', 'secret', 'authorization', 'cookie', 'privateKey']

/** JSON lines on standard output. Known secret fields and every registered secret value are masked. */
export function createLog(level: LogLevel, secrets: SecretRegistry, destination?: { write(text: string): void }): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: secretFields.flatMap((field) => [field, `*.${field}`, `headers.${field}`]),
      censor: '[secret]',
    },
    hooks: { streamWrite: (line: string) => secrets.scrub(line) },
  }
  return wrap(destination === undefined ? pino(options) : pino(options, destination))
}

function wrap(logger: Logger): Log {
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  }
}

import type { Log } from '../../src/ports.ts'

export interface RecordedLine {
  level: 'debug' | 'info' | 'warn' | 'error'
  fields: object
  message: string
}

/** A log that keeps its lines. */
export function createRecordingLog(): Log & { lines: RecordedLine[] } {
  const lines: RecordedLine[] = []
  const at = (level: RecordedLine['level'], extra: object) => (fields: object, message: string) =>
    void lines.push({ level, fields: { ...extra, ...fields }, message })
  const create = (extra: object): Log & { lines: RecordedLine[] } => ({
    lines,
    debug: at('debug', extra),
    info: at('info', extra),
    warn: at('warn', extra),
    error: at('error', extra),
    child: (fields) => create({ ...extra, ...fields }),
  })
  return create({})
}

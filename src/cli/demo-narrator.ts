import type { Io } from './io.ts'

/** One step of the story as a machine reads it. */
export interface StepReport {
  step: string
  ok: boolean
  ms: number
  detail: string
}

/** Tells the story of a demo: to people in words, to machines as one JSON object a line. */
export interface Narrator {
  say(line: string): void
  /** Runs one step and tells what came of it; `detail` may have several lines. A failing step ends the story. */
  step(name: string, work: () => Promise<{ title: string; detail?: string }>): Promise<void>
  readonly reports: readonly StepReport[]
}

export interface NarratorOptions {
  io: Io
  asJson: boolean
  /** Waits between steps so that people can read; nothing when they do not. */
  pause: () => Promise<void>
  colour: boolean
  nowMs: () => number
}

export function createNarrator({ io, asJson, pause, colour, nowMs }: NarratorOptions): Narrator {
  const reports: StepReport[] = []
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)

  const tell = (report: StepReport, title: string) => {
    reports.push(report)
    if (asJson) {
      io.stdout(`${JSON.stringify(report)}\n`)
      return
    }
    const mark = report.ok ? paint(32, '✓') : paint(31, '✗')
    io.stdout(`${mark} ${paint(1, title)} ${paint(2, `(${report.ms} ms)`)}\n`)
    for (const line of report.detail === '' ? [] : report.detail.split('\n'))
      io.stdout(`    ${paintDiff(line, paint)}\n`)
  }

  return {
    reports,
    say(line) {
      if (!asJson) io.stdout(`${line}\n`)
    },
    async step(name, work) {
      const startedMs = nowMs()
      const ms = () => Math.round(nowMs() - startedMs)
      try {
        const { title, detail = '' } = await work()
        tell({ step: name, ok: true, ms: ms(), detail: asJson && detail === '' ? title : detail }, title)
      } catch (thrown) {
        const detail = thrown instanceof Error ? thrown.message : String(thrown)
        tell({ step: name, ok: false, ms: ms(), detail }, name)
        throw thrown
      }
      await pause()
    },
  }
}

function paintDiff(line: string, paint: (code: number, text: string) => string): string {
  if (line.startsWith('+')) return paint(32, line)
  if (line.startsWith('-')) return paint(31, line)
  return paint(2, line)
}

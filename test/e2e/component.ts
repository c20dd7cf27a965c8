import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A program of the lab that runs beside the tests. */
export interface Component {
  readonly name: string
  readonly pid: number
  /** How it ended (`exit 0`, `SIGKILL`), or undefined while it runs. */
  exit(): string | undefined
  /** The last lines it wrote. */
  tail(lines?: number): string
  /** Sends the signal and resolves with how it ended. Ending a component twice is fine. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<string>
}

export interface Command {
  name: string
  /** Absolute path, or a name on PATH. */
  file: string
  args: readonly string[]
  env?: Record<string, string>
  /** Where `<name>.log` and `<name>.pid` go. */
  dir: string
}

const running = new Set<ChildProcess>()
// the tests' process may end before a lab was stopped
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts a program whose output goes to a file. Its pid file lets `run.sh` end what a killed test run left behind. */
export function startComponent({ name, file, args, env, dir }: Command): Component {
  const log = join(dir, `${name}.log`)
  const pidFile = join(dir, `${name}.pid`)
  const output = openSync(log, 'a')
  const child = spawn(file, args, { stdio: ['ignore', output, output], env: { ...process.env, ...env }, cwd: dir })
  closeSync(output)
  let exit: string | undefined
  const ended = new Promise<string>((resolve) => {
    const end = (how: string) => {
      running.delete(child)
      rmSync(pidFile, { force: true })
      exit = how
      resolve(how)
    }
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(signal ?? `exit ${code}`))
  })
  if (child.pid !== undefined) {
    running.add(child)
    writeFileSync(pidFile, `${child.pid}\n`)
  }
  return {
    name,
    pid: child.pid ?? -1,
    exit: () => exit,
    tail: (lines = 15) =>
      readFileSync(log, 'utf8')
        .trimEnd()
        .split('\n')
        .slice(-lines)
        .map((line) => line.slice(0, 1000))
        .join('\n'),
    end: (signal) => {
      child.kill(signal)
      return ended
    },
  }
}

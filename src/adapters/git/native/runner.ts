import { Buffer } from 'node:buffer'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { simpleGit } from 'simple-git'
import { FairleadError } from '../../../errors.ts'
import { DamagedStore } from '../backend.ts'

/** One run of the git binary. `args` are fixed words, full refs and full object ids; never a user's text. */
export interface GitCommand {
  args: readonly string[]
  /** Written to standard input. */
  input?: string
  /** Exit statuses that are answers; any other is a `GitFailed`. Default: only 0. */
  accept?: readonly number[]
  /** Hard limit; the process is interrupted and the call rejects with `GitUnavailable`. */
  timeoutMs: number
  /** Value of an `Authorization` header for this run. */
  authorization?: string | undefined
  /** git may fetch objects that a blobless mirror lacks: in a push it wants the older file to make a delta from. */
  mayFetch?: boolean
}

export interface GitOutput {
  status: number
  stdout: Buffer
  stderr: string
}

/** A run that ended with an exit status nobody asked for. Never leaves the native backend. */
export class GitFailed extends Error {
  override readonly name = 'GitFailed'
  readonly output: GitOutput

  constructor(output: GitOutput) {
    super(`git ended with status ${output.status}`)
    this.output = output
  }
}

export interface RunnerSettings {
  /** The bare mirror. Settings that are not secret stand in its own `config` file. */
  gitDir: string
  protocol: 'http' | 'https' | 'ssh'
  /** The credential is sent to this origin only. */
  origin: string
}

export type GitRunner = (command: GitCommand) => Promise<GitOutput>

const killGraceMs = 5_000

/** The only place that starts git. Nothing of our own environment reaches it. */
export function createRunner({ gitDir, protocol, origin }: RunnerSettings): GitRunner {
  const base = {
    // Fixed: the binary and ssh come from the system, not from wherever we were started.
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin',
    // No user settings: the folder does not exist.
    HOME: `${gitDir}/no-home`,
    // Messages are matched, so they must be English.
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: protocol,
    // A damaged mirror must not make git find a repository further up.
    GIT_CEILING_DIRECTORIES: dirname(gitDir),
  }
  return (command) => {
    // Else a missing blob is asked for in a batch, never one by one.
    const lazy: Record<string, string> = command.mayFetch === true ? {} : { GIT_NO_LAZY_FETCH: '1' }
    const env = { ...base, ...lazy, ...secretSettings(origin, command.authorization) }
    return withDeadline(command, (signal) => start(command, { gitDir, env, signal }))
  }
}

/** Secrets go through the environment: they are on no command line and on no disk. */
function secretSettings(origin: string, authorization: string | undefined): Record<string, string> {
  if (authorization === undefined) return {}
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${origin}.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: ${authorization}`,
  }
}

interface Start {
  gitDir: string
  env: Record<string, string>
  signal: AbortSignal
}

/**
 * simple-git treats a failed run without output as a success and decodes output as text, so status and bytes are taken
 * where it hands them to its `errors` function.
 */
async function start(command: GitCommand, { gitDir, env, signal }: Start): Promise<GitOutput> {
  const { args, input, accept = [0] } = command
  // simple-git throws an error of its own when the folder is gone.
  if (!existsSync(gitDir)) throw new DamagedStore(`${gitDir} is gone`)
  let output: GitOutput = { status: -1, stdout: Buffer.alloc(0), stderr: '' }
  const git = simpleGit({
    baseDir: gitDir,
    abort: signal,
    allowEnvironment: Object.keys(env),
    // GIT_CONFIG_COUNT carries the Authorization header; its keys are ours.
    unsafe: { allowUnsafeConfigEnvCount: true },
    input: () => input,
    errors(error, { stdOut, stdErr, exitCode }) {
      output = { status: exitCode, stdout: Buffer.concat(stdOut), stderr: Buffer.concat(stdErr).toString('utf8') }
      if (accept.includes(exitCode)) return undefined
      return error ?? new Error('unexpected status')
    },
  })
  try {
    await git.env(env).raw([...args])
  } catch (error) {
    // The plug-in's refusal happens before a start; its text names arguments, so only the fact is passed on.
    if (output.status === -1 && !signal.aborted) throw notStarted(error)
    throw new GitFailed(output)
  }
  return output
}

function notStarted(cause: unknown): FairleadError {
  return new FairleadError('GitUnavailable', 'the git binary could not be started', { cause })
}

async function withDeadline(
  { args, timeoutMs }: GitCommand,
  run: (signal: AbortSignal) => Promise<GitOutput>,
): Promise<GitOutput> {
  const stop = new AbortController()
  const timers: NodeJS.Timeout[] = []
  const tooLate = () =>
    new FairleadError(
      'GitUnavailable',
      `git ${args.find((word) => !word.startsWith('-')) ?? ''} took over ${timeoutMs} ms`,
    )
  const deadline = new Promise<never>((_, reject) => {
    timers.push(setTimeout(() => stop.abort(), timeoutMs))
    timers.push(setTimeout(() => reject(tooLate()), timeoutMs + killGraceMs))
  })
  try {
    return await Promise.race([run(stop.signal), deadline])
  } catch (error) {
    throw stop.signal.aborted ? tooLate() : error
  } finally {
    for (const timer of timers) clearTimeout(timer)
  }
}

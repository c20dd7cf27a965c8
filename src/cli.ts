#!/usr/bin/env node
import { bumpCommand } from './cli/bump.ts'
import { configCommand } from './cli/config.ts'
import { controllerCommand } from './cli/controller.ts'
import { crdsCommand } from './cli/crds.ts'
import { type Io, leaveOnClosedPipe, processStreams, screenText } from './cli/io.ts'
import { lintCommand } from './cli/lint.ts'
import { openLocalRepository, readLocalHistory } from './cli/offline.ts'
import { phaseCommand } from './cli/phase.ts'
import { policyCheck } from './cli/policy.ts'
import { syncCommand } from './cli/sync.ts'
import { traceCommand } from './cli/trace.ts'
import { version } from './config.ts'
import { nearestWord } from './core/change/nearest-word.ts'
import { asFairleadError } from './errors.ts'

/** One verb: what it is for, how it is called, and what runs it. The exit code is its answer. */
interface Verb {
  name: string
  usage: string
  /** What else may be given; told by `--help`. */
  options?: string
  summary: string
  run(args: string[], io: Io): Promise<number>
}

/** What the verbs that ask the API share, as `apiUsage` has it. */
const apiOptions = '[--token-file FILE | --kubeconfig FILE [--context C]] [--ca-file FILE] [--insecure] [-o json]'

const verbs: readonly Verb[] = [
  {
    name: 'controller',
    usage: '--config FILE',
    summary: 'follow the cluster and lead changes through Git',
    run: controllerCommand,
  },
  {
    name: 'demo',
    usage: '[--once] [--keep] [-o json]',
    summary: 'watch the whole way of an image in a sandbox on this machine',
    run: async (args, io) => (await import('./cli/demo.ts')).demoCommand(args, io),
  },
  {
    name: 'policy',
    usage: 'check --policy P --current TAG < TAGS',
    options:
      '[--constraint C] [--pattern G] [--filter R --extract X] [--order O] [--prerelease W] [-o json]; TAGS: one a line',
    summary: 'which tag would be chosen, and why not the others',
    run: async (args, io) =>
      args[0] === 'check' ? policyCheck(args.slice(1), io) : wrongUse(io, 'policy knows: check'),
  },
  {
    name: 'trace',
    usage: '--repo DIR --root PATH KIND/[NAMESPACE/]NAME [--container C] [--image REF]',
    options: '[-o json]; --image: what runs now, for a HelmRelease or an Application',
    summary: 'where in Git the image of a workload is decided',
    run: traceCommand,
  },
  {
    name: 'bump',
    usage: '--repo DIR --root PATH KIND/[NAMESPACE/]NAME [--container C] --image REF [--write]',
    options: '[--from REF] [-o json]; --from: what runs now, for a HelmRelease or an Application',
    summary: 'the edit that would change it, as a diff',
    run: bumpCommand,
  },
  {
    name: 'updates',
    usage: '[--namespace NS] [--phase P] --server URL',
    options: apiOptions,
    summary: 'the decisions there are, from the API',
    run: async (args, io) => (await import('./cli/updates.ts')).updatesCommand(args, io),
  },
  {
    name: 'status',
    usage: '[KIND/NS/NAME | --namespace NS] [--phase P] --server URL',
    options: apiOptions,
    summary: 'version and phase of every workload, since when, from which commit, what waits',
    run: async (args, io) => (await import('./cli/status.ts')).statusCommand(args, io),
  },
  {
    name: 'history',
    usage: '[KIND/NS/NAME] --repo DIR | [KIND/NS/NAME | --namespace NS] --server URL',
    options: apiOptions,
    summary: 'what was changed, by whom, and what became of it; with --repo from commits alone',
    run: async (args, io) => (await import('./cli/history.ts')).historyCommand(args, io, readLocalHistory),
  },
  {
    name: 'wait',
    usage: '--commit SHA | --image REF [KIND/NS/NAME | --namespace NS] [--timeout 15m] --server URL',
    options: `${apiOptions}; exit 0 rolled out, 1 failed or refused, 3 no end in time`,
    summary: 'until a commit or an image is rolled out, or will not be',
    run: async (args, io) => (await import('./cli/wait.ts')).waitCommand(args, io),
  },
  {
    name: 'plan',
    usage: 'NS/NAME --server URL',
    options: apiOptions,
    summary: 'the diff and the very commit that an UpdateRequest would push',
    run: async (args, io) => (await import('./cli/plan.ts')).planCommand(args, io),
  },
  {
    name: 'explain',
    usage: 'KIND/NS/NAME [--container C] --server URL',
    options: apiOptions,
    summary: 'why the image of a workload is (not) updated',
    run: async (args, io) => (await import('./cli/explain.ts')).explainCommand(args, io),
  },
  {
    name: 'approve',
    usage: 'NS/NAME [--digest D] --server URL',
    options: apiOptions,
    summary: 'let a waiting UpdateRequest be committed',
    run: async (args, io) => (await import('./cli/approve.ts')).approveCommand(args, io),
  },
  {
    name: 'reject',
    usage: 'NS/NAME --reason TEXT [--digest D] --server URL',
    options: apiOptions,
    summary: 'refuse a version until a newer one lands',
    run: async (args, io) => (await import('./cli/approve.ts')).rejectCommand(args, io),
  },
  {
    name: 'rollback',
    usage: 'KIND/NS/NAME --reason TEXT [--to REF] [--container C] --server URL',
    options: apiOptions,
    summary: 'put back the image that ran well last, or another one that Git held before',
    run: async (args, io) => (await import('./cli/rollback.ts')).rollbackCommand(args, io),
  },
  {
    name: 'hold',
    usage: 'KIND/NS/NAME --reason TEXT --server URL',
    options: apiOptions,
    summary: 'have a workload left alone, by an annotation in its manifest in Git',
    run: async (args, io) => (await import('./cli/hold.ts')).holdCommand(args, io),
  },
  {
    name: 'release',
    usage: 'KIND/NS/NAME [--reason TEXT] --server URL',
    options: apiOptions,
    summary: 'end a hold, and let versions be chosen again that were put back',
    run: async (args, io) => (await import('./cli/hold.ts')).releaseCommand(args, io),
  },
  {
    name: 'lint',
    usage: 'DIR [--config FILE]',
    options: '[-o json]',
    summary: 'what would be refused or silently ignored in the files of a folder',
    run: lintCommand,
  },
  {
    name: 'phase',
    usage: '-f FILE|-',
    options: '[--started T] [--now T] [--deadline 15m] [-o json]',
    summary: 'phase of the workloads in a file',
    run: phaseCommand,
  },
  {
    name: 'sync',
    usage: '-f OBJECTS|- --repo DIR --commit SHA',
    options: '[--now T] [-o json]',
    summary: 'has the engine applied a commit?',
    run: (args, io) => syncCommand(args, io, openLocalRepository),
  },
  {
    name: 'config',
    usage: 'check FILE [-o json] | schema [--write FILE | --check FILE]',
    summary: 'check a configuration, print its schema',
    run: configCommand,
  },
  {
    name: 'crds',
    usage: '[--write DIR | --check DIR] [-o json]',
    summary: 'print the CustomResourceDefinitions',
    run: crdsCommand,
  },
]

/** The `fairlead` command: finds the verb and runs it. Exit 0 done, 1 failed or refused, 2 wrong use, 3 timeout. */
async function main(args: string[], io: Io): Promise<number> {
  const [name, ...rest] = args
  if (name === '--version' || name === 'version') {
    io.stdout(`${version}\n`)
    return 0
  }
  const verb = verbs.find((one) => one.name === name)
  if (verb === undefined) {
    const isHelp = name === undefined || name === '--help' || name === '-h' || name === 'help'
    if (isHelp) io.stdout(renderUsage())
    else wrongUse(io, `unknown verb ${name}${meant(name)} fairlead --help lists them all`)
    return isHelp ? 0 : 2
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    const more = verb.options === undefined ? '' : `\n  ${verb.options}`
    io.stdout(`fairlead ${verb.name} ${verb.usage}${more}\n\n${verb.summary}\n`)
    return 0
  }
  return verb.run(rest, io)
}

function meant(name: string): string {
  const near = nearestWord(
    name,
    verbs.map((verb) => verb.name),
  )
  return near === undefined ? ';' : `; did you mean ${near}?`
}

function renderUsage(): string {
  const width = Math.max(...verbs.map((verb) => verb.name.length))
  const lines = verbs.map(
    (verb) =>
      `  ${verb.name.padEnd(width)}  ${verb.summary}\n  ${' '.repeat(width)}  fairlead ${verb.name} ${verb.usage}`,
  )
  return `fairlead ${version}: leads every change of a running workload through Git\n\n${lines.join('\n')}\n`
}

function wrongUse(io: Io, message: string): number {
  io.stderr(`fairlead: ${message}\n`)
  return 2
}

/** Why the process did not start, for people: what is wrong, where, and what to do. */
function renderFailure(thrown: unknown): string {
  const error = asFairleadError(thrown)
  const lines = [`fairlead: ${error.code}: ${error.message}`, ...error.evidence.map((line) => `  ${line}`), '']
  return screenText(lines.join('\n'))
}

leaveOnClosedPipe(process.stdout, () => process.exit(0))
main(process.argv.slice(2), processStreams).then(
  (exitCode) => {
    process.exitCode = exitCode
  },
  (thrown: unknown) => {
    processStreams.stderr(renderFailure(thrown))
    process.exitCode = 2
  },
)

import { parseArgs } from 'node:util'
import { loadConfig } from '../config.ts'
import { updateRule } from '../config-rule.ts'
import { sanitiseLine } from '../core/change/text.ts'
import type { LintConfig } from '../core/manifest/lint/annotation-finding.ts'
import type { Finding, Severity } from '../core/manifest/lint/finding.ts'
import { lint } from '../core/manifest/lint/lint.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import { readFolder } from './folder-snapshot.ts'
import { type Io, screenText } from './io.ts'

const usage = 'Usage: fairlead lint DIR [--config FILE] [-o json]'

/**
 * `fairlead lint`: what fairlead or Flux would refuse or silently ignore in the files of a folder, one line each. Exit 0
 * without errors (warnings and notes are none), 1 with errors, 2 for wrong use, an unreadable folder or configuration.
 */
export async function lintCommand(args: string[], io: Io): Promise<number> {
  const isJson = args.some((arg) => arg === 'json' || arg === '-ojson' || arg === '--output=json')
  try {
    const { folder, config } = readArguments(args)
    const known = config === undefined ? { rules: [] } : await readConfig(config)
    const { findings, files } = lint(readFolder(folder), known)
    io.stdout(isJson ? `${JSON.stringify(findings)}\n` : screenText(textOf(findings, files)))
    return findings.some(({ severity }) => severity === 'error') ? 1 : 0
  } catch (thrown) {
    const { code, message, evidence } = asFairleadError(thrown)
    if (code === 'Internal') throw thrown
    if (isJson) io.stdout(`${JSON.stringify({ error: { code, message, evidence } })}\n`)
    else io.stderr(screenText([`${code}: ${message}`, ...evidence.map((line) => `  ${line}`), ''].join('\n')))
    return 2
  }
}

function readArguments(args: string[]): { folder: string; config: string | undefined } {
  const { values, positionals } = parse(args)
  const [folder, ...more] = positionals
  if (folder === undefined || more.length > 0) throw wrongUse('Exactly one DIR is wanted')
  if (values.output !== undefined && values.output !== 'json') throw wrongUse(`-o ${values.output}: only json is known`)
  return { folder, config: values.config }
}

function parse(args: string[]) {
  const options = { config: { type: 'string' }, output: { type: 'string', short: 'o' } } as const
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (thrown) {
    throw wrongUse(thrown instanceof Error ? thrown.message : String(thrown))
  }
}

function wrongUse(problem: string): FairleadError {
  return new FairleadError('UsageInvalid', `${problem}.\n${usage}`)
}

async function readConfig(path: string): Promise<LintConfig> {
  const { updates, windows, keys } = await loadConfig(path)
  const names = { windows: windows.map(({ name }) => name), keys: keys.map(({ name }) => name) }
  return { rules: updates.rules.map(updateRule), names }
}

function textOf(findings: readonly Finding[], files: number): string {
  const lines = findings.map(({ file, line, severity, code, message }) => {
    return `${sanitiseLine(file, 1000)}:${line}: ${severity} ${code}: ${message}`
  })
  const count = (severity: Severity) => {
    return counted(findings.filter((one) => one.severity === severity).length, severity)
  }
  const summary = `${count('error')}, ${count('warning')}, ${count('note')} (${counted(files, 'file')} of interest)`
  return [...lines, summary, ''].join('\n')
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

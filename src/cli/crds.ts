import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { type CustomResourceDefinition, customResourceDefinitions } from '../api/crd.ts'
import { asFairleadError } from '../errors.ts'
import type { Io } from './io.ts'

const usage = 'fairlead crds [--write DIR | --check DIR] [-o json]'

/**
 * `fairlead crds`: prints the CustomResourceDefinitions as YAML (`-o json`: as a List), writes them to a folder, or
 * checks that the files in a folder are what would be written. Exit 1 naming the first stale file; 2 for wrong use.
 */
export async function crdsCommand(args: string[], io: Io): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') {
    io.stderr(`${options}\nusage: ${usage}\n`)
    return 2
  }
  try {
    if (options.check !== undefined) return await check(options.check, io)
    if (options.write !== undefined) return await write(options.write, io)
  } catch (thrown) {
    io.stderr(`${asFairleadError(thrown).message}\n`)
    return 1
  }
  io.stdout(options.output === 'json' ? renderList() : customResourceDefinitions.map(render).join('---\n'))
  return 0
}

function readOptions(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: { write: { type: 'string' }, check: { type: 'string' }, output: { type: 'string', short: 'o' } },
    })
    if (values.output !== undefined && values.output !== 'json') return `-o ${values.output}: only json is known`
    return values.write !== undefined && values.check !== undefined ? '--write and --check exclude each other' : values
  } catch (thrown) {
    return asFairleadError(thrown).message
  }
}

async function write(folder: string, io: Io): Promise<number> {
  await mkdir(folder, { recursive: true })
  for (const definition of customResourceDefinitions) {
    const file = join(folder, fileName(definition))
    await writeFile(file, render(definition))
    io.stdout(`${file}\n`)
  }
  return 0
}

async function check(folder: string, io: Io): Promise<number> {
  for (const definition of customResourceDefinitions) {
    const file = join(folder, fileName(definition))
    const found = await readFile(file, 'utf8').catch(() => undefined)
    if (found === render(definition)) continue
    io.stderr(`${file} is ${found === undefined ? 'missing' : 'stale'}; run: fairlead crds --write ${folder}\n`)
    return 1
  }
  return 0
}

function fileName({ spec }: CustomResourceDefinition): string {
  return `${spec.group}_${spec.names.plural}.yaml`
}

function render(definition: CustomResourceDefinition): string {
  return stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })
}

function renderList(): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items: customResourceDefinitions }, undefined, 2)}\n`
}

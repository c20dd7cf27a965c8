import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config-schema.ts'
import { requireTemplate, type TemplateName, type Templates, templatePlaces } from './core/change/template-place.ts'
import { FairleadError } from './errors.ts'

/** All templates, the user's before the built-in ones. `ConfigInvalid` for one that cannot be read or filled. */
export async function readTemplates(config: Pick<Config, 'templatesDir'>): Promise<Templates> {
  const names = Object.keys(templatePlaces) as TemplateName[]
  await requireFolder(config, names)
  const texts = await Promise.all(names.map((name) => readTemplate(config, name)))
  names.forEach((name, index) => {
    requireTemplate(name, texts[index] ?? '')
  })
  return Object.fromEntries(names.map((name, index) => [name, texts[index]])) as unknown as Templates
}

/** A folder that is not mounted, or a file by another name, would leave the built-in words in place without a word. */
async function requireFolder({ templatesDir }: Pick<Config, 'templatesDir'>, names: readonly string[]): Promise<void> {
  if (templatesDir === '') return
  const files = await readdir(templatesDir).catch((cause: unknown) => {
    throw new FairleadError('ConfigInvalid', `templatesDir: ${templatesDir} cannot be read; is it mounted?`, { cause })
  })
  const unknown = files.find((file) => /^[^.].*\.(?:md|txt)$/.test(file) && !names.includes(file))
  if (unknown === undefined) return
  throw new FairleadError('ConfigInvalid', `templatesDir: ${unknown} is no template; there are ${names.join(', ')}`)
}

async function readTemplate({ templatesDir }: Pick<Config, 'templatesDir'>, name: TemplateName): Promise<string> {
  const builtIn = new URL(`../templates/${name}`, import.meta.url)
  try {
    if (templatesDir !== '') return await readFile(join(templatesDir, name), 'utf8')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) {
      throw new FairleadError('ConfigInvalid', `templatesDir: ${join(templatesDir, name)} cannot be read`, { cause })
    }
  }
  return readFile(builtIn, 'utf8')
}

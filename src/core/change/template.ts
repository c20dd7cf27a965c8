import { FairleadError } from '../../errors.ts'

/**
 * Fills `{{name}}` places of a template with values. Logic-less on purpose: a template is words, not a program.
 * Throws `ConfigInvalid` for a place that does not exist, naming the file and the places that do.
 */
export function renderTemplate(template: string, values: Readonly<Record<string, string>>, file = 'template'): string {
  return template.replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, (_, name: string) => {
    if (Object.hasOwn(values, name)) return values[name] ?? ''
    const known = Object.keys(values).sort().join(', ')
    throw new FairleadError('ConfigInvalid', `${file}: unknown place {{${name}}}; there are ${known}`)
  })
}

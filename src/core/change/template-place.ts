import { FairleadError } from '../../errors.ts'
import { renderTemplate } from './template.ts'

/** The files that `templatesDir` may hold, and the `{{places}}` that each of them may name. */
export const templatePlaces = {
  'commit.txt': [
    'action',
    'image',
    'version',
    'from',
    'to',
    'kind',
    'namespace',
    'name',
    'workload',
    'workloads',
    'cluster',
    'policy',
    'reason',
  ],
  'pull-request-title.txt': ['action', 'change', 'where', 'count', 'cluster', 'repository', 'base'],
  'pull-request.md': [
    'table',
    'details',
    'changes',
    'decision',
    'closing',
    'newer',
    'rollback',
    'cluster',
    'repository',
    'base',
  ],
  'rollback.md': ['revert', 'cluster', 'repository', 'base'],
  'comment.md': ['summary', 'table', 'causes', 'cluster'],
} as const

export type TemplateName = keyof typeof templatePlaces

/** Texts of the templates. */
export type Templates = Readonly<Record<TemplateName, string>>

/** A value for every place of a template. */
export type PlaceValues<N extends TemplateName> = Readonly<Record<(typeof templatePlaces)[N][number], string>>

/** Fills one of the templates; `ConfigInvalid` for a place that it does not have. */
export function fillTemplate<N extends TemplateName>(name: N, template: string, values: PlaceValues<N>): string {
  return renderTemplate(template, values, name)
}

/** Refuses, with `ConfigInvalid`, a template with an unknown place, and one that would leave a first line empty. */
export function requireTemplate(name: TemplateName, template: string): void {
  renderTemplate(template, Object.fromEntries(templatePlaces[name].map((place) => [place, ''])), name)
  if (name.endsWith('.txt') && template.trim() === '') {
    throw new FairleadError('ConfigInvalid', `${name}: is empty; a commit and a pull request need a first line`)
  }
}

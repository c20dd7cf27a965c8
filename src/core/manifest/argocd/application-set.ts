import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { KeyStep } from '../yaml/key-path.ts'
import {
  decidingPlace,
  enterAllMerged,
  enterMerged,
  isWritten,
  type Merged,
  mergedItems,
  mergedText,
} from '../yaml/merged.ts'
import { type Place, textOf, whereIs } from '../yaml/place.ts'
import type { YamlSource } from '../yaml/source.ts'
import { type BranchFinder, elementsOf, type SetElement } from './set-element.ts'
import { piecesOf, renderTemplate, type TemplateStyle } from './set-template.ts'

/** An Application as an ApplicationSet makes it of one element. */
export interface MadeApplication {
  element: SetElement
  /** Undefined when it is not known here. */
  name: string | undefined
  /** `metadata` and `spec`; rendered when it is asked for, and kept. */
  fields: () => Merged
}

/** An ApplicationSet and what it makes. */
export interface ApplicationSet {
  spec: Merged
  style: TemplateStyle
  /** The name in its template; undefined when there is none. */
  name: { place: Place; text: string } | undefined
  made: readonly MadeApplication[]
  /** Generators that are not followed and may make more: evidence. */
  unknown: readonly string[]
  /** In which branch the parameter files lie. */
  homes: ReadonlyMap<YamlSource, GitBranch>
}

/** An Application that an ApplicationSet makes, beside others. */
export interface GeneratedApplication extends Pick<ApplicationSet, 'unknown' | 'homes'> {
  own: MadeApplication
  others: readonly MadeApplication[]
}

/** Reads an ApplicationSet as its root deploys it. `Masked` when a layer hides its generators or its style. */
export function readApplicationSet(set: Merged, branchOf: BranchFinder): ApplicationSet {
  const spec = enterMerged(set, 'spec')
  const style: TemplateStyle = mergedText(enterMerged(spec, 'goTemplate')) === 'true' ? 'go' : 'fast'
  const template = enterMerged(spec, 'template')
  const place = decidingPlace(enterAllMerged(template, 'metadata', 'name'))
  const text = textOf(place)
  const { elements, unknown, homes } = elementsOf(mergedItems(enterMerged(spec, 'generators')), branchOf)
  const made = elements.map((element): MadeApplication => {
    let fields: Merged | undefined
    return {
      element,
      name: piecesOf(text ?? '', element, style)
        ?.map((piece) => piece.text)
        .join(''),
      fields: () => {
        fields ??= renderTemplate(template, element, style)
        return fields
      },
    }
  })
  return {
    spec,
    style,
    name: place === undefined || text === undefined ? undefined : { place, text },
    made,
    unknown,
    homes,
  }
}

/**
 * The Application of that name that an ApplicationSet makes; undefined when it makes none. `Generated` when that cannot be
 * told, or when more is done to the Application than its template says.
 */
export function generatedApplication(set: ApplicationSet, wanted: string): GeneratedApplication | undefined {
  const { spec, style, name, made, unknown, homes } = set
  if (name === undefined) return undefined
  const makers = made.filter((one) => one.name === wanted)
  const [own, second] = makers
  if (own === undefined) {
    const unnamed = made.filter((one) => one.name === undefined)
    const unsure = [...unknown, ...unnamed.map(({ element }) => `${element.where} gives a name that is not known`)]
    if (unsure.length === 0 || !mayMake(name.text, wanted, style)) return undefined
    throw generated(name.place, wanted, 'may make it, and how is not followed', unsure)
  }
  if (second !== undefined) {
    const evidence = makers.map(({ element }) => `${element.where} makes it`)
    throw new FairleadError('Ambiguous', `Application ${wanted} is made ${makers.length} times.`, { evidence })
  }
  refuseFurtherChanges(spec, name.place, wanted)
  return { own, others: made.filter((one) => one !== own), unknown, homes }
}

/** Could this template give this name at all? Its literal parts must be there in order. */
function mayMake(template: string, name: string, style: TemplateStyle): boolean {
  const [first = '', ...rest] = template.split(/\{\{.*?\}\}/s)
  if (rest.length === 0) return template === name
  // A Go template may take parts of the text away again.
  if (style === 'go' && /\{\{-?\s*(?:if|range|with|define|end)|-\}\}|\{\{-/.test(template)) return true
  let at = first.length
  const last = rest.pop() ?? ''
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  for (const literal of rest) {
    const found = name.indexOf(literal, at)
    if (found === -1) return false
    at = found + literal.length
  }
  return at + last.length <= name.length
}

/** What an ApplicationSet may do beside filling its template. */
function refuseFurtherChanges(spec: Merged, name: Place, wanted: string): void {
  const changes: (readonly [steps: KeyStep[], why: string])[] = [
    [['templatePatch'], 'patches what it makes'],
    [['ignoreApplicationDifferences'], 'leaves fields of what it made as they are'],
  ]
  const found = changes.filter(([steps]) => isWritten(enterAllMerged(spec, ...steps)))
  const policy = mergedText(enterAllMerged(spec, 'syncPolicy', 'applicationsSync')) ?? ''
  const evidence = found.map(([steps, why]) => `spec.${steps.join('.')}: it ${why}`)
  if (policy === 'create-only' || policy === 'create-delete') {
    evidence.push(`spec.syncPolicy.applicationsSync: ${policy} leaves what it made as it is`)
  }
  if (evidence.length > 0) throw generated(name, wanted, 'makes it, and not by its template alone', evidence)
}

function generated(at: Place, wanted: string, what: string, evidence: readonly string[]): FairleadError {
  const message = `Application ${wanted}: the ApplicationSet at ${whereIs(at)} ${what}.`
  return new FairleadError('Generated', message, { evidence: evidence.slice(0, 20) })
}

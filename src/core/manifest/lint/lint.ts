import { policyPrefixes } from '../../../api/annotation.ts'
import { orRefusal } from '../../../errors.ts'
import { isKustomizationFile } from '../kustomize/kustomization.ts'
import type { Snapshot } from '../snapshot.ts'
import { readYaml } from '../yaml/source.ts'
import { carriersIn } from './annotation-carrier.ts'
import { annotationFindings, type LintConfig } from './annotation-finding.ts'
import { conflictFindings } from './conflict-finding.ts'
import { type Finding, findingOfRefusal, sortFindings } from './finding.ts'
import { imageFindings, tagAndDigestFindings } from './image-finding.ts'
import { automationNamespaces, markerFindings } from './marker-finding.ts'

/** What a repository was found to hold. */
export interface LintReport {
  /** Sorted by file and line. */
  findings: readonly Finding[]
  /** Files that were looked into, for they hold something that is looked for. */
  files: number
}

/** Words that make a file worth reading; thousands of others are passed over. */
interface Interest {
  hasPolicies: boolean
  hasMarkers: boolean
  hasTagAndDigest: boolean
}

/**
 * What fairlead or Flux would refuse, or pass over without a word, in the files of a repository. Files are searched as
 * text first, and only those with something to look at are read as YAML: a broken file without any is not noticed.
 */
export function lint(snapshot: Snapshot, config: LintConfig): LintReport {
  const isRuled = config.rules.some(({ fields }) => fields.policy !== undefined && fields.policy !== 'none')
  let automations: ReadonlySet<string> | undefined
  let files = 0
  const findings = snapshot.paths.flatMap((file): Finding[] => {
    const text = snapshot.text(file)
    if (text === undefined) return []
    const encrypted = encryptedFinding(file, text)
    if (encrypted !== undefined) return [encrypted]
    const interest = interestIn(file, text, isRuled)
    if (interest === undefined) return []
    files += 1
    const namespaces = () => (automations ??= automationNamespaces(snapshot))
    return lintFile(snapshot, { file, text, interest, config, namespaces })
  })
  return { findings: sortFindings([...findings, ...conflictFindings(snapshot, config)]), files }
}

function interestIn(file: string, text: string, isRuled: boolean): Interest | undefined {
  // A JSON patch writes the slash of a key as ~1 (RFC 6901).
  const words = policyPrefixes.flatMap((prefix) => [prefix, prefix.replace('/', '~1')])
  const interest = {
    hasPolicies: words.some((word) => text.includes(word)) || (isRuled && /\bimage["']?:/.test(text)),
    hasMarkers: text.includes('$imagepolicy') && !file.endsWith('.json'),
    hasTagAndDigest: isKustomizationFile(file) && text.includes('newTag') && text.includes('digest'),
  }
  return Object.values(interest).includes(true) ? interest : undefined
}

interface Looking {
  file: string
  text: string
  interest: Interest
  config: LintConfig
  /** Namespaces of Flux' automations, found when they are asked for. */
  namespaces: () => ReadonlySet<string>
}

function lintFile(snapshot: Snapshot, { file, text, interest, config, namespaces }: Looking): Finding[] {
  const { hasPolicies, hasMarkers, hasTagAndDigest } = interest
  return orRefusal(
    () => {
      const source = readYaml(file, text)
      const carriers = hasPolicies ? carriersIn(snapshot, source) : []
      return [
        ...carriers.flatMap((carrier) => annotationFindings(carrier, config)),
        ...(hasPolicies ? imageFindings(snapshot, file, config.rules) : []),
        ...(hasMarkers ? markerFindings(source, namespaces()) : []),
        ...(hasTagAndDigest ? tagAndDigestFindings(snapshot, file) : []),
      ]
    },
    (error) => [findingOfRefusal(file, error)],
  )
}

/** A file encrypted with SOPS in which something names an image: nothing in it can be followed. */
function encryptedFinding(file: string, text: string): Finding | undefined {
  if (!text.includes('ENC[') || !/^(sops:|[ \t]*"sops":)/m.test(text)) return undefined
  const image = /^[ \t-]*["']?image["']?:/m.exec(text)
  if (image === null) return undefined
  const line = text.slice(0, image.index + image[0].length).split('\n').length
  const message = 'an image in a file that is encrypted with SOPS is never changed; keep it in a plain file'
  return { file, line, severity: 'note', code: 'Encrypted', message, key: 'image' }
}

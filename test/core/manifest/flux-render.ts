import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parse, stringify } from 'yaml'

/** Whether kustomize itself is on this machine. */
export const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0

/** What kustomize makes of a folder. */
export function kustomize(folder: string): string {
  const result = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' })
  // kubectl warns of deprecated fields on the same stream.
  const complaints = result.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('# Warning'))
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  return result.stdout
}

/** Where a Flux Kustomization is declared, and what else its rendering needs. */
export interface FluxSource {
  /** File that declares it. */
  file: string
  /** Folder whose kustomization deploys that file, when there is one. */
  root?: string | undefined
  /** Files that declare the ConfigMaps of `substituteFrom`. */
  configMaps?: readonly string[] | undefined
}

type Spec = Record<string, unknown> & { path: string }
type Image = Record<string, string>
interface Kustomization {
  resources?: string[]
  images?: Image[]
  patches?: unknown[]
  components?: string[]
}

/**
 * What kustomize-controller applies: the spec is written into the kustomization of the folder, which is built, and then
 * variables are filled in (fluxcd/pkg, kustomize_generator.go and kustomize_varsub.go).
 */
export function renderFlux(repository: string, { file, root, configMaps }: FluxSource): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'fairlead-flux-'))
  try {
    cpSync(repository, copy, { recursive: true })
    const declaration =
      root === undefined ? readFileSync(path.join(copy, file), 'utf8') : kustomize(path.join(copy, root))
    const { spec } = parse(declaration) as { spec: Spec }
    const folder = path.join(copy, spec.path)
    writeKustomization(folder, spec)
    return fillIn(kustomize(folder), { ...dataOf(copy, configMaps ?? []), ...inlineOf(spec) })
  } finally {
    rmSync(copy, { recursive: true })
  }
}

function writeKustomization(folder: string, spec: Spec): void {
  const file = path.join(folder, 'kustomization.yaml')
  const own = (
    existsSync(file) ? parse(readFileSync(file, 'utf8')) : { resources: ['deployment.yaml'] }
  ) as Kustomization
  const images = [...(own.images ?? [])]
  for (const image of (spec['images'] as Image[] | undefined) ?? []) {
    const at = images.findIndex(({ name }) => name === image['name'])
    if (at === -1) images.push(image)
    else images[at] = { ...images[at], ...image }
  }
  const laid = {
    ...own,
    images,
    patches: [...(own.patches ?? []), ...((spec['patches'] as unknown[] | undefined) ?? [])],
    components: [...(own.components ?? []), ...((spec['components'] as string[] | undefined) ?? [])],
    ...(spec['targetNamespace'] === undefined ? {} : { namespace: spec['targetNamespace'] }),
    ...(spec['namePrefix'] === undefined ? {} : { namePrefix: spec['namePrefix'] }),
    ...(spec['nameSuffix'] === undefined ? {} : { nameSuffix: spec['nameSuffix'] }),
  }
  writeFileSync(file, stringify(laid))
}

function inlineOf(spec: Spec): Record<string, string> {
  return (spec['postBuild'] as { substitute?: Record<string, string> } | undefined)?.substitute ?? {}
}

function dataOf(repository: string, files: readonly string[]): Record<string, string> {
  const maps = files.map((file) => parse(readFileSync(path.join(repository, file), 'utf8')) as { data: object })
  return Object.assign({}, ...maps.map(({ data }) => data))
}

function fillIn(text: string, values: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::[=-]([^}]*))?\}/g, (_, name: string, fallback = '') => values[name] || fallback)
}

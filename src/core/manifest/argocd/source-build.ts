import { FairleadError } from '../../../errors.ts'
import { type Build, buildWith } from '../kustomize/build.ts'
import { kustomizationIn } from '../kustomize/kustomization.ts'
import { enterMerged } from '../yaml/merged.ts'
import { directoryBuild } from './directory.ts'
import { type HomeFinder, kustomizeOverlay } from './kustomize-overlay.ts'
import { type ApplicationSource, branchOfSource } from './source.ts'
import type { SourceType } from './source-type.ts'

/** What a folder of plain manifests or a kustomization gives. The refusals of `branchOfSource` and of `buildOf`. */
export function buildOfSource(
  source: ApplicationSource,
  type: Extract<SourceType, 'directory' | 'kustomize'>,
  home: HomeFinder,
): Build {
  const { snapshot } = branchOfSource(source)
  if (type === 'directory') return directoryBuild(snapshot, source.path, source.fields)
  if (kustomizationIn(snapshot, source.path) === undefined) {
    const folder = source.path || '.'
    throw new FairleadError('NotTraced', `${source.where} ${source.field}: there is no kustomization in ${folder}.`)
  }
  const overlay = kustomizeOverlay(enterMerged(source.fields, 'kustomize'), snapshot, home)
  return buildWith(snapshot, source.path, overlay)
}

import { isScalar, isSeq } from 'yaml'
import { annotationPrefix, isPolicyAnnotation } from '../../../api/annotation.ts'
import { orRefusal } from '../../../errors.ts'
import { workloadKinds } from '../../workload/workload.ts'
import { isKustomizationFile, kustomizationIn } from '../kustomize/kustomization.ts'
import { type Patch, patchContent, patchesOf } from '../kustomize/patch.ts'
import { folderOf } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { objectsOf, workloadOf } from '../workload-manifest.ts'
import { enter, enterAll, entriesOf, itemsOf, lineOf, type Place, rootPlace, textOf } from '../yaml/place.ts'
import type { YamlSource } from '../yaml/source.ts'

/** An annotation of ours or of Headwind as written. */
export interface WrittenAnnotation {
  key: string
  /** `''` when nothing is written. */
  value: string
  line: number
  /** Not written as text (`true`, `1.10`, a mapping): the API server refuses such annotations. */
  isText: boolean
}

/** One place that carries annotations. */
export interface AnnotationCarrier {
  file: string
  /** `common` is `commonAnnotations` of a kustomization, `pods` are those of a pod template. */
  role: 'object' | 'pods' | 'common' | 'patch'
  /** `''` for `common` and for patches that name no object. */
  kind: string
  annotations: readonly WrittenAnnotation[]
  /** The whole workload; absent where others decide what it consists of. */
  workload?: ReturnType<typeof workloadOf>[number]
}

/** Every place of a file that carries annotations which say what may be done with a workload. */
export function carriersIn(snapshot: Snapshot, source: YamlSource): AnnotationCarrier[] {
  const carriers = isKustomizationFile(source.file)
    ? carriersOfKustomization(snapshot, source)
    : isPatchFile(snapshot, source.file)
      ? rootsOf(source).flatMap(carriersOfPatch)
      : objectsOf(source).flatMap(carriersOfObject)
  return carriers.filter(({ annotations }) => annotations.length > 0)
}

function carriersOfKustomization(snapshot: Snapshot, source: YamlSource): AnnotationCarrier[] {
  const { file } = source
  return rootsOf(source).flatMap((root) => {
    const common = {
      file,
      role: 'common' as const,
      kind: '',
      annotations: annotationsAt(enter(root, 'commonAnnotations')),
    }
    const inline = patchesOf(root).filter((patch) => patch.inline !== undefined && !patch.replacement)
    return [common, ...inline.flatMap((patch) => contentOf(snapshot, patch).flatMap(carriersOfPatch))]
  })
}

/** A patch that cannot be read is refused when something is traced through it. */
function contentOf(snapshot: Snapshot, patch: Patch): Place[] {
  return orRefusal(
    () => patchContent(snapshot, patch) ?? [],
    () => [],
  )
}

/** Does a kustomization of this folder or one above it apply the file as a patch? */
function isPatchFile(snapshot: Snapshot, file: string): boolean {
  for (let folder = folderOf(file); ; folder = folderOf(folder)) {
    const kustomization = orRefusal(
      () => kustomizationIn(snapshot, folder),
      () => undefined,
    )
    if (kustomization?.patches.some((patch) => patch.path === file) === true) return true
    if (folder === '') return false
  }
}

function carriersOfObject(object: Place): AnnotationCarrier[] {
  const { file } = object.source
  const kind = textOf(enter(object, 'kind')) ?? ''
  if (textOf(enter(object, 'apiVersion'))?.startsWith(annotationPrefix) === true) return []
  // Other kinds may have a pod template too, and their containers are not what the annotations speak of.
  const [workload] = workloadKinds.some((one) => one === kind) ? workloadOf(object) : []
  // An ApplicationSet makes Applications with what its template carries.
  const isSet = kind === 'ApplicationSet'
  const pods = isSet ? undefined : enterAll(object, 'spec', 'template', 'metadata', 'annotations')
  const own = isSet ? enterAll(object, 'spec', 'template') : object
  return [
    {
      file,
      role: 'object',
      kind: isSet ? 'Application' : kind,
      annotations: annotationsAt(enterAll(own, 'metadata', 'annotations')),
      ...(workload === undefined ? {} : { workload }),
    },
    { file, role: 'pods', kind, annotations: annotationsAt(pods) },
  ]
}

/** A strategic merge patch has the shape of its object; a JSON patch is a list of operations. */
function carriersOfPatch(root: Place): AnnotationCarrier[] {
  const { file } = root.source
  const annotations = isSeq(root.node)
    ? itemsOf(root).flatMap(annotationsOfOperation)
    : annotationsAt(enterAll(root, 'metadata', 'annotations'))
  return [{ file, role: 'patch', kind: textOf(enter(root, 'kind')) ?? '', annotations }]
}

/** RFC 6902 writes the slash of a key as ~1 and the tilde as ~0. */
function annotationsOfOperation(operation: Place): WrittenAnnotation[] {
  const [root, metadata, annotations, key, ...rest] = textOf(enter(operation, 'path'))?.split('/') ?? []
  const value = enter(operation, 'value')
  if (root !== '' || metadata !== 'metadata' || annotations !== 'annotations' || rest.length > 0) return []
  if (key === undefined) return annotationsAt(value)
  return value === undefined ? [] : written(key.replaceAll('~1', '/').replaceAll('~0', '~'), value)
}

function annotationsAt(place: Place | undefined): WrittenAnnotation[] {
  return entriesOf(place).flatMap(({ key, value }) => written(key, value))
}

function written(key: string, value: Place): WrittenAnnotation[] {
  if (!isPolicyAnnotation(key)) return []
  const isText = isScalar(value.node) && typeof value.node.value === 'string'
  return [{ key, value: textOf(value)?.trim() ?? '', line: lineOf(value), isText }]
}

function rootsOf(source: YamlSource): Place[] {
  return source.documents.flatMap((document) => rootPlace(source, document) ?? [])
}

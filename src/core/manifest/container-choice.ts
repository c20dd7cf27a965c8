import { FairleadError } from '../../errors.ts'
import { type Deployed, patchedContainer } from './deployed.ts'
import { decideImage, type ImageDecision } from './image-decision.ts'
import { touchesImage } from './patch.ts'
import type { Snapshot } from './snapshot.ts'
import { whyOpaque } from './transformer.ts'
import type { ManifestContainer, ManifestValue } from './workload-manifest.ts'

/** Which container is meant: its name, or the image it runs now. */
export interface ContainerQuery {
  container?: string
  image?: string
}

/**
 * The container that is meant. `Ambiguous` when several are and nothing tells which; `Masked` when only a patch can
 * have brought it; `NotTraced` when the workload has none of that name.
 */
export function chooseContainer(snapshot: Snapshot, deployed: Deployed, query: ContainerQuery): ManifestContainer {
  const { workload } = deployed
  const evidence = workload.containers.map(
    ({ name, image }) => `${image?.file ?? workload.file}:${image?.line ?? workload.line} container ${name}`,
  )
  if (query.container !== undefined) {
    const named = workload.containers.find(({ name }) => name === query.container)
    if (named !== undefined) return named
    refuseMasked(snapshot, deployed, query.container)
    throw new FairleadError('NotTraced', `${workload.kind} ${deployed.name} has no container ${query.container}.`, {
      evidence,
    })
  }
  const main = workload.containers.filter(({ list }) => list === 'containers')
  const running = query.image === undefined ? [] : main.filter((one) => imageOf(deployed, one) === query.image)
  const fitting = running.length > 0 ? running : main
  const [only, second] = fitting
  if (only !== undefined && second === undefined) return only
  throw new FairleadError('Ambiguous', `${workload.kind} ${deployed.name} has several containers; name one.`, {
    evidence,
  })
}

/** The image as written and what the layers make of it; refused when something else may change it. */
export function decisionFor(
  snapshot: Snapshot,
  deployed: Deployed,
  container: ManifestContainer,
): { written: ManifestValue; decision: ImageDecision } {
  refuseMasked(snapshot, deployed, container)
  const { workload } = deployed
  const written = container.image
  if (written === undefined) {
    const where = `${workload.file}:${workload.line}`
    throw new FairleadError('NotEditable', `${where} container ${container.name} of ${deployed.name} has no image.`)
  }
  if (/\{\{|\$[{(]/.test(written.value)) {
    const where = `${written.file}:${written.line}`
    throw new FairleadError('Templated', `${where} ${written.value} holds a placeholder that another tool fills in.`)
  }
  return { written, decision: decideImage(written.value, deployed.source.layers) }
}

/** Transformers may change anything but for those that only set labels; patches and replacements are looked into. */
function refuseMasked(snapshot: Snapshot, deployed: Deployed, container: ManifestContainer | string): void {
  const patched = patchedContainer(deployed, container)
  const evidence = deployed.source.layers.flatMap((layer) => [
    ...layer.patches.flatMap((patch) => touchesImage(snapshot, patch, patched) ?? []),
    ...layer.transformers.flatMap((transformer) => whyOpaque(snapshot, transformer) ?? []),
  ])
  if (evidence.length === 0) return
  const name = `container ${patched.container} of ${deployed.kind} ${deployed.name}`
  throw new FairleadError('Masked', `The image of ${name} is decided by a patch or transformer.`, { evidence })
}

function imageOf(deployed: Deployed, container: ManifestContainer): string | undefined {
  return container.image === undefined ? undefined : decideImage(container.image.value, deployed.source.layers).image
}

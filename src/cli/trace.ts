import type { Trace } from '../core/manifest/trace.ts'
import { traceThrough } from '../core/manifest/trace-through.ts'
import { folderApplier } from './folder-applier.ts'
import { readFolder } from './folder-snapshot.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { parseWorkloadArguments, wantsJson } from './workload-argument.ts'

const usage =
  'Usage: fairlead trace --repo DIR --root PATH [--root OTHER]... KIND/[NAMESPACE/]NAME [--container C] [--image REF] [-o json]'

/**
 * `fairlead trace`: says which file, line and key decide a container's image. `--image` is the image that runs now; a
 * HelmRelease or an Application needs it. Exit 0, 1 refused, 2 wrong use.
 */
export async function traceCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const { repository, root, query, image, isJson } = parseWorkloadArguments(args, usage)
    const asked = image === undefined ? query : { ...query, image }
    const found = traceThrough(folderApplier(readFolder(repository), root, asked, true), asked)
    io.stdout(isJson ? `${JSON.stringify(jsonOf(found))}\n` : screenText(textOf(found)))
    return 0
  })
}

function jsonOf(found: Trace) {
  const { container, image, file, line, keyPath, value, via, containers, versionLabels, versionLabelStale, marker } =
    found
  return { container, image, file, line, keyPath, value, via, containers, versionLabels, versionLabelStale, marker }
}

function textOf(found: Trace): string {
  const { container, image, file, line, keyPath, value } = found
  const stale = found.versionLabelStale === undefined ? [] : [found.versionLabelStale]
  const also = found.containers.slice(1).map((one) => {
    return `also decides ${one.kind} ${one.namespace}/${one.name} container ${one.container}`
  })
  const lines = [
    `${container === '' ? found.query.name : container}: ${image}`,
    `${file}:${line} ${keyPath} = ${value}`,
  ]
  return [...lines, ...found.via.map((step) => `  ${step}`), ...also, ...stale, ''].join('\n')
}

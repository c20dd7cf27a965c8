import { randomBytes } from 'node:crypto'
import { lstat, realpath, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { unifiedDiff } from '../core/change/diff.ts'
import type { FileEdit } from '../core/manifest/snapshot.ts'
import { planThrough, traceThrough } from '../core/manifest/trace-through.ts'
import { FairleadError } from '../errors.ts'
import { folderApplier } from './folder-applier.ts'
import { readFolder } from './folder-snapshot.ts'
import { type Io, screenText } from './io.ts'
import { refusing } from './refusal.ts'
import { parseWorkloadArguments, wantsJson } from './workload-argument.ts'

const usage =
  'Usage: fairlead bump --repo DIR --root PATH [--root OTHER]... KIND/[NAMESPACE/]NAME [--container C] --image REF [--from REF] [--write] [-o json]'

/**
 * `fairlead bump`: shows the change that makes a container run another image, and with `--write` makes it. Exit 0,
 * 1 refused, 2 wrong use. Nothing to change is exit 0 with an empty diff. `--from` is the image that runs now; without
 * it a HelmRelease or an Application must have one place only for the repository of the new image.
 */
export async function bumpCommand(args: string[], io: Io): Promise<number> {
  return refusing(io, wantsJson(args), async () => {
    const { repository, root, query, image, from, isJson, write } = parseWorkloadArguments(args, usage)
    if (image === undefined) throw new FairleadError('UsageInvalid', `--image REF is missing.\n${usage}`)
    const snapshot = readFolder(repository)
    const applier = folderApplier(snapshot, root, query, from !== undefined)
    const present = from ?? (applier.kind === 'Kustomization' ? undefined : image)
    const found = traceThrough(applier, present === undefined ? query : { ...query, image: present })
    const edits = planThrough(found, image)
    if (write) for (const edit of edits) await replaceFile(repository, edit)
    const diff = edits.map(({ path: file, before, after }) => unifiedDiff(file, before, after)).join('')
    const text = snapshot.text(found.file) ?? ''
    const main = edits.find((edit) => edit.path === found.file) ?? { before: text, after: text }
    const { before, after } = main
    const files = edits.map((edit) => edit.path)
    const stale = found.versionLabelStale
    io.stdout(
      isJson ? `${JSON.stringify({ file: found.file, before, after, diff, files, versionLabelStale: stale })}\n` : diff,
    )
    if (stale !== undefined && !isJson) io.stderr(screenText(`VersionLabelStale: ${stale}\n`))
    return 0
  })
}

/** Writes beside the file and renames, so that readers see the old or the new text and never half of one. */
async function replaceFile(repository: string, edit: FileEdit): Promise<void> {
  const file = path.join(repository, edit.path)
  const top = await realpath(repository)
  const real = await realpath(file)
  if (real !== path.join(top, edit.path)) {
    throw new FairleadError('NotEditable', `${edit.path} is reached through a symlink; it is not written.`)
  }
  const temporary = `${real}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const { mode } = await lstat(real)
    await writeFile(temporary, edit.after, { mode: mode & 0o777, flag: 'wx' })
    await rename(temporary, real)
  } catch (cause) {
    await rm(temporary, { force: true })
    throw new FairleadError('NotEditable', `${edit.path} cannot be written.`, { cause })
  }
}

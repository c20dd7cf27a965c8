import { FairleadError } from '../../../errors.ts'
import { type Backend, DamagedStore, type PushOrder, type WalkAnswer } from '../backend.ts'
import { branchRef } from '../branch-name.ts'
import type { Authorization } from '../credential.ts'
import { writeLooseObject } from '../loose-object.ts'
import type { ObjectCache } from '../object-cache.ts'
import { listChanges } from './change-list.ts'
import { explainFailure, explainPush } from './failure.ts'
import type { Mirror } from './mirror.ts'
import {
  listMissing,
  listObjects,
  type ObjectHeader,
  readBatch,
  readHeaders,
  readObjects,
  readTexts,
} from './object-reader.ts'
import type { GitCommand, GitOutput, GitRunner } from './runner.ts'

const localTimeoutMs = 60_000
const askTimeoutMs = 60_000
const transferTimeoutMs = 600_000
/** Commits brought by each further deepening; after that, everything. */
const deepenSteps = [100, 2000]

export interface NativeParts {
  /** Without credentials, for messages. */
  url: string
  gitDir: string
  mirror: Mirror
  run: GitRunner
  authorization: Authorization
  /** Puts the ssh key where ssh accepts it; called before the remote is asked. */
  prepareKey: () => Promise<void>
}

type Transfer = Omit<GitCommand, 'authorization' | 'timeoutMs'> & { timeoutMs?: number }

/** A Git repository by the git binary over a bare mirror without a work tree. */
export function createNativeBackend(parts: NativeParts): Backend {
  const { url, gitDir, mirror } = parts
  let deepened = 0

  const local: GitRunner = async (command) => {
    await mirror.prepare()
    return parts.run(command).catch(rethrow({ url }))
  }

  async function remote(command: Transfer, ref?: string): Promise<GitOutput> {
    await mirror.prepare()
    await parts.prepareKey()
    const authorization = await parts.authorization()
    const call = parts.run({ timeoutMs: transferTimeoutMs, ...command, authorization })
    return call.catch(rethrow(ref === undefined ? { url } : { url, ref }))
  }

  return {
    name: 'native',
    remoteHead: (branch) => askHead(branchRef(branch), remote),
    remoteDefault: () => askDefault(remote),
    async fetch(branch) {
      await fetchBranch(branch, mirror, remote)
      const tracking = `refs/remotes/origin/${branch}`
      const { stdout } = await local({
        args: ['rev-parse', '--verify', '--end-of-options', tracking],
        timeoutMs: localTimeoutMs,
      })
      return stdout.toString('latin1').trim()
    },
    load: (commit, cache) => load(commit, cache, { local, remote, mirror }),
    readCommits: (ids) => readBatch(local, ids),
    async write(objects) {
      await mirror.prepare()
      for (const object of objects) writeLooseObject(gitDir, object)
    },
    async push(order) {
      await mirror.prepare()
      await parts.prepareKey()
      const authorization = await parts.authorization()
      const context = { how: order.how, url, ref: branchRef(order.branch), commit: order.commit }
      const command = { args: pushArguments(order), timeoutMs: transferTimeoutMs, authorization, mayFetch: true }
      await parts.run(command).catch((error) => {
        throw explainPush(error, context)
      })
    },
    walk: (commit, revision) => walk({ commit, revision }, { local, mirror }),
    async firstParents(revision, limit) {
      const args = ['rev-list', '--first-parent', `--max-count=${limit}`, '--end-of-options', revision, '--']
      const { stdout } = await local({ args, timeoutMs: localTimeoutMs })
      return { ids: stdout.toString('latin1').split('\n').filter(Boolean), complete: !(await mirror.isShallow()) }
    },
    changes: (from, to) => listChanges(local, from, to),
    async bring(blobs) {
      if (mirror.blobless && blobs.length > 0) await fetchBlobs(blobs, remote)
    },
    readBlobs: (ids) => readTexts(local, ids),
    async deepen(branches) {
      if (branches.length === 0 || !(await mirror.isShallow())) return false
      const step = deepenSteps[deepened]
      if (deepened > deepenSteps.length) return false
      deepened += 1
      const how = step === undefined ? '--unshallow' : `--deepen=${step}`
      await remote({ args: [...fetchWords, how, '--end-of-options', 'origin', ...branches.map(refspec)] })
      return true
    },
    async discard() {
      deepened = 0
      await mirror.discard()
    },
  }
}

function rethrow(context: { url: string; ref?: string }) {
  return (error: unknown): never => {
    throw explainFailure(error, context)
  }
}

type Remote = (command: Transfer, ref?: string) => Promise<GitOutput>

/** A bare name would also match `refs/heads/x/main`, hence the full ref and the comparison. */
async function askHead(ref: string, remote: Remote): Promise<string | undefined> {
  const args = ['ls-remote', '--end-of-options', 'origin', ref]
  const { stdout } = await remote({ args, timeoutMs: askTimeoutMs }, ref)
  for (const line of stdout.toString('utf8').split('\n')) {
    const [id, name] = line.split('\t')
    if (name === ref) return id
  }
  return undefined
}

async function askDefault(remote: Remote): Promise<string | undefined> {
  const args = ['ls-remote', '--symref', '--end-of-options', 'origin', 'HEAD']
  const { stdout } = await remote({ args, timeoutMs: askTimeoutMs })
  return /^ref: (\S+)\tHEAD$/m.exec(stdout.toString('utf8'))?.[1]
}

/** Progress makes the command print something, without which simple-git waits another 50 ms. */
const fetchWords = ['fetch', '--progress', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance']

function refspec(branch: string): string {
  return `+${branchRef(branch)}:refs/remotes/origin/${branch}`
}

/** Only the very first fetch may cut history; a later `--depth` would cut what is already known. */
async function fetchBranch(branch: string, mirror: Mirror, remote: Remote): Promise<void> {
  const isFirst = await mirror.isEmpty()
  const depth = isFirst ? ['--depth=1'] : []
  const filter = mirror.blobless ? ['--filter=blob:none'] : []
  const args = [...fetchWords, ...depth, ...filter, '--end-of-options', 'origin', refspec(branch)]
  const { stderr } = await remote({ args }, branchRef(branch))
  if (isFirst && /filtering not recognized/i.test(stderr)) await mirror.setBlobless(false)
}

interface LoadParts {
  local: GitRunner
  remote: Remote
  mirror: Mirror
}

async function load(commit: string, cache: ObjectCache, { local, remote, mirror }: LoadParts): Promise<void> {
  const wanted = [...(await listObjects(local, commit))].filter((id) => !cache.has(id))
  if (mirror.blobless && wanted.length > 0) {
    const absent = await listMissing(local, commit)
    const missing = wanted.filter((id) => absent.has(id))
    if (missing.length > 0) await fetchBlobs(missing, remote)
  }
  const headers = await readHeaders(local, [commit, `${commit}^{tree}`, ...wanted])
  const found = headers.filter((header): header is ObjectHeader => header !== undefined)
  if (found.length < headers.length) throw new DamagedStore(`objects of ${commit} are missing`)
  await readObjects(local, found, cache)
}

/** All missing blobs in one request; one by one they would take minutes. */
async function fetchBlobs(ids: readonly string[], remote: Remote): Promise<void> {
  const noHaves = ['-c', 'fetch.negotiationAlgorithm=noop']
  const args = [...noHaves, ...fetchWords, '--filter=blob:none', '--stdin', '--end-of-options', 'origin']
  await remote({ args, input: `${ids.join('\n')}\n` })
}

/**
 * The lease holds the branch to `base`. In what is appended the commits descend from it, which was checked before, so
 * nothing is forced.
 */
function pushArguments({ branch, base, commit }: PushOrder): string[] {
  const ref = branchRef(branch)
  const lease = `--force-with-lease=${ref}:${base}`
  return ['push', '--porcelain', '--no-verify', lease, '--end-of-options', 'origin', `${commit}:${ref}`]
}

/** Status 1 of `merge-base` alone proves nothing in a shallow mirror, nor when the commit is not here. */
async function walk(
  { commit, revision }: { commit: string; revision: string },
  { local, mirror }: Pick<LoadParts, 'local' | 'mirror'>,
): Promise<WalkAnswer> {
  const [from, to] = await readHeaders(local, [commit, revision])
  if (to === undefined) return 'absent'
  if (to.type !== 'commit') throw new FairleadError('UsageInvalid', `${revision} is not a commit`)
  if (from?.type === 'commit') {
    const args = ['merge-base', '--is-ancestor', '--end-of-options', commit, revision]
    const { status } = await local({ args, accept: [0, 1], timeoutMs: localTimeoutMs })
    if (status === 0) return 'yes'
  }
  return (await mirror.isShallow()) ? 'cut' : 'no'
}

import { access, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FairleadError } from '../../../errors.ts'
import { createStoreFolder, headText, type StoreFolder } from '../store-folder.ts'

/** What stands in the mirror's own `config` file. */
export interface MirrorSettings {
  gitDir: string
  url: string
  caFile?: string | undefined
  /** Complete ssh command, with quoted paths. */
  sshCommand?: string | undefined
}

/** A bare repository on disk that holds the branches we work on; a cache that may be deleted at any time. */
export interface Mirror extends StoreFolder {
  /** True until something was fetched; only then may a fetch be shallow. */
  isEmpty(): Promise<boolean>
  isShallow(): Promise<boolean>
  /** Does the server leave out blobs on request? */
  readonly blobless: boolean
  setBlobless(blobless: boolean): Promise<void>
}

/** Every fetch leaves a pack; a mirror with more of them is fetched anew at the start, which is cheaper than a repack. */
const maxPacks = 200

/** The mirror of one repository. */
export function createMirror(settings: MirrorSettings): Mirror {
  const { gitDir } = settings
  let blobless = true

  async function writeConfig(): Promise<void> {
    const temporary = join(gitDir, 'config.new')
    await writeFile(temporary, renderConfig(settings, blobless), { mode: 0o600 })
    await rename(temporary, join(gitDir, 'config'))
  }

  async function create(): Promise<void> {
    if ((await countPacks(gitDir)) > maxPacks) await rm(gitDir, { recursive: true, force: true, maxRetries: 3 })
    const before = await readFile(join(gitDir, 'config'), 'utf8').catch(() => undefined)
    blobless = before === undefined || before.includes('partialclonefilter')
    for (const folder of ['objects/pack', 'objects/info', 'refs/heads']) {
      await mkdir(join(gitDir, folder), { recursive: true, mode: 0o700 })
    }
    await writeFile(join(gitDir, 'HEAD'), headText)
    await writeConfig()
  }

  return {
    ...createStoreFolder(gitDir, create),
    isEmpty: async () => !(await exists(join(gitDir, 'refs/remotes/origin'))),
    isShallow: async () => (await readFile(join(gitDir, 'shallow'), 'utf8').catch(() => '')) !== '',
    get blobless() {
      return blobless
    },
    async setBlobless(value) {
      blobless = value
      await writeConfig()
    },
  }
}

/**
 * Written by us on every start, so nothing in it can come from anywhere else. No hooks, no helpers, no redirects (they
 * would carry the credential elsewhere), no automatic clean-up in the middle of our work.
 */
function renderConfig({ url, caFile, sshCommand }: MirrorSettings, blobless: boolean): string {
  const lines = [
    '[core]',
    `\trepositoryformatversion = ${blobless ? 1 : 0}`,
    '\tbare = true',
    '\thooksPath = /dev/null',
    '\tfsmonitor = false',
    '\tsymlinks = false',
    // A cache need not survive a power cut; waiting for the disk would be a good part of a push.
    '\tfsync = none',
    ...(sshCommand === undefined ? [] : [`\tsshCommand = ${quoted(sshCommand)}`]),
    '[gc]\n\tauto = 0',
    '[maintenance]\n\tauto = false',
    '[submodule]\n\trecurse = false',
    '[http]\n\tfollowRedirects = false\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 30',
    ...(caFile ? [`\tsslCAInfo = ${quoted(caFile)}`] : []),
    '[remote "origin"]',
    `\turl = ${quoted(url)}`,
    '\tfetch = +refs/heads/*:refs/remotes/origin/*',
    ...(blobless
      ? ['\tpromisor = true', '\tpartialclonefilter = blob:none', '[extensions]\n\tpartialClone = origin']
      : []),
  ]
  return `${lines.join('\n')}\n`
}

function quoted(value: string): string {
  if (/[\0-\x1f]/.test(value)) {
    throw new FairleadError('ConfigInvalid', 'a path or URL for Git contains a control character')
  }
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}

async function countPacks(gitDir: string): Promise<number> {
  const names = await readdir(join(gitDir, 'objects/pack')).catch(() => [])
  return names.filter((name) => name.endsWith('.pack')).length
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

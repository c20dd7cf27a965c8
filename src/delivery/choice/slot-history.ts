import { objectKey } from '../../api/kubernetes.ts'
import type { SlotValue } from '../../core/image/quarantine.ts'
import { withEdits } from '../../core/manifest/snapshot-memo.ts'
import { traceAgain } from '../../core/manifest/trace-through.ts'
import { readChanges } from '../../core/pull-request/proposed-change.ts'
import { FairleadError } from '../../errors.ts'
import type { ChoiceQuestion } from './candidate.ts'

/** The slot, and where it lies. */
export type HistoryQuestion = Pick<ChoiceQuestion, 'trace' | 'destination' | 'namespace'>

/** The values of a slot along the first-parent history, the present one first. Rejects while that cannot be read. */
export type SlotHistory = (question: HistoryQuestion) => Promise<readonly SlotValue[]>

/** Changes of the slot's file that are looked at. */
const changeLimit = 100
/** Slots whose values are remembered. */
const slotLimit = 2000

/** What one slot held, as of one head of the branch. */
interface KnownSlot {
  head: string
  values: readonly SlotValue[]
  /** The image that each text of the file decides; undefined when it decides none. */
  images: ReadonlyMap<string, string | undefined>
}

/**
 * Reads along the first-parent history what the slot held: every older text of its file is traced anew in the present
 * snapshot, so that an entry is found wherever it stood then. A head that is known costs nothing, a new one what it
 * changed.
 */
export function createSlotHistory(): SlotHistory {
  const known = new Map<string, KnownSlot>()

  return async (question) => {
    const { trace: found, namespace } = question
    const { repository, name, snapshot } = found.branch
    // Who asks, and not what runs: what an older text decides is found by its place, whatever the live images are.
    const asked = `${objectKey(found.query)} ${found.query.container}`
    const key = [repository, name, found.file, found.keyPath, namespace, asked].join(' ')
    const before = known.get(key)
    if (before?.head === snapshot.revision) return before.values
    const slot = await readSlot(question, before?.images ?? new Map())
    known.delete(key)
    known.set(key, slot)
    for (const oldest of known.keys()) {
      if (known.size <= slotLimit) break
      known.delete(oldest)
    }
    return slot.values
  }
}

async function readSlot(question: HistoryQuestion, before: KnownSlot['images']): Promise<KnownSlot> {
  const { destination, trace: found } = question
  const { snapshot } = found.branch
  const changes = await destination.repository.git.history(snapshot.revision, found.file, changeLimit)
  const versions = changes.map(({ commit, message, after }) => ({ commit, text: after, message }))
  const images = new Map<string, string | undefined>()
  const values: SlotValue[] = []
  for (const { commit, text, message } of [...versions, { commit: '', text: changes.at(-1)?.before, message: '' }]) {
    if (text === undefined) continue
    if (!images.has(text)) images.set(text, before.has(text) ? before.get(text) : await traceOlder(question, text))
    const image = images.get(text)
    if (image !== undefined) values.push({ image, commit, ...rolledBackIn(message, image) })
  }
  return { head: snapshot.revision, values, images }
}

/** What a commit has put this image in the place of, when it says that it rolls back. */
function rolledBackIn(message: string, image: string): Pick<SlotValue, 'rolledBack'> {
  if (!message.includes('Fairlead-Action: rollback')) return {}
  const back = readChanges([{ message }]).find(({ action, to }) => action === 'rollback' && to === image)
  return back === undefined ? {} : { rolledBack: back.from }
}

/** The image that the slot would decide with another text of its file; undefined when it would decide none. */
async function traceOlder({ trace: found }: HistoryQuestion, text: string): Promise<string | undefined> {
  // A file may have many versions: others get their turn between two of them.
  await new Promise((resolve) => setImmediate(resolve))
  const { snapshot } = found.branch
  const edit = { path: found.file, before: snapshot.text(found.file) ?? '', after: text }
  try {
    const older = traceAgain(found, withEdits(snapshot, [edit]))
    return older.file === found.file ? older.image : undefined
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}

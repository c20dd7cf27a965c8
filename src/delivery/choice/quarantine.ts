import { objectKey } from '../../api/kubernetes.ts'
import type { TagFacts } from '../../core/image/decision.ts'
import { findQuarantined, type Quarantined, withoutReleased } from '../../core/image/quarantine.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { ChoiceQuestion } from './candidate.ts'
import type { SlotHistory } from './slot-history.ts'

/** Versions that the history of a slot's file keeps away. Rejects while the history cannot be read. */
export type QuarantineReader = (question: ChoiceQuestion, facts: TagFacts) => Promise<readonly Quarantined[]>

/** Reads it from the values that the slot had. */
export function createQuarantineReader(history: SlotHistory): QuarantineReader {
  return async (question, facts) => {
    const { settings, destination, trace: found, namespace } = question
    const quarantined = findQuarantined(await history(question), settings.policy, facts)
    if (quarantined.length === 0) return quarantined
    const log = await destination.repository.git.log('', found.branch.snapshot.revision)
    return withoutReleased(quarantined, log, new Set(slotTargets(found, namespace).map(objectKey)))
  }
}

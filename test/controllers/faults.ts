import { FairleadError } from '../../src/errors.ts'
import type { Faults } from '../fakes/world.ts'

/**
 * `before`: the process dies before the effect. `after`: the effect happens and the process dies. `lose`: it happens,
 * but its answer is lost and the process goes on.
 */
export type Mode = 'before' | 'after' | 'lose'

export const modes: readonly Mode[] = ['before', 'after', 'lose']

export interface Trial {
  faults: Faults
  /** Effects so far, by name. */
  effects: string[]
}

/** Lets the effect number `at` (from 1) go wrong. A dead process has no effects any more. */
export function aTrial(mode: Mode, at: number): Trial {
  const effects: string[] = []
  let dead = false
  const died = () => new FairleadError('Aborted', 'the process is dead')
  const faults: Faults = (port, names) => {
    const wrapped = Object.create(port)
    for (const name of names) {
      const effect = (port[name] as (...args: unknown[]) => Promise<unknown>).bind(port)
      wrapped[name] = async (...args: unknown[]) => {
        if (dead) throw died()
        effects.push(name)
        if (effects.length !== at) return effect(...args)
        dead = mode !== 'lose'
        if (mode === 'before') throw died()
        await effect(...args)
        throw mode === 'lose' ? lost(name) : died()
      }
    }
    return wrapped
  }
  return { faults, effects }
}

const gitEffects: readonly string[] = ['store', 'push', 'replace']
const clusterEffects: readonly string[] = ['create', 'updateStatus', 'delete', 'record']

function lost(effect: string): FairleadError {
  const words = 'connection reset'
  if (gitEffects.includes(effect)) return new FairleadError('GitUnavailable', words)
  return new FairleadError(clusterEffects.includes(effect) ? 'ApiUnavailable' : 'HostUnavailable', words)
}

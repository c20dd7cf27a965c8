import type { Delivery } from '../../src/delivery/delivery.ts'
import { FairleadError } from '../../src/errors.ts'

/** A change of one image file from one value to another, as a compare-and-swap. */
export function bump(name: string, from: string, to: string, date = '2026-02-01T00:00:00Z'): Delivery {
  return {
    id: `${name}-${to}`,
    date: new Date(date),
    plan(snapshot) {
      const path = `apps/${name}.yaml`
      const before = snapshot.text(path) ?? ''
      if (before === `image: ${name}:${to}\n`) return { kind: 'settled' }
      if (before !== `image: ${name}:${from}\n`) throw new FairleadError('ValueChanged', `${path} holds ${before}`)
      const message = `Update ${name} to ${to}\n\nFairlead-Id: ${name}-${to}\n`
      return { kind: 'change', edits: [{ path, before, after: `image: ${name}:${to}\n` }], message }
    },
  }
}

/** The messages of commits that fairlead made. */
export const ours = (messages: string[]) => messages.filter((message) => message.includes('Fairlead-Id'))

import { afterEach, beforeEach, describe } from 'vitest'
import { describeMerging } from './repository-host-merge.ts'
import { describeOutcomes } from './repository-host-outcome.ts'
import { describeProposals } from './repository-host-proposal.ts'
import { describeRefusals } from './repository-host-refusal.ts'
import { describeVerdicts } from './repository-host-verdict.ts'
import type { HostWorld } from './repository-host-world.ts'

/** What every implementation of `RepositoryHost` must do. Each row gets a world of its own. */
export function describeRepositoryHost(name: string, open: () => Promise<HostWorld>): void {
  describe(name, () => {
    let world: HostWorld
    beforeEach(async () => {
      world = await open()
    })
    afterEach(() => world.close())
    const current = () => world

    describeProposals(current)
    describeVerdicts(current)
    describeMerging(current)
    describeOutcomes(current)
    describeRefusals(current)
  })
}

import { FairleadError } from '../../src/errors.ts'
import type { HostedCommits, Outcomes } from '../../src/ports-repository-host.ts'
import { hostIdent } from './pull-request-merge.ts'
import { type Deployment, type HostState, identOf, noDemands } from './repository-host-state.ts'

const checkOf = { pending: 'pending', success: 'green', failure: 'failed' } as const

/** Statuses are checks too, as for everybody who writes one. */
export function createOutcomes(state: HostState): Outcomes {
  return {
    async status(commit, { name, state: outcome, text }) {
      if (!state.git.remote.has(commit)) throw new FairleadError('HostNotFound', `there is no commit ${commit}`)
      const cut = text.slice(0, 140)
      const known = state.statuses.get(commit) ?? []
      const newest = known.findLast((status) => status.name === name)
      if (newest?.state === outcome && newest.text === cut) return
      state.edits++
      state.statuses.set(commit, [...known, { name, state: outcome, text: cut }])
      state.checks.set(commit, (state.checks.get(commit) ?? new Map()).set(name, checkOf[outcome]))
    },
    async deployment({ repository, revision, environment, state: outcome, text }) {
      if (!state.deployable.has(repository))
        throw new FairleadError('HostNotFound', `${repository} may not be told what was deployed`)
      const isSame = (one: Deployment) =>
        one.repository === repository && one.revision === revision && one.environment === environment
      const known = state.deployments.find(isSame) ?? { repository, revision, environment, states: [] }
      const newest = known.states.at(-1)
      if (newest?.state === outcome && newest.text === text) return
      state.edits++
      known.states.push({ state: outcome, text })
      if (!state.deployments.includes(known)) state.deployments.push(known)
    },
  }
}

export function createCommits(state: HostState): HostedCommits {
  const { remote } = state.git
  return {
    async commit({ branch, base, message, files }) {
      const refusal = state.refusesCommit
      state.refusesCommit = undefined
      if (refusal !== undefined) throw new FairleadError('PushRefused', refusal)
      if (remote.heads.get(branch) !== base)
        throw new FairleadError('PushRejected', `${branch} is not at ${base} any more`)
      const { review, checks } = state.demands.get(branch) ?? noDemands
      if ((review || checks.length > 0) && !state.mayBypass)
        throw new FairleadError('PushRefused', 'Changes must be made through a pull request.')
      const present = new Map(remote.files(base))
      for (const { path, text } of files) present.set(path, text)
      const author = identOf(state.account)
      const id = remote.write({ files: present, parents: [base], message, author, committer: hostIdent })
      remote.heads.set(branch, id)
      return id
    },
  }
}

import { createFakeGitRepository } from '../fakes/git-repository.ts'
import { createFakeRepositoryHost } from '../fakes/repository-host.ts'
import type { HostWorld } from './repository-host-world.ts'

const person = { name: 'alice', email: 'alice@users.example.com' }

/** The host in memory. It cannot fail by itself, so it has no faults to offer. */
export async function openFakeHost(): Promise<HostWorld> {
  const git = createFakeGitRepository()
  const { remote } = git
  const base = 'main'
  git.commit(base, { 'apps/web.yaml': 'image: web:1\n', 'README.md': 'gitops\n' }, 'Begin')
  const host = createFakeRepositoryHost(git)
  const { people, state } = host
  state.lag = 1
  state.deployable.add('https://git.example.com/acme/web')
  state.strangers.add('nobody-at-all')
  const headOf = (branch: string) => remote.heads.get(branch) ?? ''
  return {
    host,
    base,
    prefix: 'fairlead/',
    stranger: 'nobody-at-all',
    git: {
      async commit(
        branch,
        files,
        { message = 'Change', by = { name: 'fairlead', email: 'fairlead@example.com' } } = {},
      ) {
        const head = headOf(remote.heads.has(branch) ? branch : base)
        const present = new Map([...remote.files(head), ...Object.entries(files)])
        const commit = remote.write({ files: present, parents: [head], message, author: by, committer: by })
        remote.heads.set(branch, commit)
        return commit
      },
      async mergeBase(branch) {
        const parents = [headOf(branch), headOf(base)]
        const files = new Map([...remote.files(headOf(base)), ...remote.files(headOf(branch))])
        const commit = remote.write({ files, parents, message: `Merge ${base}`, author: person, committer: person })
        remote.heads.set(branch, commit)
        return commit
      },
      create: async (branch, commit) => void remote.heads.set(branch, commit),
      head: async (branch) => remote.heads.get(branch),
      read: async (branch, path) => git.read(branch, path),
      async log(branch) {
        const entries = []
        for (
          let at = remote.heads.get(branch);
          at !== undefined && entries.length < 20;
          at = entries.at(-1)?.parents[0]
        )
          entries.push(remote.facts(at))
        return entries
      },
    },
    hand: {
      label: async (number, label) => people.label(number, label),
      reopen: async (number) => people.reopen(number),
      async check(commit, name, word) {
        people.setChecks(commit, { ...Object.fromEntries(state.checks.get(commit) ?? []), [name]: word })
      },
      async checkRun(commit, name, word) {
        people.setChecks(commit, { ...Object.fromEntries(state.checks.get(commit) ?? []), [name]: word })
      },
      comments: async (number) => state.pulls.get(number)?.comments ?? [],
      statuses: async (commit) => state.statuses.get(commit) ?? [],
      async asked(number) {
        const pull = state.pulls.get(number)
        return { reviewers: [...(pull?.reviewers ?? [])], assignees: [...(pull?.assignees ?? [])] }
      },
    },
    people: {
      login: 'alice',
      approve: async (number) => people.approve(number, 'alice'),
      requestChanges: async (number) => people.requestChanges(number, 'alice'),
      remark: async (number) => people.comment(number, 'alice', 'hm'),
      dismiss: async (number) => people.dismiss(number, 'alice'),
      comment: async (number, text) => people.comment(number, 'alice', text),
      merge: async (number) => void people.merge(number, 'alice'),
      close: async (number) => people.close(number, 'alice'),
    },
    outsider: { login: 'eve', approve: async (number) => people.approve(number, 'eve', { mayWrite: false }) },
    admin: {
      demand: async (demands) => people.demand(base, demands),
      forbid: async (method) => void state.forbidden.add(method),
    },
    application: {
      url: 'https://git.example.com/acme/web',
      revision: 'c0ffee'.padEnd(40, '0'),
      async deployments() {
        return state.deployments.map(({ environment, states }) => ({
          environment,
          states: states.map((one) => one.state),
        }))
      },
    },
    isSlowToJudge: true,
    async conceal() {
      host.nextMerge = { kind: 'merged', commit: undefined }
    },
    pause: async () => undefined,
    close: async () => undefined,
  }
}

import type { FileChanges } from '../git-host/repository.ts'
import type { Role } from './account.ts'
import { fullName, type HostedRepository } from './hosted-repository.ts'
import { controlRepository, type RepositoryControl } from './repository-control.ts'
import type { Site } from './site.ts'

export interface NewRepository {
  /** First files of a Git repository that the host does not have yet. */
  files?: FileChanges
  /** Default true. */
  isPrivate?: boolean
}

/** The repositories of the site, and who may do what in all of them. */
export interface Repositories {
  /** Takes a repository of the Git host in, or makes it; the same one again later. */
  take(name: string, options?: NewRepository): RepositoryControl
  /** Case does not matter; former names count. */
  find(name: string): HostedRepository | undefined
  all(): readonly HostedRepository[]
  /** A role in every repository, now and later, that has no other for this login. */
  grant(login: string, role: Role): void
}

export function createRepositories(site: Site): Repositories {
  const known = new Map<HostedRepository, RepositoryControl>()
  const everywhere = new Map<string, Role>()

  function find(name: string): HostedRepository | undefined {
    const key = name.toLowerCase()
    const all = [...known.keys()]
    return all.find((one) => fullName(one).toLowerCase() === key) ?? all.find((one) => one.formerNames.has(key))
  }

  function add(name: string, { files = {}, isPrivate = true }: NewRepository): RepositoryControl {
    const { git, accounts, nextId, now } = site
    const [owner = '', short = ''] = name.split('/')
    if (short === '') throw new Error(`${name} is not a full name such as acme/gitops`)
    if (git.repository(name) === undefined) git.createRepository(name, files)
    const objects = git.repository(name)
    if (objects === undefined) throw new Error(`there is no repository ${name} in the sandbox`)
    const repository: HostedRepository = {
      ...{ id: nextId(), owner: accounts.add(owner, { type: 'Organization' }), name: short, git: objects },
      ...{ formerNames: new Set(), isPrivate, isArchived: false, createdAt: now() },
      settings: {
        ...{ allowMergeCommit: true, allowSquashMerge: true, allowRebaseMerge: true },
        ...{ allowAutoMerge: false, deleteBranchOnMerge: false, hasHooks: false },
      },
      ...{ roles: new Map(everywhere), teams: new Set(), protections: new Map(), labels: new Map(), pulls: new Map() },
      ...{ statuses: [], checkRuns: [], deployments: [] },
    }
    const control = controlRepository(site, repository)
    known.set(repository, control)
    return control
  }

  return {
    find,
    all: () => [...known.keys()],
    take(name, options = {}) {
      const found = find(name)
      return (found === undefined ? undefined : known.get(found)) ?? add(name, options)
    },
    grant(login, role) {
      const key = login.toLowerCase()
      everywhere.set(key, role)
      for (const { roles } of known.keys()) if (!roles.has(key)) roles.set(key, role)
    },
  }
}

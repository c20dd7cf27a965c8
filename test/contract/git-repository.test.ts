import { describe } from 'vitest'
import { hasGit } from '../fakes/git-http-server.ts'
import { describeGitRepository } from './git-repository.ts'
import { describeGitHistory } from './git-repository-history.ts'

describe.skipIf(!hasGit())('over git http-backend', () => {
  for (const backend of ['native', 'isomorphic'] as const) {
    describeGitRepository(backend)
    describeGitHistory(backend)
  }
})

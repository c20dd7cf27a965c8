import { commitAt, putObject } from '../../git-host/git-object.ts'
import { fileTable, putCommit, writeFileTable } from '../../git-host/three-way-merge.ts'
import { type Fields, listAt, textAt } from '../../json.ts'
import type { Account } from '../account.ts'
import { fullName, type HostedRepository } from '../hosted-repository.ts'
import { personOf, seconds, webFlow } from '../merge.ts'
import { protectionOf } from '../protection.ts'
import { refusePush } from '../push-rule.ts'
import { branchHead } from '../revision.ts'
import type { Site } from '../site.ts'
import { nodeId } from '../view/user-json.ts'
import { GraphqlFailure } from './graphql-failure.ts'

/** Adds a commit, signed by the site, to a branch that must stand at `expectedHeadOid`. */
export function commitOnBranch(site: Site, repository: HostedRepository, by: Account, input: Fields) {
  const branch = textAt(input, 'branch', 'branchName').replace(/^refs\/heads\//, '')
  const head = branchHead(repository, branch)
  const expected = textAt(input, 'expectedHeadOid')
  if (head === undefined) throw new GraphqlFailure('NOT_FOUND', `Could not resolve to a branch '${branch}'.`)
  if (head !== expected) {
    throw new GraphqlFailure(
      'STALE_DATA',
      `Expected branch to point to "${expected}" but it did not.  Pull and try again.`,
    )
  }
  const ref = `refs/heads/${branch}`
  const commit = storeCommit(site, repository, { head, by, input })
  const update = { repository: repository.git.name, ref, before: head, after: commit, pusher: by.login }
  const refusal = refusePush(repository, update, true)
  if (refusal !== undefined) throw violation(repository, branch, refusal.words ?? refusal.reason)
  site.git.moveRef(repository.git.name, ref, commit, by.login)
  const url = `${site.url}/${fullName(repository)}/commit/${commit}`
  return {
    commit: { id: nodeId('Commit', commit), oid: commit, url, signature: { isValid: true, state: 'VALID' } },
    ref: { id: nodeId('Ref', ref), name: branch, target: { oid: commit } },
  }
}

function storeCommit(
  site: Site,
  { git }: HostedRepository,
  { head, by, input }: { head: string; by: Account; input: Fields },
): string {
  const { objects } = git
  const files = new Map(fileTable(objects, commitAt(objects, head)?.tree ?? ''))
  for (const addition of listAt(input, 'fileChanges', 'additions')) {
    const bytes = Buffer.from(textAt(addition, 'contents'), 'base64')
    const path = textAt(addition, 'path')
    files.set(path, { mode: files.get(path)?.mode ?? '100644', id: putObject(objects, 'blob', bytes) })
  }
  for (const deletion of listAt(input, 'fileChanges', 'deletions')) {
    const path = textAt(deletion, 'path')
    if (!files.delete(path))
      throw new GraphqlFailure('NOT_FOUND', `A path was requested for deletion which does not exist: ${path}`)
  }
  const [headline, body] = [textAt(input, 'message', 'headline'), textAt(input, 'message', 'body')]
  const commit = putCommit(objects, {
    ...{ tree: writeFileTable(objects, files), parents: [head], author: personOf(by), time: seconds(site) },
    ...{ committer: webFlow, message: body === '' ? `${headline}\n` : `${headline}\n\n${body.trimEnd()}\n` },
  })
  site.signed.add(commit)
  return commit
}

function violation(repository: HostedRepository, branch: string, words: string): GraphqlFailure {
  const rule = words.replace(/^[\s\S]*(?:error: |- )/, '')
  return protectionOf(repository, branch)?.kind === 'ruleset'
    ? new GraphqlFailure('UNPROCESSABLE', `Repository rule violations found\n\n${rule}\n\n`)
    : new GraphqlFailure('BRANCH_PROTECTION_RULE_VIOLATION', `Branch protection rule violation: ${rule}`)
}

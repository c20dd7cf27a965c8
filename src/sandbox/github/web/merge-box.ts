import { hasRole } from '../account.ts'
import { checkResults } from '../check.ts'
import { type PullRequest, roleOf } from '../hosted-repository.ts'
import { mergeableState } from '../mergeability.ts'
import { unmetRules } from '../protection.ts'
import { lastReviews } from '../review.ts'
import { type Html, html } from './html.ts'
import { timeOf } from './page.ts'

const marks = {
  success: html`<span class="green">✓</span>`,
  failure: html`<span class="red">✗</span>`,
  pending: html`<span class="amber">●</span>`,
  neutral: html`<span class="muted">○</span>`,
}

/** What speaks for and against a merge. */
export function mergeBox(pull: PullRequest): Html {
  const checks = checkResults(pull.repository, pull.headSha)
  const reviews = lastReviews(pull)
  const rows = [
    ...reviews.map((review) => {
      const mayWrite = hasRole(roleOf(pull.repository, review.by.login), 'write')
      const isApproval = review.state === 'APPROVED'
      const notes = [
        ...(review.commit === pull.headSha ? [] : ['on an earlier commit']),
        ...(mayWrite ? [] : ['does not count without write access']),
      ]
      const mark = mayWrite ? marks[isApproval ? 'success' : 'failure'] : marks.neutral
      const words = isApproval ? 'approved' : 'requested changes'
      return html`<li>${mark} <span><strong>${review.by.login}</strong> ${words}</span><span class="right">${notes.join(', ')}</span></li>`
    }),
    ...checks.map(
      ({ name, state, text }) =>
        html`<li>${marks[state]} <strong>${name}</strong><span class="right">${text}</span></li>`,
    ),
    conclusion(pull),
  ]
  return html`<h2>Reviews and checks</h2><div class="card"><ul class="rows">${rows}</ul></div>`
}

function conclusion(pull: PullRequest): Html {
  const { merged, closed } = pull
  if (merged !== undefined) {
    const commit = (merged.commit ?? '').slice(0, 8)
    return html`<li><span class="purple">◆</span> <span><strong>${merged.by.login}</strong> merged it as <code>${commit}</code></span><span class="right">${timeOf(merged.at)}</span></li>`
  }
  if (closed !== undefined) {
    return html`<li><span class="red">✗</span> <span><strong>${closed.by.login}</strong> closed it without merging</span><span class="right">${timeOf(closed.at)}</span></li>`
  }
  const state = mergeableState(pull)
  const words = {
    clean: 'It can be merged.',
    has_hooks: 'It can be merged.',
    unstable: 'It can be merged, though not every check is green.',
    dirty: 'It has conflicts with its base.',
    draft: 'It is still a draft.',
    blocked: unmetRules(pull)
      .map((one) => one.words)
      .join(' '),
    behind: 'It is behind its base.',
    unknown: 'Nobody knows yet whether it can be merged.',
  }[state]
  const mark =
    state === 'clean' || state === 'has_hooks' ? marks.success : state === 'dirty' ? marks.failure : marks.pending
  const queued = pull.queued !== undefined ? ' It is in the merge queue.' : ''
  const auto =
    pull.autoMerge === undefined ? '' : ` ${pull.autoMerge.by.login} has it merge by itself when it is ready.`
  return html`<li>${mark} <strong>${words}${queued}${auto}</strong></li>`
}

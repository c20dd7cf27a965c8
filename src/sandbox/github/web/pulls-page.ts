import type { HostedRepository, PullRequest } from '../hosted-repository.ts'
import { fullName } from '../hosted-repository.ts'
import { listPulls } from '../pull-request.ts'
import { type Html, html } from './html.ts'
import { badge, labelsOf, pageOf, timeOf } from './page.ts'

/** All pull requests of a repository, open ones first. */
export function pullsPage(repository: HostedRepository): string {
  const [open, closed] = [listPulls(repository), listPulls(repository, { state: 'closed' })]
  const content = html`<h1>Pull requests</h1>
<div class="meta"><span>${open.length} open</span><span>${closed.length} closed</span></div>
${open.length + closed.length === 0 ? html`<p class="muted">There are none yet.</p>` : undefined}
${open.length === 0 ? undefined : listOf(repository, open)}
${closed.length === 0 ? undefined : html`<h2>Closed</h2>${listOf(repository, closed)}`}`
  return pageOf(repository, `Pull requests · ${fullName(repository)}`, content)
}

function listOf(repository: HostedRepository, pulls: readonly PullRequest[]): Html {
  const rows = pulls.map(
    (pull) => html`<li>${badge(pull)}
<span><a href="/${fullName(repository)}/pull/${pull.number}"><strong>${pull.title}</strong></a> ${labelsOf(pull)}
<br><span class="muted">#${pull.number} opened ${timeOf(pull.createdAt)} by ${pull.author.login}</span></span>
<span class="right mono">${pull.head} → ${pull.base}</span></li>`,
  )
  return html`<div class="card"><ul class="rows">${rows}</ul></div>`
}

import { commitAt } from '../../git-host/git-object.ts'
import { fileChanges } from '../file-change.ts'
import { fullName, type PullRequest, roleOf } from '../hosted-repository.ts'
import { pullCommits, refreshHeads } from '../pull-request.ts'
import type { Site } from '../site.ts'
import { fileView } from './diff-view.ts'
import { type Html, html } from './html.ts'
import { renderMarkdown } from './markdown.ts'
import { mergeBox } from './merge-box.ts'
import { badge, labelsOf, pageOf, timeOf } from './page.ts'

/** One pull request to be read and reviewed. `problem` says why the last action was refused. */
export function pullPage(site: Site, pull: PullRequest, problem?: string): string {
  refreshHeads(pull)
  const { repository, number, title } = pull
  const commits = pullCommits(pull)
  const files = fileChanges(pull)
  const verb = pull.merged === undefined ? 'wants to merge' : 'merged'
  const who = pull.merged?.by.login ?? pull.author.login
  const content = html`<h1>${title} <span class="number">#${number}</span></h1>
<div class="meta">${badge(pull)}<span><strong>${who}</strong> ${verb} ${counted(commits.length, 'commit')} into
<code class="branch">${pull.base}</code> from <code class="branch">${pull.head}</code></span></div>
${problem === undefined ? undefined : html`<p class="notice">${problem}</p>`}
<div class="columns"><div>
${card(pull.author.login, 'opened', pull.createdAt, pull.body ?? '')}
${conversation(pull)}
<h2>${counted(commits.length, 'commit')}</h2>${commitList(pull, commits)}
${mergeBox(pull)}
${actions(site, pull)}
</div>${sidebar(pull)}</div>
<h2>${counted(files.length, 'changed file')}</h2>
${files.map(fileView)}`
  return pageOf(repository, `${title} · Pull request #${number} · ${fullName(repository)}`, content)
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function card(by: string, verb: string, at: Date, text: string): Html {
  const content = text.trim() === '' ? html`<p class="muted">No description.</p>` : renderMarkdown(text)
  return html`<article class="card"><div class="head"><strong>${by}</strong> ${verb} <span class="right">${timeOf(at)}</span></div>
<div class="content markdown">${content}</div></article>`
}

const reviewVerbs = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'requested changes',
  COMMENTED: 'reviewed',
  DISMISSED: 'had reviewed; the review was dismissed',
}

/** Reviews and comments, oldest first. */
function conversation(pull: PullRequest): readonly Html[] {
  const reviews = pull.reviews.map(({ by, state, submittedAt, body }) => ({
    at: submittedAt,
    view:
      body === ''
        ? html`<div class="card"><ul class="rows"><li><span><strong>${by.login}</strong> ${reviewVerbs[state]}</span><span class="right">${timeOf(submittedAt)}</span></li></ul></div>`
        : card(by.login, reviewVerbs[state], submittedAt, body),
  }))
  const comments = pull.comments.map(({ by, body, createdAt, updatedAt }) => ({
    at: createdAt,
    view: card(by.login, updatedAt > createdAt ? 'commented (edited)' : 'commented', createdAt, body),
  }))
  return [...reviews, ...comments].sort((a, b) => a.at.getTime() - b.at.getTime()).map((one) => one.view)
}

function commitList({ repository }: PullRequest, ids: readonly string[]): Html {
  const rows = ids.map((id) => {
    const commit = commitAt(repository.git.objects, id)
    const [subject = ''] = (commit?.message ?? '').split('\n')
    const author = (commit?.author ?? '').replace(/ <.*$/, '')
    return html`<li><span>${subject}<br><span class="muted">${author}</span></span><span class="right mono">${id.slice(0, 8)}</span></li>`
  })
  return html`<div class="card"><ul class="rows">${rows}</ul></div>`
}

function sidebar(pull: PullRequest): Html {
  const section = (title: string, entries: readonly Html[]) =>
    html`<section><h3>${title}</h3>${entries.length === 0 ? html`<span class="muted">None</span>` : entries}</section>`
  const people = (names: Iterable<string>) => [...names].map((name) => html`<div>${name}</div>`)
  return html`<aside class="side">
${section('Asked for a review', people([...pull.reviewers, ...pull.teams]))}
${section('Assignees', people(pull.assignees))}
${section('Labels', labelsOf(pull))}</aside>`
}

/** The form in which a person of the sandbox acts. */
function actions(site: Site, pull: PullRequest): Html {
  const { repository, number, state } = pull
  const people = site.accounts
    .people()
    .filter(({ login }) => repository.roles.has(login.toLowerCase()))
    .map(({ login }) => html`<option value="${login}">${login} (${roleOf(repository, login)})</option>`)
  if (people.length === 0) return html`<p class="muted">The sandbox has no people who could act here.</p>`
  const { allowMergeCommit, allowSquashMerge, allowRebaseMerge } = repository.settings
  const methods = [
    ...(allowMergeCommit ? [html`<option value="merge">with a merge commit</option>`] : []),
    ...(allowSquashMerge ? [html`<option value="squash">as one commit</option>`] : []),
    ...(allowRebaseMerge ? [html`<option value="rebase">rebased</option>`] : []),
  ]
  const button = (action: string, text: string, kind = '') =>
    html`<button class="${kind}" name="action" value="${action}">${text}</button>`
  const open = html`<div class="buttons">${button('approve', 'Approve', 'go')}${button('request-changes', 'Request changes')}${button('comment', 'Comment')}${button('close', 'Close', 'stop')}</div>
<div class="buttons">${button('merge', 'Merge', 'go')}<select name="method" aria-label="How to merge">${methods}</select></div>`
  const closed = html`<div class="buttons">${button('comment', 'Comment')}${pull.merged === undefined ? button('reopen', 'Reopen') : undefined}</div>`
  return html`<h2>Act as</h2><form class="act" method="post" action="/${fullName(repository)}/pull/${number}">
<select name="person" aria-label="Person">${people}</select>
<textarea name="text" placeholder="A comment, or why changes are needed" aria-label="Comment"></textarea>
${state === 'open' ? open : closed}</form>`
}

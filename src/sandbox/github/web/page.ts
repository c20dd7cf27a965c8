import { fullName, type HostedRepository, type PullRequest } from '../hosted-repository.ts'
import { type Html, html } from './html.ts'
import { style } from './style.ts'

/** A whole page of a repository. */
export function pageOf(repository: HostedRepository, title: string, content: Html): string {
  const name = fullName(repository)
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title><style>${{ html: style }}</style></head>
<body>
<header class="top"><strong>${name}</strong><a href="/${name}/pulls">Pull requests</a>
<span class="note">sandbox: everything here is gone when it stops</span></header>
<main>${content}</main>
</body></html>
`.html
}

/** What a pull request is now, as a coloured word. */
export function stateOf({ state, merged, isDraft }: PullRequest): 'Open' | 'Draft' | 'Merged' | 'Closed' {
  if (merged !== undefined) return 'Merged'
  if (state === 'closed') return 'Closed'
  return isDraft ? 'Draft' : 'Open'
}

export function badge(pull: PullRequest): Html {
  const state = stateOf(pull)
  return html`<span class="badge ${state.toLowerCase()}">${state}</span>`
}

/** `2026-11-21 20:15 UTC` */
export function timeOf(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

export function labelsOf({ labels }: PullRequest): readonly Html[] {
  return [...labels].map((name) => html`<span class="label">${name}</span>`)
}

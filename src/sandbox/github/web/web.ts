import { type Exchange, readBody, sendText } from '../../loopback.ts'
import type { Account } from '../account.ts'
import { GitHubFailure } from '../failure.ts'
import type { MergeMethod, PullRequest } from '../hosted-repository.ts'
import { addComment } from '../mark.ts'
import { mergePull } from '../merge.ts'
import { editPull } from '../proposal.ts'
import { addReview } from '../review.ts'
import type { Site } from '../site.ts'
import { pullPage } from './pull-page.ts'
import { pullsPage } from './pulls-page.ts'

/** Answers the pages for people: the list of pull requests, and each of them with a form to act. */
export async function answerWeb(site: Site, { request, response, method, url }: Exchange): Promise<void> {
  const [, name = '', part = '', number] = /^\/([^/]+\/[^/]+)\/(pulls|pull\/(\d+))\/?$/.exec(url.pathname) ?? []
  const repository = site.find(decodeURIComponent(name))
  const pull = repository?.pulls.get(Number(number))
  const send = (status: number, page: string) => {
    response.writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    })
    response.end(page)
  }
  if (repository === undefined || (pull === undefined && part !== 'pulls')) sendText(response, 404, 'not found\n')
  else if (pull === undefined) send(200, pullsPage(repository))
  else if (method !== 'POST') send(200, pullPage(site, pull))
  // Another page that the same browser has open must not act here.
  else if ((request.headers.origin ?? site.url) !== site.url)
    sendText(response, 403, 'this form is for this site alone\n')
  else {
    const form = new URLSearchParams((await readBody(request, 1024 * 1024)).toString('utf8'))
    const problem = act(site, pull, form)
    if (problem !== undefined) send(422, pullPage(site, pull, problem))
    else response.writeHead(303, { location: url.pathname }).end()
  }
}

/** Does what the form says. Returns why it was refused. */
function act(site: Site, pull: PullRequest, form: URLSearchParams): string | undefined {
  const by = site.accounts.find(form.get('person') ?? '')
  if (by === undefined) return 'Nobody of that name is in the sandbox.'
  try {
    perform(site, pull, by, form)
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof GitHubFailure)) throw thrown
    const [first] = thrown.details.errors ?? []
    return typeof first === 'string' ? `${thrown.message}: ${first}` : thrown.message
  }
}

const methods: readonly MergeMethod[] = ['merge', 'squash', 'rebase']

function perform(site: Site, pull: PullRequest, by: Account, form: URLSearchParams): void {
  const body = form.get('text')?.trim() ?? ''
  switch (form.get('action')) {
    case 'approve':
      addReview(site, pull, by, { event: 'APPROVE', body })
      break
    case 'request-changes':
      if (body === '') throw new GitHubFailure(422, 'Say in the comment what should be changed.')
      addReview(site, pull, by, { event: 'REQUEST_CHANGES', body })
      break
    case 'comment':
      if (body === '') throw new GitHubFailure(422, 'A comment needs some text.')
      addComment(site, pull, by, body)
      break
    case 'merge':
      mergePull(site, pull, { by, method: methods.find((one) => one === form.get('method')) ?? 'merge' })
      break
    case 'close':
    case 'reopen':
      if (body !== '') addComment(site, pull, by, body)
      editPull(site, pull, by, { state: form.get('action') === 'close' ? 'closed' : 'open' })
      break
    default:
      throw new GitHubFailure(422, 'That is nothing one can do here.')
  }
}

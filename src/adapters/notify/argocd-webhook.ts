import type { Http } from '../../ports.ts'
import type { EngineNotifier } from '../../ports-engine.ts'
import { type NotifySettings, postSigned } from './signed-post.ts'

const unknownCommit = '0'.repeat(40)

/**
 * Argo CD's webhook, told in the words of a push at GitHub: only the fields that its util/webhook/webhook.go reads. It
 * compares host and path of `html_url` with every Application's repoURL, so this works for repositories elsewhere, too.
 * The branch is called the default one, for only then Applications that follow HEAD look as well; a look costs little.
 */
export function createArgocdWebhook(settings: NotifySettings, http: Http): EngineNotifier {
  return {
    name: 'argocdWebhook',
    notify: ({ repository, branch, before, after, files }) =>
      postSigned(http, {
        ...settings,
        what: "Argo CD's webhook",
        signature: 'x-hub-signature-256',
        headers: { 'x-github-event': 'push' },
        body: {
          ref: `refs/heads/${branch}`,
          before: before || unknownCommit,
          after,
          repository: { html_url: `https://${repository}`, default_branch: branch },
          // without files every Application of the repository looks
          commits: files.length === 0 ? [] : [{ id: after, added: [], modified: files, removed: [] }],
        },
        advice: {
          400: 'webhook.github.secret of argocd-secret must be what notify.argocdWebhook.secretFile holds',
          404: 'notify.argocdWebhook.url must end in /api/webhook',
          503: 'its queue is full',
        },
      }),
  }
}

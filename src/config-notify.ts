import { z } from 'zod'

/** Which engines are told to look after a push, as the configuration says it. */

const file = z.string().min(1)
const address = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s@#?]+$/, 'an http or https address without credentials and query')
  .refine((url) => URL.canParse(url), 'an http or https address without credentials and query')
const endpoint = {
  url: address,
  insecure: z.boolean().default(false).describe('Allows plain HTTP, as inside a cluster.'),
  caFile: file.optional().describe('Authorities trusted beside those of the system.'),
}

export const notify = z
  .strictObject({
    fluxReceiver: z
      .strictObject({ ...endpoint, tokenFile: file.describe('The token of the Receiver; signs the body.') })
      .optional()
      .describe('A Receiver of the type generic-hmac; the path is its status.webhookPath.'),
    argocdWebhook: z
      .strictObject({ ...endpoint, secretFile: file.describe('webhook.github.secret of argocd-secret.') })
      .optional()
      .describe("The address of Argo CD's /api/webhook."),
  })
  .describe('Who is told to look at Git after a push or a merge, instead of waiting for the next poll.')

export type NotifyConfig = z.output<typeof notify>

/** What is wrong although each key is right: the key it is about, and the words. */
export function notifyMistakes(config: NotifyConfig): [string, string][] {
  const mistakes: [string, string][] = []
  for (const [name, one] of Object.entries(config)) {
    if (one?.url.startsWith('http://') && !one.insecure) mistakes.push([name, 'plain http needs insecure: true'])
  }
  const { fluxReceiver, argocdWebhook } = config
  if (fluxReceiver !== undefined && !/^\/hook\/[0-9a-f]{64}$/.test(new URL(fluxReceiver.url).pathname)) {
    mistakes.push([
      'fluxReceiver',
      'the path of url must be the status.webhookPath of the Receiver, /hook/<64 hex digits>',
    ])
  }
  if (argocdWebhook !== undefined && !new URL(argocdWebhook.url).pathname.endsWith('/api/webhook')) {
    mistakes.push(['argocdWebhook', 'url must end in /api/webhook'])
  }
  return mistakes
}

import { z } from 'zod'
import { FairleadError } from './errors.ts'

/** Who is told about phase transitions, as the configuration says it. */

const file = z.string().min(1)
const address = z
  .string()
  .max(2048)
  .regex(/^https?:\/\/[^\s@#]+$/, 'an http or https address without credentials')
  .refine((url) => URL.canParse(url), 'an http or https address without credentials')
const insecure = z.boolean().default(false).describe('Allows plain HTTP.')
const caFile = file.optional().describe('Authorities trusted beside those of the system.')
const endpoint = { url: address, insecure, caFile }
const googlePubsub = 'https://pubsub.googleapis.com'

export const publishers = z
  .strictObject({
    controlPlane: z
      .strictObject({ ...endpoint, apiKeyFile: file.optional().describe('Sent as X-API-Key.') })
      .optional()
      .describe("AppTrail's control plane: the base of its address."),
    slack: z
      .strictObject({
        webhookUrlFile: file.optional().describe('The address of an incoming webhook.'),
        botTokenFile: file
          .optional()
          .describe('A token with the scope chat:write; messages are then changed in place.'),
        channel: z.string().min(1).max(100).optional().describe('Id or name, for botTokenFile.'),
        apiURL: address.default('https://slack.com/api'),
        insecure,
      })
      .optional(),
    pubsub: z
      .strictObject({
        project: z.string().regex(/^[a-z][a-z0-9.:-]{2,98}[a-z0-9]$/, 'a project id such as acme-prod'),
        topic: z.string().regex(/^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/, 'a topic id such as rollouts, without projects/'),
        credentialsFile: file.optional().describe('A key or external_account file; default: the metadata server.'),
        endpoint: address
          .default(googlePubsub)
          .describe(
            'A regional one, or an emulator, which gets no token: only *.googleapis.com does. Default: PUBSUB_EMULATOR_HOST, else Google.',
          ),
      })
      .optional(),
    cdevents: z
      .strictObject({ ...endpoint, format: z.enum(['structured', 'binary']).default('structured') })
      .optional()
      .describe('A receiver of CloudEvents, such as a broker.'),
    webhook: z
      .strictObject({ ...endpoint, secretFile: file.optional().describe('Signs the body: X-Signature.') })
      .optional(),
  })
  .describe('Who is told when a rollout begins, succeeds or fails.')

export type PublishersConfig = z.output<typeof publishers>

/**
 * The publishers with the address of an emulator where Google's own libraries would take it from: `PUBSUB_EMULATOR_HOST`,
 * `HOST:PORT`. An endpoint that is written down beats it. `ConfigInvalid` for what is no address.
 */
export function withEmulator<P extends PublishersConfig>(given: P, emulator: string | undefined): P {
  const { pubsub } = given
  if (!emulator || pubsub === undefined || pubsub.endpoint !== googlePubsub) return given
  if (!/^[\w.-]+(?::\d{1,5})?$|^\[[\da-fA-F:]+\](?::\d{1,5})?$/.test(emulator)) {
    throw new FairleadError('ConfigInvalid', 'PUBSUB_EMULATOR_HOST is no HOST:PORT; mend or unset it')
  }
  return { ...given, pubsub: { ...pubsub, endpoint: `http://${emulator}` } }
}

/** What is wrong although each key is right: the key it is about, and the words. */
export function publisherMistakes({ controlPlane, slack, cdevents, webhook }: PublishersConfig): [string, string][] {
  const mistakes: [string, string][] = []
  for (const [name, one] of Object.entries({ controlPlane, cdevents, webhook })) {
    if (one?.url.startsWith('http://') && !one.insecure) mistakes.push([name, 'plain http needs insecure: true'])
  }
  if (slack === undefined) return mistakes
  const { webhookUrlFile, botTokenFile, channel, apiURL, insecure } = slack
  if ((webhookUrlFile === undefined) === (botTokenFile === undefined)) {
    mistakes.push(['slack', 'needs webhookUrlFile, or botTokenFile and channel; one of the two'])
  }
  if (botTokenFile !== undefined && channel === undefined) mistakes.push(['slack', 'botTokenFile needs channel'])
  if (webhookUrlFile !== undefined && channel !== undefined) {
    mistakes.push(['slack', 'channel is for botTokenFile: a webhook leads to one channel'])
  }
  if (apiURL.startsWith('http://') && !insecure) mistakes.push(['slack', 'plain http needs insecure: true'])
  return mistakes
}

import { z } from 'zod'
import { modes } from './api/annotation.ts'
import { duration } from './config-duration.ts'
import { notify } from './config-notify.ts'
import { publishers } from './config-publisher.ts'
import { receiver } from './config-receiver.ts'
import { githubApp, host, pullRequest } from './config-repository-host.ts'
import { rollback } from './config-rollback.ts'
import { match, window } from './config-window.ts'

/** The configuration file, as users write it. Every object is strict: an unknown key is a mistake. */

const listen = (fallback: string) =>
  z
    .string()
    .regex(/^([0-9a-zA-Z.:[\]-]*):\d{1,5}$/, 'an address such as :8080 or 127.0.0.1:8080')
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'a port is at most 65535')
    .default(fallback)

const globs = (fallback: string[]) => z.array(z.string().min(1)).max(1000).default(fallback)
/** One glob that matches is enough, so that `!secret/**` beside others would allow all but that folder. */
const pathGlobs = z
  .array(
    z
      .string()
      .min(1)
      .regex(/^(?!!)/, 'a glob without ! before it: name the folders that may be written'),
  )
  .max(1000)
  .default(['**'])
const file = z.string().min(1)
const line = z.string().regex(/^\P{Cc}*$/u, 'one line without control characters')
const ident = z.string().regex(/^[^\p{Cc}<>]+$/u, 'a name or address without <, > and control characters')
const dnsName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'lower-case letters, digits, dots and dashes')
/** One requirement as `kubectl -l` takes it: `a=b`, `c!=d`, `e in (f, g)`, `h notin (i)`, `j`, `!k`. */
const requirement = String.raw`(?:!?[\w./-]+|[\w./-]+ ?(?:==?|!=) ?[\w.-]*|[\w./-]+ (?:in|notin) ?\([\w., -]*\))`
const labelSelector = z
  .string()
  .regex(
    new RegExp(`^(?:${requirement}(?:, ?${requirement})*)?$`),
    'a label selector such as team=shop,tier in (web, api)',
  )
const mode = z.enum(modes)

const cluster = z.strictObject({
  name: line.min(1).max(253).default('default').describe('Names this cluster in commits and events.'),
  namespaces: z
    .strictObject({
      include: globs([]).describe('Globs; empty = all namespaces.'),
      exclude: globs(['kube-system', 'kube-public', 'kube-node-lease']),
    })
    .prefault({}),
  labelSelector: labelSelector
    .default('')
    .describe('Only workloads with these labels are asked for; saves memory, too. Empty = all.'),
})

const kubeconfig = z.strictObject({
  kubeconfig: z.string().default('').describe('Path; empty = the in-cluster account.'),
  context: z.string().default(''),
})

const credentials = z.union([
  z.strictObject({ tokenFile: file }),
  z.strictObject({ usernameFile: file, passwordFile: file }),
  z.strictObject({ sshKeyFile: file, knownHostsFile: file }),
  z.strictObject({ githubApp }),
])

const signing = z
  .discriminatedUnion('format', [
    z.strictObject({ format: z.literal('ssh'), keyFile: file }),
    z.strictObject({ format: z.literal('github') }),
  ])
  .describe('ssh: signed here. github: the host makes and signs the commits; needs host.')

const repository = z.strictObject({
  url: z.string().min(1).describe('Matched after normalising scheme, user, .git and host case.'),
  credentials: credentials.optional(),
  caFile: z.string().default(''),
  insecure: z.boolean().default(false).describe('Allows plain HTTP.'),
  namespaces: globs(['*']).describe('Globs: whose workloads may cause a write here.'),
  allowPaths: pathGlobs.describe('Globs: nothing outside is ever written.'),
  requireApproval: z.boolean().optional().describe('true beats every annotation.'),
  mode: mode.optional(),
  suspend: z.boolean().default(false),
  signing: signing.optional(),
  host: host.optional().describe('The service behind the address; needed for pull requests and commit statuses.'),
  pullRequest: pullRequest.prefault({}),
})

const httpsURL = z.url({ protocol: /^https$/, error: 'an https URL' })
const trustHost = z.boolean().default(false).describe('Send the token although the name is none of the provider.')

const cloudAuth = z
  .discriminatedUnion('provider', [
    z.strictObject({
      provider: z.literal('aws'),
      region: z
        .string()
        .regex(/^[a-z0-9-]{1,64}$/, 'a region such as eu-central-1')
        .optional()
        .describe('Default: from the host.'),
      stsURL: httpsURL.optional(),
      apiURL: httpsURL.optional(),
      trustHost,
    }),
    z.strictObject({
      provider: z.literal('gcp'),
      credentialsFile: file.optional().describe('A key or external_account file; default: the metadata server.'),
      metadataURL: z.url({ protocol: /^https?$/, error: 'an http or https URL' }).optional(),
      trustHost,
    }),
    z.strictObject({
      provider: z.literal('azure'),
      authorityURL: httpsURL.optional(),
      scope: line.min(1).max(256).optional(),
      trustHost,
    }),
  ])
  .describe('The identity of the pod is exchanged for a token of the registry.')

const trustedKey = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, dots and dashes'),
  publicKeyFile: file.describe('PEM, such as cosign.pub.'),
})

const registry = z.strictObject({
  host: z.string().regex(/^[a-zA-Z0-9.[\]:-]+$/, 'a host such as ghcr.io or localhost:5000, without scheme and path'),
  credentialsFile: z.string().optional().describe('A docker config.json.'),
  auth: cloudAuth.optional(),
  pullSecrets: z
    .array(z.strictObject({ namespace: dnsName, name: dnsName }))
    .max(20)
    .optional()
    .describe('Image pull Secrets; a Role must grant get on them by name.'),
  tokenHosts: z.array(dnsName).max(20).default([]).describe('Token services that may see the credentials.'),
  insecure: z.boolean().default(false),
  caFile: z.string().optional(),
  requestsPerSecond: z.number().positive().max(1000).default(20),
})

const text = z.string().max(1024)

const rule = z.strictObject({
  match: match.prefault({}),
  policy: text.optional(),
  constraint: text.optional(),
  pattern: text.optional(),
  filter: text.optional(),
  extract: text.optional(),
  order: z.enum(['asc', 'desc']).optional(),
  prerelease: z.enum(['never', 'if-current', 'always']).optional(),
  images: text.optional(),
  'require-approval': z.boolean().optional(),
  mode: mode.optional(),
  'min-update-interval': text.optional(),
  'min-age': text.optional(),
  window: text.optional(),
  'pin-digest': z.boolean().optional(),
  platform: text.optional(),
  verify: text.optional(),
  hold: text.optional(),
  rollback: z.boolean().optional(),
})

export const configSchema = z.strictObject({
  mode: mode.default('observe').describe('observe decides and shows everything and writes nothing to Git.'),
  suspend: z.boolean().default(false).describe('Kill switch: nothing is pushed.'),
  cluster: cluster.prefault({}),
  kubernetes: kubeconfig.prefault({}).describe('Where workloads are read and own kinds are kept.'),
  engine: kubeconfig.prefault({}).describe('Where Flux objects are read; default the same cluster.'),
  allowWriteRights: z.boolean().default(false).describe('Start although this account may patch workloads.'),
  listen: z.strictObject({ webhook: listen(':8080'), api: listen(':8081'), metrics: listen(':9090') }).prefault({}),
  advertise: z.string().default('').describe('host:port at which other replicas reach the webhook port.'),
  advertiseApi: z.string().default('').describe('host:port at which other replicas reach the API port.'),
  log: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
  cacheDir: z.string().min(1).default('/var/cache/fairlead'),
  templatesDir: z.string().default('').describe('Files here replace the built-in templates of the same name.'),
  leaderElection: z
    .strictObject({
      enabled: z.boolean().default(true),
      leaseName: dnsName.default('fairlead'),
      namespace: z.string().default('').describe('Empty = the namespace fairlead runs in.'),
    })
    .prefault({}),
  git: z
    .strictObject({
      backend: z.enum(['auto', 'native', 'isomorphic']).default('auto'),
      author: z
        .strictObject({ name: ident.default('fairlead'), email: ident.default('fairlead@example.com') })
        .prefault({}),
      repositories: z.array(repository).max(500).default([]),
    })
    .prefault({}),
  registries: z.array(registry).max(500).default([]),
  polling: z.strictObject({ enabled: z.boolean().default(true), interval: duration('5m', '10s') }).prefault({}),
  updates: z.strictObject({ rules: z.array(rule).max(1000).default([]) }).prefault({}),
  windows: z.array(window).max(100).default([]),
  approvals: z
    .strictObject({
      fourEyes: z.boolean().default(false).describe('Two different identities must approve, through the API.'),
      expiry: duration('168h', '1s'),
    })
    .prefault({}),
  api: z
    .strictObject({
      audiences: z
        .array(line.min(1).max(253))
        .max(10)
        .default([])
        .describe("Whom bearer tokens must be made for; none = the API server's own audience."),
    })
    .prefault({}),
  rollouts: z.strictObject({ deadline: duration('15m', '1s') }).prefault({}),
  rollback: rollback.prefault({}),
  keys: z.array(trustedKey).max(100).default([]).describe('Who may sign images: the annotation verify names one.'),
  notify: notify.prefault({}),
  publishers: publishers.prefault({}),
  webhooks: z.strictObject({ receivers: z.array(receiver).max(100).default([]) }).prefault({}),
})

/** The configuration with defaults filled in and durations in milliseconds. */
export type Config = z.output<typeof configSchema>
export type RepositoryConfig = z.output<typeof repository>
export type RuleConfig = z.output<typeof rule>

/** JSON Schema of the file, for editors. */
export function configJsonSchema(): object {
  return { ...z.toJSONSchema(configSchema, { io: 'input' }), title: 'fairlead configuration' }
}

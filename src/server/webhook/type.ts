import type { WebhookType } from '../../api/webhook-type.ts'
import { parseAliyunPush } from './payload/aliyun.ts'
import { parseCdEvent } from './payload/cdevents.ts'
import { parseAcrEvent, parseRegistryEvents } from './payload/distribution.ts'
import { parseDockerHubPush } from './payload/dockerhub.ts'
import { parseEcrEvent } from './payload/ecr.ts'
import { parseGarMessage } from './payload/gar.ts'
import { parseGenericPush } from './payload/generic.ts'
import { parseGitHubPackage } from './payload/ghcr.ts'
import { githubEventHeader, parseGitHubEvent } from './payload/github.ts'
import { parseHarborEvent } from './payload/harbor.ts'
import { parseJFrogEvent } from './payload/jfrog.ts'
import { parseNexusEvent } from './payload/nexus.ts'
import type { PayloadParser } from './payload/parser.ts'
import { parseQuayPush } from './payload/quay.ts'

/** How senders of a type sign the raw body: an HMAC in hex, in the first of these headers that is there. */
export interface BodySignature {
  headers: readonly string[]
  algorithm: 'sha1' | 'sha256'
  /** What stands before the hex digits. */
  prefix: string
}

/** What is particular about the senders of one type. Header names are in lower case. */
export interface SenderType {
  parse: PayloadParser
  /** Where the secret stands with `auth: header`; default `authorization`. */
  secretHeader?: string
  /** With `auth: hmac`. */
  signature?: BodySignature
  /** The sender's id of the whole request, for events without one of their own. No signature covers it. */
  deliveryHeader?: string
  /** Says what kind of event the body is, where the body does not. No signature covers it either. */
  eventHeader?: string
}

const anySignature: BodySignature = {
  headers: ['x-signature', 'x-hub-signature-256'],
  algorithm: 'sha256',
  prefix: 'sha256=',
}

/** Source: GitHub documentation, "Validating webhook deliveries". */
const github = {
  signature: { headers: ['x-hub-signature-256'], algorithm: 'sha256', prefix: 'sha256=' },
  deliveryHeader: 'x-github-delivery',
} as const

/** All types, by name. How their senders may prove themselves stands in `api/webhook-type.ts`. */
export const senderTypes: Readonly<Record<WebhookType, SenderType>> = {
  acr: { parse: parseAcrEvent },
  aliyun: { parse: parseAliyunPush },
  cdevents: { parse: parseCdEvent, signature: anySignature },
  dockerhub: { parse: parseDockerHubPush },
  ecr: { parse: parseEcrEvent },
  gar: { parse: parseGarMessage },
  generic: { parse: parseGenericPush, signature: anySignature },
  ghcr: { parse: parseGitHubPackage, ...github },
  github: { parse: parseGitHubEvent, eventHeader: githubEventHeader, ...github },
  // Its registry is a distribution registry; the X-Gitlab-Token of project webhooks is not sent by it.
  gitlab: { parse: parseRegistryEvents },
  harbor: { parse: parseHarborEvent },
  jfrog: {
    parse: parseJFrogEvent,
    secretHeader: 'x-jfrog-event-auth',
    signature: { headers: ['x-jfrog-event-auth'], algorithm: 'sha256', prefix: '' },
  },
  nexus: {
    parse: parseNexusEvent,
    signature: { headers: ['x-nexus-webhook-signature'], algorithm: 'sha1', prefix: '' },
    deliveryHeader: 'x-nexus-webhook-delivery',
  },
  quay: { parse: parseQuayPush },
  registry: { parse: parseRegistryEvents },
}

/** Every header that checking or reading a webhook of any type may need. */
export const senderHeaders: readonly string[] = [
  ...new Set([
    ...['content-type', 'authorization', 'ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-subject'],
    ...Object.values(senderTypes).flatMap(({ secretHeader, signature, deliveryHeader, eventHeader }) =>
      [secretHeader, deliveryHeader, eventHeader, ...(signature?.headers ?? [])].filter((name) => name !== undefined),
    ),
  ]),
]

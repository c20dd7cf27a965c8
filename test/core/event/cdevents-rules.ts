import { z } from 'zod'

/**
 * The rules of CDEvents 0.5.1 for the events that fairlead sends: which fields are required, and that no other is
 * allowed. Source: cdevents/spec v0.5.1, schemas/service*.json, schemas/incident*.json and custom/schema.json; purl-spec
 * for the artifact's id.
 */

const text = z.string().min(1)
const uri = z.string().regex(/^[a-z][a-z0-9+.-]*:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/, 'an absolute URI')
const purl = z.string().regex(/^pkg:oci\/[a-z0-9._-]+(@sha256%3A[0-9a-f]{64})?(\?[A-Za-z0-9\-._~/=&%]+)?$/, 'a purl')
const environment = z.strictObject({ id: text, source: uri.optional() })
const service = z.strictObject({ id: text, source: uri.optional() })

const serviceContent = z.strictObject({ environment, artifactId: purl })
/** `environment` is optional in the specification; here it never lacks. */
const placedContent = z.strictObject({ environment })
const incidentContent = z.strictObject({
  environment,
  description: z.string().optional(),
  service: service.optional(),
  artifactId: purl.optional(),
})

const contents: Readonly<Record<string, z.ZodType>> = {
  'dev.cdevents.service.deployed.0.3.0': serviceContent,
  'dev.cdevents.service.upgraded.0.3.0': serviceContent,
  'dev.cdevents.service.rolledback.0.3.0': serviceContent,
  'dev.cdevents.service.removed.0.3.0': placedContent,
  'dev.cdevents.service.published.0.3.0': placedContent,
  'dev.cdevents.incident.detected.0.3.0': incidentContent,
  'dev.cdevents.incident.resolved.0.3.0': incidentContent,
}
const customType = /^dev\.cdeventsx\.[a-zA-Z0-9]+-[a-zA-Z]+\.[a-zA-Z]+\.[0-9]\.[0-9]\.[0-9]$/

function schemaOf(type: string) {
  const content = contents[type] ?? (customType.test(type) ? z.record(z.string(), z.unknown()) : z.never())
  return z.strictObject({
    context: z.strictObject({
      specversion: z.literal('0.5.1'),
      id: z.uuid(),
      source: uri,
      type: z.literal(type),
      timestamp: z.iso.datetime(),
      chainId: z.uuid().optional(),
    }),
    subject: z.strictObject({ id: text, source: uri.optional(), content }),
    customData: z.record(z.string(), z.unknown()).optional(),
    customDataContentType: z.string().optional(),
  })
}

/** What is wrong with an event by those rules, as `path: what`. */
export function brokenRules(event: { context: { type: string } }): string[] {
  const checked = schemaOf(event.context.type).safeParse(event)
  return checked.success ? [] : checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

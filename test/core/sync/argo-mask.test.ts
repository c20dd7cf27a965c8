import { expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { withMask } from '../../../src/core/sync/argo-mask.ts'
import type { Sync } from '../../../src/core/sync/sync-state.ts'

const applied: Sync = {
  engine: 'argocd',
  object: 'Application/argocd/web',
  state: 'applied',
  reason: 'Applied',
  message: 'applied',
  revision: 'a'.repeat(40),
}
const digest = `sha256:${'d'.repeat(64)}`
const wanted = { to: 'ghcr.io/acme/web:1.1.0', digest }

function application(spec: object): KubernetesObject {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', metadata: { name: 'web' }, spec }
}

it.each<[string, object, boolean]>([
  ['nothing of its own', { source: {} }, false],
  ['the image with another tag', { source: { kustomize: { images: ['ghcr.io/acme/web:1.0.0'] } } }, true],
  ['the image with the wanted tag', { source: { kustomize: { images: ['ghcr.io/acme/web:1.1.0'] } } }, false],
  ['the image with the wanted digest', { source: { kustomize: { images: [`ghcr.io/acme/web@${digest}`] } } }, false],
  ['the image by another name', { source: { kustomize: { images: ['ghcr.io/acme/web=mirror/web:1.1.0'] } } }, true],
  ['another registry, and no version', { source: { kustomize: { images: ['ghcr.io/acme/web=mirror/web'] } } }, false],
  ['another image', { source: { kustomize: { images: ['ghcr.io/acme/api:1.0.0'] } } }, false],
  ['it in one of several sources', { sources: [{}, { kustomize: { images: ['ghcr.io/acme/web:1.0.0'] } }] }, true],
  [
    'a parameter with a whole reference',
    { source: { helm: { parameters: [{ value: 'ghcr.io/acme/web:1.0.0' }] } } },
    true,
  ],
  ['a parameter that could be anything', { source: { helm: { parameters: [{ value: '1.0.0' }] } } }, false],
  ['nonsense', { source: { kustomize: { images: [1, null] }, helm: { parameters: ['x'] } }, sources: 'y' }, false],
])('an Application whose spec says %s', (_, spec, isMasked) => {
  const { state, reason } = withMask(applied, application(spec), wanted)
  expect(`${state} ${reason}`).toBe(isMasked ? 'blocked MaskedByOverride' : 'applied Applied')
})

it('what is not applied yet keeps its own reason', () => {
  const pending: Sync = { ...applied, state: 'pending', reason: 'NotFetched' }
  const spec = { source: { kustomize: { images: ['ghcr.io/acme/web:1.0.0'] } } }
  expect(withMask(pending, application(spec), wanted)).toBe(pending)
  expect(withMask(applied, application(spec), wanted).message).toBe(
    'spec of the Application says ghcr.io/acme/web:1.0.0, which beats what the files in Git say; remove it there',
  )
})

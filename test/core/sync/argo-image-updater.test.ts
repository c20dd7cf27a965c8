import { expect, test } from 'vitest'
import { applicationWriter, readImageUpdater } from '../../../src/core/sync/argo-image-updater.ts'

const application = { namespace: 'argocd', name: 'shop-prod', labels: { team: 'shop' }, annotations: {} }
const listed = (list: string) => ({ 'argocd-image-updater.argoproj.io/image-list': list })

function updater(spec: object, namespace = 'argocd') {
  const apiVersion = 'argocd-image-updater.argoproj.io/v1alpha1'
  return readImageUpdater({ apiVersion, kind: 'ImageUpdater', metadata: { name: 'images', namespace }, spec })
}

const reference = (more: object) => ({
  applicationRefs: [{ namePattern: 'shop-*', images: [{ alias: 'web', imageName: 'ghcr.io/acme/web:1.x' }], ...more }],
})

const rows: [
  says: string,
  annotations: Record<string, string>,
  updaters: ReturnType<typeof updater>[],
  writer: string,
][] = [
  ['nobody', {}, [], ''],
  ['an annotation with alias and constraint', listed('web=ghcr.io/acme/web:~1.2'), [], 'annotation'],
  ['an annotation with several images', listed('nginx, ghcr.io/acme/web'), [], 'annotation'],
  ['an annotation about another image', listed('web=ghcr.io/acme/api'), [], ''],
  ['Kargo', { 'kargo.akuity.io/authorized-stage': 'shop:prod' }, [], 'Kargo'],
  ['an ImageUpdater', {}, [updater(reference({}))], 'ImageUpdater/argocd/images'],
  [
    'an ImageUpdater by labels',
    {},
    [updater(reference({ labelSelectors: { matchLabels: { team: 'shop' } } }))],
    'images',
  ],
  [
    'an ImageUpdater for other labels',
    {},
    [updater(reference({ labelSelectors: { matchLabels: { team: 'x' } } }))],
    '',
  ],
  ['an ImageUpdater for other Applications', {}, [updater(reference({ namePattern: 'blog-*' }))], ''],
  ['an ImageUpdater for other images', {}, [updater(reference({ images: [{ imageName: 'nginx' }] }))], ''],
  ['an ImageUpdater of another namespace', {}, [updater(reference({}), 'team-a')], ''],
  ['an ImageUpdater without a spec', {}, [updater({})], ''],
]

test.each(rows)('an image of an Application is written by %s', (_, annotations, updaters, writer) => {
  const found = applicationWriter({ ...application, annotations }, 'ghcr.io/acme/web:1.2.3', updaters)
  if (writer === '') expect(found).toBeUndefined()
  else expect(found).toContain(writer)
})

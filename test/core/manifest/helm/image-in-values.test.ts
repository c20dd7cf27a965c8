import { describe, expect, test } from 'vitest'
import { imageInValues, type PresentImage } from '../../../../src/core/manifest/helm/image-in-values.ts'
import { partOf } from '../../../../src/core/manifest/slot/slot.ts'
import type { Merged } from '../../../../src/core/manifest/yaml/merged.ts'
import { rootPlace } from '../../../../src/core/manifest/yaml/place.ts'
import { parseYaml } from '../../../../src/core/manifest/yaml/source.ts'
import { refusalOf } from '../folder.ts'

/** Values files over each other, the one that wins first: `0.yaml`, `1.yaml`. */
function merged(...texts: string[]): Merged {
  return texts.flatMap((text, index) => {
    const source = parseYaml(`${index}.yaml`, text)
    const document = source.documents[0]
    const place = document === undefined ? undefined : rootPlace(source, document)
    return place === undefined ? [] : [{ place }]
  })
}

function look(image: string, texts: string[], more: Partial<PresentImage> = {}) {
  return imageInValues(merged(...texts), { image, isSettled: true, ...more }, 'HelmRelease shop/web')
}

/** The slot as `file key path=part of the reference`. */
function slotText(image: string, texts: string[], more: Partial<PresentImage> = {}): string {
  const { slot } = look(image, texts, more)
  const fields = slot.fields.map((field) => `${field.role} ${field.keyPath.slice(2)}=${partOf(field)}`)
  return `${slot.file} ${fields.join(' ')}`
}

const sha = 'a'.repeat(64)
const web = 'ghcr.io/acme/web:1.2.3'

/** Values as the charts themselves have them; each row names its chart. */
const charts: [chart: string, values: string, live: string, slot: string][] = [
  [
    'bitnami/nginx (bitnami/charts, bitnami/nginx/values.yaml)',
    `global: {imageRegistry: "", imagePullSecrets: []}\nimage:\n  registry: docker.io\n  repository: bitnami/nginx\n  tag: 1.27.3-debian-12-r5\n  digest: ""\n  pullPolicy: IfNotPresent\nmetrics: {image: {registry: docker.io, repository: bitnami/nginx-exporter, tag: 1.4.0-debian-12-r4, digest: ""}}`,
    'docker.io/bitnami/nginx:1.27.3-debian-12-r5',
    'name image.repository=docker.io/bitnami/nginx tag image.tag=1.27.3-debian-12-r5',
  ],
  [
    "bitnami's registry for all images",
    'global: {imageRegistry: harbor.acme.io}\nimage: {registry: docker.io, repository: bitnami/nginx, tag: 1.27.3}',
    'harbor.acme.io/bitnami/nginx:1.27.3',
    'name image.repository=harbor.acme.io/bitnami/nginx tag image.tag=1.27.3',
  ],
  [
    'bitnami, where a digest leaves the tag out',
    `image: {registry: docker.io, repository: bitnami/nginx, tag: 1.27.3, digest: "sha256:${sha}"}`,
    `docker.io/bitnami/nginx@sha256:${sha}`,
    `name image.repository=docker.io/bitnami/nginx tag image.tag=1.27.3 digest image.digest=sha256:${sha}`,
  ],
  [
    'ingress-nginx (kubernetes/ingress-nginx, charts/ingress-nginx/values.yaml)',
    `controller:\n  name: controller\n  image:\n    chroot: false\n    registry: registry.k8s.io\n    image: ingress-nginx/controller\n    tag: "v1.12.0"\n    digest: sha256:${sha}\n    pullPolicy: IfNotPresent`,
    `registry.k8s.io/ingress-nginx/controller:v1.12.0@sha256:${sha}`,
    `name controller.image.image=registry.k8s.io/ingress-nginx/controller tag controller.image.tag=v1.12.0 digest controller.image.digest=sha256:${sha}`,
  ],
  [
    'kube-prometheus-stack, whose sha has no algorithm (prometheus-community/helm-charts)',
    `global: {imageRegistry: ""}\nprometheus:\n  prometheusSpec:\n    image: {registry: quay.io, repository: prometheus/prometheus, tag: v3.1.0, sha: ${sha}}`,
    `quay.io/prometheus/prometheus:v3.1.0@sha256:${sha}`,
    `name prometheus.prometheusSpec.image.repository=quay.io/prometheus/prometheus tag prometheus.prometheusSpec.image.tag=v3.1.0 digest prometheus.prometheusSpec.image.sha=sha256:${sha}`,
  ],
  [
    'kube-prometheus-stack without a sha',
    'prometheus: {prometheusSpec: {image: {registry: quay.io, repository: prometheus/prometheus, tag: v3.1.0, sha: ""}}}',
    'quay.io/prometheus/prometheus:v3.1.0',
    'name prometheus.prometheusSpec.image.repository=quay.io/prometheus/prometheus tag prometheus.prometheusSpec.image.tag=v3.1.0',
  ],
  [
    'cert-manager (cert-manager/cert-manager, deploy/charts/cert-manager/values.yaml)',
    'image: {repository: quay.io/jetstack/cert-manager-controller, tag: v1.16.2}\nwebhook: {image: {repository: quay.io/jetstack/cert-manager-webhook, tag: v1.16.2}}',
    'quay.io/jetstack/cert-manager-webhook:v1.16.2',
    'name webhook.image.repository=quay.io/jetstack/cert-manager-webhook tag webhook.image.tag=v1.16.2',
  ],
  [
    'podinfo (stefanprodan/podinfo, charts/podinfo/values.yaml)',
    'replicaCount: 1\nlogLevel: info\nimage:\n  repository: ghcr.io/stefanprodan/podinfo\n  tag: 6.7.1\n  pullPolicy: IfNotPresent',
    'ghcr.io/stefanprodan/podinfo:6.7.1',
    'name image.repository=ghcr.io/stefanprodan/podinfo tag image.tag=6.7.1',
  ],
  [
    'argo-cd, one image for all its workloads (argoproj/argo-helm, charts/argo-cd/values.yaml)',
    'global: {image: {repository: quay.io/argoproj/argocd, tag: v2.13.2}}\ncontroller: {image: {repository: "", tag: ""}}\nserver: {image: {repository: "", tag: ""}}',
    'quay.io/argoproj/argocd:v2.13.2',
    'name global.image.repository=quay.io/argoproj/argocd tag global.image.tag=v2.13.2',
  ],
  [
    'traefik (traefik/traefik-helm-chart, traefik/values.yaml)',
    'image: {registry: docker.io, repository: traefik, tag: v3.2.3}',
    'docker.io/traefik:v3.2.3',
    'name image.repository=docker.io/traefik tag image.tag=v3.2.3',
  ],
]

describe('the image is found in values as charts have them', () => {
  test.each(charts)('%s', (_, values, live, slot) => {
    expect(slotText(live, [values])).toBe(`0.yaml ${slot}`)
  })

  test.each([
    ['one string', `image: ${web}`, 'reference image=ghcr.io/acme/web:1.2.3'],
    ['one string under any key', `inline_image: ${web}`, 'reference inline_image=ghcr.io/acme/web:1.2.3'],
    [
      'image and tag beside each other',
      'image: ghcr.io/acme/web\ntag: 1.2.3',
      'name image=ghcr.io/acme/web tag tag=1.2.3',
    ],
    [
      'a version under an image key',
      'coreImage: {repository: ghcr.io/acme/web, version: 1.2.3}',
      'name coreImage.repository=ghcr.io/acme/web tag coreImage.version=1.2.3',
    ],
    [
      'a name under an image key',
      'image: {name: ghcr.io/acme/web, tag: 1.2.3}',
      'name image.name=ghcr.io/acme/web tag image.tag=1.2.3',
    ],
    [
      'a repository and a name',
      'image: {repository: ghcr.io/acme, name: web, tag: 1.2.3}',
      'name image.name=ghcr.io/acme/web tag image.tag=1.2.3',
    ],
    [
      'keys with a common beginning',
      'webImage: ghcr.io/acme/web\nwebImageTag: 1.2.3',
      'name webImage=ghcr.io/acme/web tag webImageTag=1.2.3',
    ],
    [
      'keys for repository and tag beside others',
      'imageRepository: ghcr.io/acme/web\nimageTag: 1.2.3\nversion: 7',
      'name imageRepository=ghcr.io/acme/web tag imageTag=1.2.3',
    ],
    [
      'an item of a list',
      `sidecars:\n- {name: a, image: "ghcr.io/acme/a:1"}\n- {name: b, image: {repository: ghcr.io/acme/web, tag: 1.2.3}}`,
      'name sidecars[1].image.repository=ghcr.io/acme/web tag sidecars[1].image.tag=1.2.3',
    ],
    ['keys with dots', `"a.b": {image: ${web}}`, 'reference ["a.b"].image=ghcr.io/acme/web:1.2.3'],
    [
      'what an alias repeats is one place',
      `web: &one {image: {repository: ghcr.io/acme/web, tag: 1.2.3}}\nworker: *one`,
      'name web.image.repository=ghcr.io/acme/web tag web.image.tag=1.2.3',
    ],
    [
      'a tag with a number that YAML would shorten',
      'image: {repository: ghcr.io/acme/web, tag: 1.10}',
      'name image.repository=ghcr.io/acme/web tag image.tag=1.10',
      'ghcr.io/acme/web:1.10',
    ],
    [
      'a tag that carries the digest',
      `image: {repository: ghcr.io/acme/web, tag: "1.2.3@sha256:${sha}"}`,
      `name image.repository=ghcr.io/acme/web tag image.tag=1.2.3@sha256:${sha}`,
      `ghcr.io/acme/web:1.2.3@sha256:${sha}`,
    ],
    [
      'a short name of Docker Hub',
      'image: {repository: nginx, tag: 1.27.0}',
      'name image.repository=nginx tag image.tag=1.27.0',
      'docker.io/library/nginx:1.27.0',
    ],
    ['a name to which the chart adds its registry', 'image: {repository: acme/web, tag: 1.2.3}', 'tag image.tag=1.2.3'],
  ])('%s', (_, values, slot, live = web) => {
    expect(slotText(live, [values])).toBe(`0.yaml ${slot}`)
  })

  test('the file that decides the tag is the one that changes', () => {
    const chart = 'image: {registry: ghcr.io, repository: acme/web, tag: "", pullPolicy: Always}'
    expect(slotText(web, ['image: {tag: 1.2.3}', chart])).toBe('0.yaml tag image.tag=1.2.3')
    expect(slotText(web, ['replicas: 2', 'image: {tag: 1.2.3}', chart])).toBe('1.yaml tag image.tag=1.2.3')
    expect(look(web, ['image: {tag: 1.2.3}', chart]).image).toBe(web)
  })

  test('a place that is known is asked again, whatever the live tag is', () => {
    const values = ['a: {image: "ghcr.io/acme/web:2"}\nb: {image: "ghcr.io/acme/web:2"}']
    expect(look(web, values, { decidedAt: { file: '0.yaml', keyPath: '0:b.image' } }).slot.fields[0]?.line).toBe(2)
  })

  test('while the cluster is behind, the only place of that name is the one', () => {
    const values = ['image: {repository: ghcr.io/acme/web, tag: 1.3.0}']
    expect(look(web, values, { isSettled: false }).image).toBe('ghcr.io/acme/web:1.3.0')
    expect(refusalOf(() => look(web, values, { isSettled: false, unseenOver: () => ['Secret x'] }))?.code).toBe(
      'Masked',
    )
    expect(look(web, [`image: ${web}`], { unseenOver: () => ['Secret x'] }).via.join()).toContain('Secret x')
  })
})

describe('what is not clear is refused by name', () => {
  const one = 'image: {repository: ghcr.io/acme/web, tag: 1.2.3}'
  const rows: [why: string, values: string[], code: string, words: string, more?: Partial<PresentImage>][] = [
    ['two components with one image', [`web: {${one}}\nworker: {${one}}`], 'Ambiguous', '0.yaml:2 worker.image says'],
    ['Git says another tag', ['image: {repository: ghcr.io/acme/web, tag: 2.0.0}'], 'Masked', '0.yaml:1 image says'],
    [
      'two other tags of that name',
      ['a: {image: "ghcr.io/acme/web:2"}\nb: {image: "ghcr.io/acme/web:3"}'],
      'NotTraced',
      '0.yaml:2 b.image says ghcr.io/acme/web:3',
    ],
    [
      'two images of that name while the cluster is behind',
      [`a: {${one}}\nb: {image: "ghcr.io/acme/web:1.3.0"}`],
      'Ambiguous',
      '0.yaml:2 b.image',
      { isSettled: false },
    ],
    ['only the tag is written', ['image: {tag: 1.2.3}'], 'NotTraced', 'add repository: ghcr.io/acme/web beside it'],
    ['the tag is empty', ['image: {repository: ghcr.io/acme/web, tag: ""}'], 'NotTraced', 'appVersion'],
    ['nothing is there', ['replicas: 1'], 'NotTraced', 'tag: "1.2.3"'],
    ['values that hold themselves', ['a: &a {b: *a}'], 'ManifestInvalid', 'too deep'],
    [
      'aliases of aliases without end',
      [`a: &a [${'x,'.repeat(99)}x]\nb: &b [${'*a,'.repeat(99)}*a]\nc: [${'*b,'.repeat(99)}*b]`],
      'ManifestInvalid',
      'too many',
    ],
    ['a placeholder', ['image: {repository: ghcr.io/acme/web, tag: "{{ .tag }}"}'], 'Templated', '0.yaml:1 image'],
    [
      'tag and digest in two files',
      ['image: {tag: 1.2.3}', `image: {repository: ghcr.io/acme/web, digest: "sha256:${sha}"}`],
      'Ambiguous',
      '1.yaml:1 says sha256',
      { image: `${web}@sha256:${sha}` },
    ],
    [
      'a tag that comes through an alias',
      ['version: &v 1.2.3\nimage: {repository: ghcr.io/acme/web, tag: *v}'],
      'NotEditable',
      'alias *v',
    ],
    [
      'a tag that comes through a merge key',
      ['x: &x {tag: 1.2.3}\nimage: {<<: *x, repository: ghcr.io/acme/web}'],
      'NotEditable',
      'merge key',
    ],
    [
      'a tag that an alias gives to another image',
      [
        'image: {repository: ghcr.io/acme/web, tag: &v 1.2.3}\nother: {image: {repository: ghcr.io/acme/other, tag: *v}}',
      ],
      'NotEditable',
      'other.image',
    ],
    ['a digest that is not in these values', [one], 'Masked', 'the cluster runs', { image: `${web}@sha256:${sha}` }],
  ]
  test.each(rows)('%s', (_, values, code, words, more = {}) => {
    const refusal = refusalOf(() => look(more.image ?? web, values, more))
    expect(refusal?.code).toBe(code)
    expect(`${refusal?.message} ${refusal?.evidence.join('; ')}`).toContain(words)
  })

  test('a layer that is not understood hides what lies below it and nothing above', () => {
    const [top, below] = merged('image: {repository: ghcr.io/acme/web, tag: 1.2.3}', 'replicas: 1')
    const opaque = { place: below?.place as NonNullable<typeof below>['place'], opaque: 'x.yaml:1 is a plugin' }
    const find = (layers: Merged) => imageInValues(layers, { image: web, isSettled: true }, 'HelmRelease shop/web')
    expect(find([top, opaque].filter((layer) => layer !== undefined)).image).toBe(web)
    const refusal = refusalOf(() => find([opaque, top].filter((layer) => layer !== undefined)))
    expect([refusal?.code, refusal?.evidence]).toEqual(['Masked', ['x.yaml:1 is a plugin']])
  })
})

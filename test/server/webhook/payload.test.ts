import { describe, expect, it } from 'vitest'
import type { WebhookType } from '../../../src/api/webhook-type.ts'
import { parseJsonBody } from '../../../src/server/json-body.ts'
import { readNews } from '../../../src/server/webhook/news.ts'
import { readPackageUrl } from '../../../src/server/webhook/payload/package-url.ts'
import { senderTypes } from '../../../src/server/webhook/type.ts'
import { fixtureNames, readFixture, typeOf } from './fixture.ts'

const ourRepository = (address: string) =>
  address === 'https://github.com/Acme/gitops.git' ? 'github.com/acme/gitops' : undefined

/** What a payload of a type leads to: images as references, the rest in words. */
function hintsOf(
  type: WebhookType,
  payload: unknown,
  headers: Record<string, string> = {},
  registry?: string,
): string[] {
  return senderTypes[type]
    .parse(payload, { header: (name) => headers[name] })
    .flatMap((one) => readNews(one, { registry, repository: ourRepository }) ?? [])
    .map(({ hint }) => {
      if (!('about' in hint)) return `${hint.registry}/${hint.repository}:${hint.tag ?? ''}`
      return [hint.about, hint.pullRequest, hint.branch, 'of', hint.repository].filter(Boolean).join(' ')
    })
}

const registry = 'registry.example.com:5000'
const ourBranch = 'fairlead/prod-web-0123abcd of github.com/acme/gitops'

/** Every recorded body and the images it is news of. */
const recorded: Readonly<Record<string, readonly string[]>> = {
  'acr-chart-push': [],
  'acr-delete': [],
  'acr-ping': [],
  'acr-push': ['acme.azurecr.io/team/app:1.4.6'],
  'acr-push-digest': [],
  'aliyun-push': ['registry.cn-hangzhou.aliyuncs.com/acme/app:1.4.6'],
  'cdevents-foreign': [],
  'cdevents-packaged': [],
  'cdevents-published-binary': ['ghcr.io/acme/app:1.4.6'],
  'cdevents-published-harbor': ['harbor.example.com/library/app:v1.0'],
  'cdevents-published-npm': [],
  'cdevents-published-structured': ['ghcr.io/acme/app:1.4.6'],
  'dockerhub-official': ['docker.io/library/nginx:1.4.6'],
  'dockerhub-push': ['docker.io/acme/app:1.4.6'],
  'dockerhub-without-repo-name': ['docker.io/acme/app:1.4.6'],
  'dockerhub-without-tag': [],
  'ecr-cloudevent': ['123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1.4.6'],
  'ecr-cloudevent-subject': ['123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1.4.6'],
  'ecr-delete': [],
  'ecr-push': ['123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1.4.6'],
  'ecr-push-china': ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/team/app:1.4.6'],
  'ecr-push-failure': [],
  'ecr-push-untagged': [],
  'gar-delete': [],
  'gar-insert': ['us-west1-docker.pkg.dev/acme/docker/team/app:1.4.6'],
  'gar-insert-untagged': [],
  'gar-other-message': [],
  'generic-cloudevent': [`${registry}/team/app:1.4.6`],
  'generic-cloudevent-binary': [`${registry}/team/app:1.4.6`],
  'generic-cloudevent-other': [],
  'generic-image': ['ghcr.io/acme/app:1.4.6'],
  'generic-native': ['gcr.io/acme/app:1.4.6'],
  'ghcr-package': ['ghcr.io/acme/app:1.4.6'],
  'ghcr-package-npm': [],
  'ghcr-package-untagged': [],
  'ghcr-package-updated': ['ghcr.io/acme/app:stable'],
  'ghcr-ping': [],
  'ghcr-registry-package': ['ghcr.io/acme/app:1.4.6'],
  'github-check-run': [`pull-request ${ourBranch}`],
  'github-check-run-created': [],
  'github-check-suite': [`pull-request ${ourBranch}`],
  'github-check-suite-fork': [],
  'github-check-suite-requested': [],
  'github-issues': [],
  'github-package': ['ghcr.io/acme/app:1.4.6'],
  'github-ping': [],
  'github-pull-request-fork': [],
  'github-pull-request-fork-gone': [],
  'github-pull-request-labeled': [`pull-request 2 ${ourBranch}`],
  'github-pull-request-merged': [`pull-request 2 ${ourBranch}`],
  'github-push': ['branch main of github.com/acme/gitops'],
  'github-push-deleted': ['branch release/1.x of github.com/acme/gitops'],
  'github-push-elsewhere': [],
  'github-push-tag': [],
  'github-registry-package': ['ghcr.io/acme/app:1.4.6'],
  'github-review': [`pull-request 2 ${ourBranch}`],
  'github-status': [`pull-request ${ourBranch}`, 'pull-request preview of github.com/acme/gitops'],
  'github-status-pending': [],
  'gitlab-push': ['registry.gitlab.example.com/acme/shop/app:1.4.6'],
  'harbor-cloudevent': ['harbor.example.com/library/app:1.4.6'],
  'harbor-pull': [],
  'harbor-push': ['harbor.example.com/library/app:1.4.6'],
  'harbor-push-digest': ['harbor.example.com/library/app:1.4.6'],
  'harbor-push-old': ['harbor.example.com/library/app:1.4.6'],
  'harbor-push-port': ['harbor.example.com:8443/library/app:1.4.6', 'harbor.example.com:8443/library/app:latest'],
  'jfrog-artifact': [],
  'jfrog-deleted': [],
  'jfrog-pushed': ['acme.jfrog.io/docker-local/team/app:1.4.6'],
  'jfrog-pushed-path': ['acme.jfrog.io/docker-local/team/app:1.4.6'],
  'nexus-asset': ['nexus.example.com:8083/team/app:1.4.6'],
  'nexus-asset-blob': [],
  'nexus-component': ['nexus.example.com:8083/team/app:1.4.6'],
  'nexus-component-deleted': [],
  'nexus-component-maven': [],
  'quay-push': ['quay.io/acme/app:latest', 'quay.io/acme/app:1.4.6', 'quay.io/acme/app:1.4'],
  'quay-self-hosted': ['quay.example.com:8443/acme/app:1.4.6'],
  'quay-without-tags': [],
  'registry-delete': [],
  'registry-pull': [],
  'registry-push-blob': [],
  'registry-push-child': [],
  'registry-push-index': [`${registry}/team/app:1.1.0`],
  'registry-push-manifest': [`${registry}/team/app:1.0.0`],
  'registry-several': [`${registry}/team/app:2.0.0`, `${registry}/team/app:2.0.1`],
  'registry-without-request-host': [`${registry}/team/app:1.6.1`],
}

describe('a recorded body', () => {
  it('stands in the table, each of them', () => expect(Object.keys(recorded).sort()).toEqual(fixtureNames))

  it.each(Object.entries(recorded))('%s', (name, expected) => {
    const { body, headers } = readFixture(name)
    const override = typeOf(name) === 'nexus' ? 'nexus.example.com:8083' : undefined
    expect(hintsOf(typeOf(name), parseJsonBody(body), headers, override)).toEqual(expected)
  })

  it.each(Object.keys(senderTypes) as WebhookType[])('is there for %s', (type) => {
    expect(fixtureNames.filter((name) => typeOf(name) === type)).not.toEqual([])
  })
})

describe('an odd body', () => {
  const event = (host: string | undefined, target: object) => ({
    events: [{ action: 'push', target: { repository: 'team/app', tag: '1.0', ...target }, request: { host } }],
  })
  const hub = (tag: unknown, repository: object) => ({ push_data: { tag, pushed_at: 1417566161.5 }, repository })
  const ghcr = (version: object, more: object = {}) => ({
    action: 'published',
    package: { name: 'app', package_type: 'Container', owner: { login: 'ACME' }, package_version: version, ...more },
  })
  const tagged = (name: unknown) => ({ package_url: '', container_metadata: { tag: { name } } })
  const jfrog = (data: object) => ({ domain: 'docker', event_type: 'pushed', data: { repo_key: 'd', ...data } })
  const ecr = (account: string, region: string) => ({
    source: 'aws.ecr',
    account,
    region,
    detail: { result: 'SUCCESS', 'action-type': 'PUSH', 'repository-name': 'app', 'image-tag': '1' },
  })
  const gar = (note: unknown) => ({ message: { data: Buffer.from(JSON.stringify(note)).toString('base64') } })
  const pushed = { specversion: '1.0', type: 'image.push' }

  const table: [string, WebhookType, unknown, string[], registry?: string][] = [
    ['a port that https implies is left out', 'registry', event('ghcr.io:443', {}), ['ghcr.io/team/app:1.0']],
    ['a host in capitals is written small', 'registry', event('GHCR.io', {}), ['ghcr.io/team/app:1.0']],
    [
      'a host that is none leads to the address',
      'registry',
      event('a b', { url: 'http://q.io/v2/x' }),
      ['q.io/team/app:1.0'],
    ],
    ['a path in the host is cut off', 'registry', event('ghcr.io/evil', {}), ['ghcr.io/team/app:1.0']],
    ['no host at all is no news', 'registry', event(undefined, {}), []],
    ['unless the configuration says one', 'registry', event(undefined, {}), ['r.io/team/app:1.0'], 'r.io'],
    ['a repository that climbs is no news', 'registry', event('ghcr.io', { repository: '../../x' }), []],
    ['a repository with capitals is no news', 'registry', event('ghcr.io', { repository: 'Team/App' }), []],
    ['a tag with a digest is no news', 'registry', event('ghcr.io', { tag: `1@sha256:${'a'.repeat(64)}` }), []],
    ['a tag with a slash is no news', 'registry', event('ghcr.io', { tag: '1/2' }), []],
    ['an empty tag is a push by digest', 'registry', event('ghcr.io', { tag: '' }), []],
    ['a host without a dot is not taken for a folder of Docker Hub', 'registry', event('harbor', {}), []],
    ['Docker Hub without a name is no news', 'dockerhub', hub('1', {}), []],
    ['library/ is added on Docker Hub', 'dockerhub', hub('1', { repo_name: 'nginx' }), ['docker.io/library/nginx:1']],
    ['and kept elsewhere', 'harbor', harborPush('h.io/library/nginx:1', 'library/nginx'), ['h.io/library/nginx:1']],
    [
      'Harbor with a scheme before the host',
      'harbor',
      harborPush('https://h.io:8443/a/b:1', 'a/b'),
      ['h.io:8443/a/b:1'],
    ],
    ['Harbor without resources', 'harbor', { type: 'PUSH_ARTIFACT', event_data: { repository: { name: 'a' } } }, []],
    ['Harbor without event data', 'harbor', { type: 'PUSH_ARTIFACT' }, []],
    ['an owner in capitals is written small', 'ghcr', ghcr(tagged('1')), ['ghcr.io/acme/app:1']],
    ['a version without metadata is no image', 'ghcr', ghcr({ container_metadata: null }), []],
    ['a digest where the tag should be is none', 'ghcr', ghcr(tagged(`sha256:${'a'.repeat(64)}`)), []],
    ['a package within a path', 'ghcr', ghcr(tagged('1'), { name: 'shop/App' }), ['ghcr.io/acme/shop/app:1']],
    [
      'GitHub Enterprise has its own host',
      'ghcr',
      ghcr({ ...tagged('1'), package_url: 'containers.gh.example/acme/app:1' }),
      ['containers.gh.example/acme/app:1'],
    ],
    ['any other event of GitHub', 'ghcr', { action: 'opened', issue: {} }, []],
    ['one tag twice is asked for once', 'quay', { repository: 'a/b', updated_tags: ['1', '1'] }, ['quay.io/a/b:1']],
    [
      'tags that no image can have are left out',
      'quay',
      { repository: 'a/b', updated_tags: ['', '1/2', '2'] },
      ['quay.io/a/b:2'],
    ],
    ['Quay with null for tags', 'quay', { repository: 'a/b', updated_tags: null }, []],
    ['JFrog without its own address', 'jfrog', jfrog({ image_name: 'a', tag: '1' }), []],
    [
      'JFrog behind a virtual repository',
      'jfrog',
      jfrog({ image_name: 'a', tag: '1' }),
      ['j.io/docker/a:1'],
      'j.io/docker',
    ],
    ['JFrog with a path that is too short', 'jfrog', jfrog({ path: 'manifest.json' }), [], 'j.io'],
    ['an account that is none', 'ecr', ecr('1234', 'us-east-1'), []],
    ['a region that leads elsewhere', 'ecr', ecr('123456789012', 'x.evil.example/'), []],
    [
      'a region of Alibaba that leads elsewhere',
      'aliyun',
      { push_data: { tag: '1' }, repository: { region: 'evil.example/', repo_full_name: 'a/b' } },
      [],
    ],
    [
      'Alibaba behind its own host',
      'aliyun',
      { push_data: { tag: '1' }, repository: { namespace: 'a', name: 'b' } },
      ['acme-registry.cn-hangzhou.cr.aliyuncs.com/a/b:1'],
      'acme-registry.cn-hangzhou.cr.aliyuncs.com',
    ],
    ['a note that is an array', 'gar', gar([]), []],
    ['a note of another shape', 'gar', gar({ action: 'INSERT', tag: 5 }), []],
    ['data that is no base64', 'gar', { message: { data: '%%%' } }, []],
    [
      'an image by digest alone leads to a look',
      'generic',
      { image: `ghcr.io/a/b@sha256:${'a'.repeat(64)}` },
      ['ghcr.io/a/b:'],
    ],
    ['an image of Docker Hub', 'generic', { image: 'nginx:1' }, ['docker.io/library/nginx:1']],
    ['the tag of the image wins', 'generic', { image: 'ghcr.io/a/b:1', tag: '2' }, ['ghcr.io/a/b:1']],
    [
      'an event that names its host by its source',
      'generic',
      { ...pushed, source: 'https://r.io/x', subject: 'a/b:1' },
      ['r.io/a/b:1'],
    ],
    ['an event without any host', 'generic', { ...pushed, source: '/x', subject: 'a/b:1' }, []],
    ['an event about nothing', 'generic', { ...pushed, source: 'https://r.io' }, []],
    [
      'a component of Nexus without version',
      'nexus',
      { action: 'CREATED', component: { format: 'docker', name: 'a' } },
      [],
      'n.io',
    ],
    [
      'Nexus by path',
      'nexus',
      { action: 'CREATED', component: { format: 'docker', name: 'a', version: '1' } },
      ['n.io/docker-hosted/a:1'],
      'n.io/docker-hosted',
    ],
    [
      'an asset that is a digest',
      'nexus',
      { action: 'CREATED', asset: { format: 'docker', name: `v2/a/manifests/sha256:${'a'.repeat(64)}` } },
      [],
      'n.io',
    ],
  ]
  it.each(table)('%s', (_, type, payload, expected, override) => {
    expect(hintsOf(type, payload, {}, override)).toEqual(expected)
  })

  function harborPush(resource_url: string, repo_full_name: string): object {
    const resources = [{ tag: '1', resource_url }]
    return { type: 'PUSH_ARTIFACT', event_data: { resources, repository: { repo_full_name } } }
  }
})

it('a binary CloudEvent of another type is no news, whatever its body', () => {
  const headers = { 'ce-specversion': '1.0', 'ce-type': 'com.example.order.placed' }
  expect(hintsOf('cdevents', { order: 7 }, headers)).toEqual([])
})

describe('a body of the wrong shape', () => {
  const refused: [string, WebhookType, unknown, RegExp][] = [
    ['an array', 'registry', [], /^the body: /],
    ['a number', 'registry', 5, /^the body: /],
    ['nothing', 'registry', null, /^the body: /],
    ['no events', 'registry', {}, /^events: /],
    ['an event without action', 'registry', { events: [{}] }, /^events\.0\.action: /],
    [
      'a tag that is a number',
      'registry',
      { events: [{ action: 'push', target: { tag: 1 } }] },
      /^events\.0\.target\.tag: /,
    ],
    ['too many events', 'gitlab', { events: Array(1001).fill({ action: 'push' }) }, /^events: /],
    [
      'a host without end',
      'registry',
      { events: [{ action: 'push', request: { host: 'x'.repeat(256) } }] },
      /^events\.0\.request\.host: /,
    ],
    ['a hub tag that is a number', 'dockerhub', { push_data: { tag: 7 }, repository: {} }, /^push_data\.tag: /],
    ['no action', 'acr', {}, /^action: /],
    ['no push', 'aliyun', {}, /^push_data: /],
    ['a type that is a number', 'harbor', { type: 1 }, /^type: /],
    ['tags that are a text', 'quay', { repository: 'a/b', updated_tags: '1' }, /^updated_tags: /],
    ['a package that is a text', 'ghcr', { package: 'app' }, /^package: /],
    ['no detail', 'ecr', { source: 'aws.ecr' }, /^detail: /],
    ['no message', 'gar', {}, /^message: /],
    ['data that is a text', 'jfrog', { domain: 'docker', data: 'x' }, /^data: /],
    ['a component that is a list', 'nexus', { component: [] }, /^component: /],
    ['no image', 'generic', {}, /^the body: needs image/],
    ['an image that cannot be', 'generic', { image: 'A b' }, /image reference/],
    ['an event without type', 'generic', { specversion: '1.0' }, /^type: /],
    ['no context', 'cdevents', {}, /^context: /],
    [
      'an artifact without subject',
      'cdevents',
      { context: { type: 'dev.cdevents.artifact.published.0.2.0' } },
      /^subject: /,
    ],
  ]
  it.each(refused)('%s is refused and the place is said (%s)', (_, type, payload, message) => {
    expect(() => hintsOf(type, payload)).toThrow(expect.objectContaining({ code: 'UsageInvalid' }))
    expect(() => hintsOf(type, payload)).toThrow(message)
  })

  it.each(Object.keys(senderTypes) as WebhookType[])('of type %s never leads to another error', (type) => {
    for (const payload of [null, [], 'x', 7, true, {}, { specversion: 1 }, { data: null }, { events: null }]) {
      try {
        expect(hintsOf(type, payload)).toEqual([])
      } catch (error) {
        expect(error).toMatchObject({ code: 'UsageInvalid' })
      }
    }
  })
})

describe('the id of an event', () => {
  const idsOf = (name: string) => {
    const { body, headers } = readFixture(name)
    const parse = senderTypes[typeOf(name)].parse
    return parse(parseJsonBody(body), { header: (one) => headers[one] }).map(({ id }) => id)
  }
  const digest = (character: string) => `sha256:${character.repeat(64)}`
  const table: [string, (string | undefined)[]][] = [
    ['acr-push', ['cb8c3971-9adc-488b-a2b1-43cbb4974ff5']],
    ['aliyun-push', [`2026-11-29 12:25:46 acme/app 1.4.6 ${digest('4')}`]],
    ['cdevents-published-binary', ['/pipelines/acme/app 271069a8-fc18-44f1-b38f-9d70a1695819']],
    ['dockerhub-push', ['1417566161 acme/app 1.4.6']],
    ['ecr-push', ['13cde686-328b-6117-af20-0e5566167482']],
    ['gar-insert', ['2070443601311540']],
    ['generic-cloudevent', ['https://registry.example.com A234-1234-1234']],
    ['generic-image', [undefined]],
    ['ghcr-package', [undefined]],
    ['harbor-push', [`1680501893 library/app 1.4.6 ${digest('9')}`]],
    ['harbor-cloudevent', [`66e18103-09c1-41f6-982f-37df223f3eeb library/app 1.4.6 ${digest('9')}`]],
    ['jfrog-pushed', [undefined]],
    ['nexus-component', [undefined]],
    ['quay-push', [undefined, undefined, undefined]],
    ['registry-push-manifest', ['a9bda00b-ab7f-4193-8005-cc97beca1d57']],
  ]
  it.each(table)('of %s is the one that makes it unique, or none', (name, expected) => {
    expect(idsOf(name)).toEqual(expected)
  })
})

describe('a package URL', () => {
  const digest = `sha256%3A${'a'.repeat(64)}`
  const image = { registry: 'ghcr.io', repository: 'acme/app', tag: '1.4.6' }
  const table: [string, string, object | undefined][] = [
    ['with the name in the address', `pkg:oci/app@${digest}?repository_url=ghcr.io/acme/app&tag=1.4.6`, image],
    ['with the name behind the address', `pkg:oci/app@${digest}?repository_url=ghcr.io%2Facme&tag=1.4.6`, image],
    ['with a scheme in the address', 'pkg:oci/app?repository_url=https://ghcr.io/acme/app&tag=1.4.6', image],
    [
      'with the tag in the address, too',
      `pkg:oci/app?repository_url=ghcr.io/acme/app:1.4.6@${digest}&tag=1.4.6`,
      image,
    ],
    ['with a host alone', 'pkg:docker/acme/app@1.4.6?repository_url=ghcr.io', image],
    ['of Docker Hub', 'pkg:docker/acme/app@1.4.6', { ...image, registry: 'docker.io' }],
    [
      'with a port',
      'pkg:oci/app?repository_url=r.io:5000/acme&tag=1',
      { registry: 'r.io:5000', repository: 'acme/app', tag: '1' },
    ],
    ['without tag', `pkg:oci/app@${digest}?repository_url=ghcr.io/acme`, { ...image, tag: undefined }],
    ['without address', 'pkg:oci/app?tag=1.4.6', { registry: undefined, repository: 'app', tag: '1.4.6' }],
    ['of another type', 'pkg:npm/app@1.4.6', undefined],
    ['that is none', 'ghcr.io/acme/app:1.4.6', undefined],
    ['whose escapes are broken', 'pkg:oci/%E0%A4%A@1', undefined],
  ]
  it.each(table)('%s', (_, text, expected) => expect(readPackageUrl(text)).toEqual(expected))
})

describe('prototype keys', () => {
  it('do no harm, wherever they stand', () => {
    const hostile =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"events":[{"__proto__":{"action":"push"},"action":"pull"}]}'
    expect(hintsOf('registry', parseJsonBody(Buffer.from(hostile)))).toEqual([])
    expect('polluted' in {}).toBe(false)
  })

  it('do not stand in for what is missing', () => {
    const hostile = Buffer.from('{"__proto__":{"events":[]}}')
    expect(() => hintsOf('registry', parseJsonBody(hostile))).toThrow(/^events: /)
  })
})

describe('a body that is not JSON', () => {
  const table: [string, string | Buffer, RegExp][] = [
    ['is cut off', '{"events":[', /body of 11 bytes is not JSON at its end/],
    ['lacks a comma', '{"a":1 "b":2}', /at position 7/],
    ['is a form', 'secret=hunter2', /is not JSON$/],
    ['is empty', '', /body of 0 bytes/],
    ['is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /body of 3 bytes/],
    ['ends within a text', '{"hunter2', /body of 9 bytes/],
    ['ends within an escape', '"\\', /body of 2 bytes/],
  ]
  it.each(table)('because it %s is refused without being quoted', (_, body, message) => {
    expect(() => parseJsonBody(Buffer.from(body))).toThrow(message)
    expect(() => parseJsonBody(Buffer.from(body))).not.toThrow(/hunter2/)
  })

  const nested = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  const shapes: [string, Buffer, RegExp | undefined][] = [
    ['as deep as allowed', nested(64), undefined],
    ['one level deeper', nested(65), /deeper than 64/],
    ['a mebibyte of opening brackets', Buffer.alloc(1024 * 1024, '['), /deeper than 64/],
    ['as deep by objects', Buffer.from('{"a":'.repeat(65)), /deeper than 64/],
    ['as many values as allowed', Buffer.from(`[${'0,'.repeat(19_999)}0]`), undefined],
    ['a mebibyte of empty objects', Buffer.from(`[${'{},'.repeat(300_000)}{}]`), /more than 20000 values/],
    ['brackets and commas in texts', Buffer.from(JSON.stringify({ a: `${'[{,'.repeat(30_000)}"\\` })), undefined],
    ['brackets behind an escaped quote', Buffer.from(`["\\"${'['.repeat(100)}"]`), undefined],
  ]
  it.each(shapes)('%s', (_, body, message) => {
    if (message === undefined) expect(parseJsonBody(body)).toEqual(JSON.parse(body.toString()))
    else expect(() => parseJsonBody(body)).toThrow(message)
  })
})

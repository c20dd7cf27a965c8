import { describe, expect, test } from 'vitest'
import { parseConfig, readEnvironment } from '../src/config.ts'
import { FairleadError } from '../src/errors.ts'

function mistakes(text: string): readonly string[] {
  try {
    parseConfig('fairlead.yaml', text)
    return []
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error
    return error.evidence.length > 0 ? error.evidence : [error.message]
  }
}

describe('the configuration', () => {
  test('of an empty file observes and writes nothing', () => {
    const config = parseConfig('fairlead.yaml', '')
    expect(config).toMatchObject({ mode: 'observe', suspend: false, polling: { interval: 300_000 } })
    expect(config.rollouts.deadline).toBe(900_000)
    expect(config.cluster.namespaces.exclude).toContain('kube-system')
  })

  test('is frozen', () => {
    const config = parseConfig('fairlead.yaml', 'mode: commit')
    expect(() => Object.assign(config.git, { backend: 'native' })).toThrow(TypeError)
  })

  test.each([
    '',
    'team',
    '!team',
    'team=shop',
    'a==b, c!=d',
    'app.kubernetes.io/part-of in (shop, pay),tier notin (db)',
  ])('takes the label selector %j', (labelSelector) => {
    expect(parseConfig('fairlead.yaml', JSON.stringify({ cluster: { labelSelector } })).cluster.labelSelector).toBe(
      labelSelector,
    )
  })

  const wrong: [what: string, text: string, ...expected: string[]][] = [
    ['a misspelt key with a suggestion', 'mdoe: commit', 'fairlead.yaml:1: mdoe: unknown key; did you mean mode?'],
    [
      'a misspelt key deep down',
      'git:\n  repositories:\n  - url: https://a/b\n    allowPath: []',
      'fairlead.yaml:4: git.repositories[0].allowPath: unknown key; did you mean allowPaths?',
    ],
    [
      'a value that is not allowed',
      'mode: comit',
      'fairlead.yaml:1: mode: Invalid option: expected one of "observe"|"pull-request"|"commit"',
    ],
    ['a duration without a unit', 'polling: {interval: "5"}', 'polling.interval: a duration such as 30s, 5m or 1h30m'],
    [
      'a number where text belongs',
      'cluster: {name: 5}',
      'cluster.name: Invalid input: expected string, received number',
    ],
    [
      'a hint to an engine over plain http',
      `notify: {fluxReceiver: {url: "http://a/hook/${'a'.repeat(64)}", tokenFile: /x}}`,
      'notify.fluxReceiver: plain http needs insecure: true',
    ],
    [
      'an address that is no Receiver',
      'notify: {fluxReceiver: {url: "https://a/hook", tokenFile: /x}}',
      'notify.fluxReceiver: the path of url must be the status.webhookPath of the Receiver, /hook/<64 hex digits>',
    ],
    [
      'an address that is no webhook of Argo CD',
      'notify: {argocdWebhook: {url: "https://argocd.example.com", secretFile: /x}}',
      'notify.argocdWebhook: url must end in /api/webhook',
    ],
    [
      'a login in the address of an engine',
      'notify: {argocdWebhook: {url: "https://a:b@argocd.example.com/api/webhook", secretFile: /x}}',
      'notify.argocdWebhook.url: an http or https address without credentials and query',
    ],
    [
      'a hint that nobody could sign',
      'notify: {argocdWebhook: {url: "https://argocd.example.com/api/webhook"}}',
      'notify.argocdWebhook.secretFile: is missing',
    ],
    [
      'a cloud that is not known',
      'registries:\n- host: a.example\n  auth:\n    provider: oracle',
      'fairlead.yaml:4: registries[0].auth.provider: needs provider: aws, gcp or azure',
    ],
    [
      'a key that belongs to another cloud',
      'registries:\n- host: a.example\n  auth: {provider: gcp, region: x}',
      'registries[0].auth.region: unknown key',
    ],
    [
      'two ways to authenticate',
      'registries: [{host: ghcr.io, credentialsFile: /x, auth: {provider: gcp}}]',
      'registries[0]: ghcr.io has credentialsFile and auth; one way to authenticate is enough',
    ],
    [
      'an exclusion, which would allow everything else',
      'git: {repositories: [{url: "https://git/x", allowPaths: ["apps/**", "!apps/secret/**"]}]}',
      'git.repositories[0].allowPaths[1]: a glob without ! before it',
    ],
    [
      'a key defined twice',
      'keys: [{name: a, publicKeyFile: /a}, {name: a, publicKeyFile: /b}]',
      'keys[1].name: key a is defined twice',
    ],
    [
      'an endpoint without TLS',
      'registries: [{host: a.example, auth: {provider: aws, stsURL: "http://sts"}}]',
      'registries[0].auth.stsURL: an https URL',
    ],
    [
      'a label selector that is none',
      'cluster: {labelSelector: "team>shop"}',
      'cluster.labelSelector: a label selector such as team=shop,tier in (web, api)',
    ],
    [
      'plain http without insecure',
      'git: {repositories: [{url: "http://git/x"}]}',
      'git.repositories[0].url: plain http needs insecure: true',
    ],
    [
      'branches that no Git takes',
      'git: {repositories: [{url: "https://git/x", pullRequest: {branchPrefix: "bots/.fairlead/"}}]}',
      'pullRequest.branchPrefix: the start of a branch name, such as fairlead/',
    ],
    [
      'a host that nobody can log in to',
      'git: {repositories: [{url: "https://a/b/c", host: {type: github}}]}',
      'host needs a token: set host.tokenFile, or tokenFile or githubApp of credentials',
    ],
    [
      'a token of an API that would travel in plain sight',
      'git: {repositories: [{url: "https://a/b/c", host: {type: github, tokenFile: t, apiURL: "http://a/api"}}]}',
      'git.repositories[0]: plain http in host.apiURL needs insecure: true',
    ],
    [
      'an address that GitHub cannot have',
      'git: {repositories: [{url: "https://a/b", host: {type: github, tokenFile: t}}]}',
      'the address of a repository at GitHub ends in OWNER/NAME',
    ],
    [
      'a glob of deployments that is none',
      'git: {repositories: [{url: "https://a/b/c", host: {type: github, tokenFile: t, deployments: ["a/{b"]}}]}',
      'host.deployments: the glob a/{b has a { without }',
    ],
    [
      'pull requests of a repository without a host',
      'git: {repositories: [{url: "https://a/b/c", mode: pull-request}]}',
      'git.repositories[0]: mode pull-request needs host',
    ],
    [
      'pull requests everywhere, also of a repository without a host',
      'mode: pull-request\ngit: {repositories: [{url: "https://a/b/c"}, {url: "https://a/b/d", mode: commit}]}',
      'git.repositories[0]: mode pull-request needs host',
    ],
    [
      'an App without its key',
      'git: {repositories: [{url: "https://a/b/c", credentials: {githubApp: {appId: 1, installationId: 2}}}]}',
      'git.repositories[0].credentials.githubApp.privateKeyFile: is missing',
    ],
    [
      'an App by another name of its key',
      'git: {repositories: [{url: "https://a/b/c", credentials: {githubApp: {appID: 1, installationId: 2, privateKeyFile: k}}}]}',
      'git.repositories[0].credentials.githubApp.appId: is missing',
      'git.repositories[0].credentials.githubApp.appID: unknown key',
    ],
    [
      'credentials of no known kind',
      'git: {repositories: [{url: "https://a/b/c", credentials: {token: secret}}]}',
      'expected one of tokenFile | usernameFile + passwordFile | sshKeyFile + knownHostsFile | githubApp',
    ],
    [
      'two kinds of credentials at once',
      'git: {repositories: [{url: "https://a/b/c", credentials: {tokenFile: a, sshKeyFile: b, knownHostsFile: c}}]}',
      'expected one of tokenFile | usernameFile + passwordFile | sshKeyFile + knownHostsFile | githubApp',
    ],
    [
      'a signature that is not known',
      'git: {repositories: [{url: "https://a/b/c", signing: {format: gpg}}]}',
      'git.repositories[0].signing.format: needs format: ssh or github',
    ],
    [
      'the pages of a GitHub instead of its API',
      'git: {repositories: [{url: "https://a/b/c", host: {type: github, tokenFile: t, apiURL: "https://a"}}]}',
      'host.apiURL is the address of the pages; the API of a is https://a/api/v3',
    ],
    [
      'the pages of github.com instead of its API',
      'git: {repositories: [{url: "https://github.com/b/c", host: {type: github, tokenFile: t, apiURL: "https://github.com/api/v3"}}]}',
      'the API of github.com is https://api.github.com',
    ],
    [
      'a team with its organisation',
      'git: {repositories: [{url: "https://a/b/c", pullRequest: {teamReviewers: ["@acme/platform"]}}]}',
      'git.repositories[0].pullRequest.teamReviewers[0]: a name without @ and organisation',
    ],
    [
      'a receiver without a secret',
      'webhooks: {receivers: [{name: hub, type: dockerhub}]}',
      'auth path needs secretFile',
    ],
    [
      'a proof that senders cannot give',
      'webhooks: {receivers: [{name: hub, type: dockerhub, auth: hmac, secretFile: a}]}',
      'auth hmac is nothing that type dockerhub can do; use path or none',
    ],
    [
      'a token of nobody in particular',
      'webhooks: {receivers: [{name: gar, type: gar}]}',
      'auth oidc needs oidc: {audience, email}',
    ],
    [
      'a token from an address that anybody can answer for',
      'webhooks: {receivers: [{name: g, type: gar, oidc: {audience: a, email: b, keysUrl: "http://x/certs"}}]}',
      'an https address without credentials',
    ],
    [
      'an account that nothing asks for',
      'webhooks: {receivers: [{name: g, type: gar, auth: path, secretFile: x, oidc: {audience: a, email: b}}]}',
      'oidc has no meaning with auth path',
    ],
    [
      'a payload that does not say whose it is',
      'webhooks: {receivers: [{name: nexus, type: nexus, secretFile: a}]}',
      'type nexus needs registry',
    ],
    [
      'a misspelt key of a receiver',
      'webhooks: {receivers: [{name: a, type: quay, secretfile: a}]}',
      'did you mean secretFile?',
    ],
    [
      'a receiver defined twice',
      'webhooks: {receivers: [{name: a, type: registry, auth: none}, {name: a, type: registry, auth: none}]}',
      'receiver a is defined twice',
    ],
    [
      'credentials of two kinds',
      'git: {repositories: [{url: "https://a/b", credentials: {tokenFile: a, sshKeyFile: b}}]}',
      'credentials.sshKeyFile: unknown key',
    ],
    [
      'commits signed by a host that is not named',
      'git: {repositories: [{url: "https://a/b", signing: {format: github}}]}',
      'git.repositories[0].signing: format github needs host',
    ],
    [
      'a key that the host does not ask for',
      'git: {repositories: [{url: "https://a/b", host: {type: github}, signing: {format: github, keyFile: a}}]}',
      'signing.keyFile: unknown key',
    ],
    [
      'a key that is not named',
      'git: {repositories: [{url: "https://a/b", signing: {format: ssh}}]}',
      'git.repositories[0].signing.keyFile',
    ],
    ['a rule whose policy does not exist', 'updates: {rules: [{policy: minr}]}', 'updates.rules[0]: policy', 'minr'],
    ['a rule with a broken glob', 'updates: {rules: [{match: {name: "["}}]}', 'updates.rules[0]', 'match.name'],
    ['a rule with a broken interval', 'updates: {rules: [{min-update-interval: soon}]}', '"soon" is no duration'],
    ['a number where a duration belongs', 'polling: {interval: 5}', 'a duration such as 30s, 5m or 1h30m, in quotes'],
    ['indentation without end', `${'- '.repeat(20_000)}a`, 'fairlead.yaml'],
    ['an interval that would never rest', 'polling: {interval: 0s}', 'at least 10s'],
    ['a time beyond all times', 'approvals: {expiry: 999999999h}', 'at most ten years'],
    ['a port that does not exist', 'listen: {webhook: ":99999"}', 'a port is at most 65535'],
    ['two servers on one port', 'listen: {webhook: ":80", api: ":80"}', 'two servers cannot listen on one address'],
    ['an address that is none of a remote', 'git: {repositories: [{url: "ext::sh -c x"}]}', 'git.repositories[0].url'],
    [
      'a password in an address',
      'git: {repositories: [{url: "https://me:secret@git/x"}]}',
      'credentials do not belong',
    ],
    [
      'a token for Git over ssh',
      'git: {repositories: [{url: "git@github.com:acme/gitops", credentials: {tokenFile: /t}}]}',
      'git.repositories[0].credentials: Git over ssh needs sshKeyFile',
    ],
    [
      'an ssh key for Git over https',
      'git: {repositories: [{url: "https://g/x", credentials: {sshKeyFile: /k, knownHostsFile: /h}}]}',
      'Git over https needs tokenFile',
    ],
    [
      'a repository twice',
      'git: {repositories: [{url: "https://g/x"}, {url: "https://g/x.git"}]}',
      'is configured twice',
    ],
    ['an author that would break a commit', 'git: {author: {name: "a <b>"}}', 'without <, >'],
    ['a file that is no YAML', 'mode: [', 'fairlead.yaml:1:'],
    [
      'a receiver of events at a plain address',
      'publishers:\n  cdevents: {url: "http://broker/x"}',
      'fairlead.yaml:2: publishers.cdevents: plain http needs insecure: true',
    ],
    [
      'a receiver of events with credentials in its address',
      'publishers: {webhook: {url: "https://user:hush@host/x"}}',
      'publishers.webhook.url: an http or https address without credentials',
    ],
    [
      'a Slack channel that nobody can reach',
      'publishers: {slack: {channel: deployments}}',
      'publishers.slack: needs webhookUrlFile, or botTokenFile and channel; one of the two',
    ],
    [
      'a Slack bot without a channel, and a second way',
      'publishers: {slack: {botTokenFile: /a, webhookUrlFile: /b}}',
      'needs webhookUrlFile, or botTokenFile and channel; one of the two',
      'botTokenFile needs channel',
    ],
    [
      'a channel beside a Slack webhook',
      'publishers: {slack: {webhookUrlFile: /b, channel: x}}',
      'channel is for botTokenFile: a webhook leads to one channel',
    ],
    [
      'a topic that is a path',
      'publishers: {pubsub: {project: acme-prod, topic: projects/acme/topics/x}}',
      'publishers.pubsub.topic: a topic id such as rollouts, without projects/',
    ],
    [
      'a misspelt publisher with a suggestion',
      'publishers: {slak: {}}',
      'publishers.slak: unknown key; did you mean slack?',
    ],
    ['a duplicate key', 'mode: commit\nmode: observe', 'fairlead.yaml:2:'],
    ['a list at the top', '- mode: commit', 'expected object, received array'],
    ['brackets that never end', '['.repeat(900), 'nested deeper than'],
  ]
  test.each(wrong)('names %s', (_, text, ...expected) => {
    const found = mistakes(text).join('\n')
    for (const part of expected) expect(found).toContain(part)
  })

  test('names all mistakes at once', () => {
    expect(mistakes('mdoe: a\nsuspend: 5\nlog: {level: loud}')).toHaveLength(3)
  })

  test('is not changed by prototype keys', () => {
    expect(mistakes('__proto__: {mode: commit}').length).toBe(1)
    expect(({} as Record<string, unknown>)['mode']).toBeUndefined()
  })
})

test('the environment of workload identities is read, and nothing else of it', () => {
  const variables = { AWS_ROLE_ARN: 'arn', AZURE_CLIENT_ID: 'client', AWS_SECRET_ACCESS_KEY: 'hunter2', POD_NAME: 'p' }
  const environment = readEnvironment(variables)
  expect(environment).toMatchObject({ podName: 'p', cloud: { awsRoleArn: 'arn', azureClientId: 'client' } })
  expect(JSON.stringify(environment)).not.toContain('hunter2')
})

import { describe, expect, it } from 'vitest'
import { readKubeconfig } from '../../../src/core/manifest/kubeconfig.ts'

const file = '/etc/fairlead/kubeconfig'
const read = (text: string, context = '') => readKubeconfig(text, { file, context })

const whole = `apiVersion: v1
kind: Config
current-context: prod
contexts:
- name: prod
  context: {cluster: eu, user: bot, namespace: flux-system}
- name: dev
  context: {cluster: local}
clusters:
- name: eu
  cluster:
    server: https://10.0.0.1:6443/
    certificate-authority-data: Q0E=
    tls-server-name: api.eu
- name: local
  cluster: {server: "http://127.0.0.1:8001", insecure-skip-tls-verify: true}
users:
- name: bot
  user:
    tokenFile: token
    as: someone
- name: plugin
  user:
    exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks], env: [{name: A, value: b}]}
`

describe('kubeconfig', () => {
  it('gives the current context with its cluster and user', () => {
    expect(read(whole)).toEqual({
      name: 'prod',
      namespace: 'flux-system',
      cluster: {
        name: 'eu',
        server: 'https://10.0.0.1:6443',
        caData: 'Q0E=',
        tlsServerName: 'api.eu',
        skipTLSVerify: false,
      },
      user: { name: 'bot', tokenFile: 'token', impersonateUser: 'someone' },
    })
  })

  it('gives a named context; one without a user is anonymous', () => {
    const { cluster, user, namespace } = read(whole, 'dev')
    expect(cluster).toEqual({ name: 'local', server: 'http://127.0.0.1:8001', skipTLSVerify: true })
    expect(user).toEqual({ name: 'anonymous' })
    expect(namespace).toBe('')
  })

  it('reads a credential plug-in', () => {
    const { user } = read(whole.replace('user: bot', 'user: plugin'))
    expect(user.exec).toEqual({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'aws',
      args: ['eks'],
      env: [{ name: 'A', value: 'b' }],
    })
  })

  const mistakes: [string, string, string][] = [
    ['YAML that does not parse', whole.replace('kind: Config', 'kind: {'), ':3: not valid YAML'],
    ['no current context', whole.replace('current-context: prod', ''), ':1: current-context is missing'],
    ['a context that is not there', whole.replace('context: prod', 'context: qa'), ':3: current-context names "qa"'],
    [
      'a cluster that is not there',
      whole.replace('cluster: eu', 'cluster: us'),
      'contexts[0].context.cluster names "us"',
    ],
    ['a user that is not there', whole.replace('user: bot', 'user: cat'), ':6: contexts[0].context.user names "cat"'],
    ['no server', whole.replace('server: https', 'servers: https'), 'clusters[0].cluster.server is missing'],
    ['a server that is no URL', whole.replace('https://10', 'ftp://10'), ':12: clusters[0].cluster.server is not'],
    [
      'a server with a password',
      whole.replace('https://10', 'https://a:b@10'),
      ':12: clusters[0].cluster.server is not',
    ],
    [
      'a token file that is a number',
      whole.replace('tokenFile: token', 'tokenFile: 12'),
      ':20: users[0].user.tokenFile',
    ],
    ['a certificate that is not base64', whole.replace('Q0E=', '"-----BEGIN"'), ':13: clusters[0].cluster.certificate'],
    ['a flag that is text', whole.replace('namespace: flux', 'namespace: [flux').slice(0, 130), 'not valid YAML'],
    ['contexts that are no list', 'current-context: a\ncontexts: {a: b}\n', ':2: contexts must be a list'],
    ['an empty file', '', ':1: current-context is missing'],
  ]
  for (const [what, text, message] of mistakes) {
    it(`tells file, line and key of ${what}`, () => {
      const complaint = expect.objectContaining({
        code: 'KubeconfigInvalid',
        message: expect.stringContaining(message),
      })
      expect(() => read(text)).toThrow(complaint)
      expect(() => read(text)).toThrow(new RegExp(`^${file}`))
    })
  }

  it('refuses a plug-in that needs a terminal', () => {
    const text = whole
      .replace('user: bot', 'user: plugin')
      .replace('command: aws', 'command: aws, interactiveMode: Always')
    expect(() => read(text)).toThrow(/users\[1\]\.user\.exec\.interactiveMode asks for a terminal/)
  })

  it('never shows a value that may be secret', () => {
    for (const text of [
      whole.replace('tokenFile: token', 'token: {hunter2: x}'),
      whole.replace('tokenFile: token', 'token: "hunter2'),
      whole.replace('tokenFile: token', 'client-key-data: "hunter2!"'),
    ]) {
      expect(() => read(text)).toThrow(/^(?!.*hunter2)/s)
    }
  })

  it('does not take names from the prototype', () => {
    expect(() => read(whole, '__proto__')).toThrow(/names "__proto__", which is not in contexts/)
  })

  it('refuses what is far too large', () => {
    expect(() => read(`a: "${'x'.repeat(1024 * 1024)}"`)).toThrow(/larger than 1 MiB/)
  })
})

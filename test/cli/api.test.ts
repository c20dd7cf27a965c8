import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readApiArguments } from '../../src/cli/api-options.ts'
import { approveCommand, rejectCommand } from '../../src/cli/approve.ts'
import { explainCommand } from '../../src/cli/explain.ts'
import { holdCommand, releaseCommand } from '../../src/cli/hold.ts'
import { planCommand } from '../../src/cli/plan.ts'
import { rollbackCommand } from '../../src/cli/rollback.ts'
import { updatesCommand } from '../../src/cli/updates.ts'
import { readEnvironment } from '../../src/config.ts'
import type { ChangePreview, WorkloadExplanation } from '../../src/core/change/gate.ts'
import { FairleadError } from '../../src/errors.ts'
import type { ApiBackend } from '../../src/server/api/backend.ts'
import { aRequest, digest } from '../server/api/api-world.ts'
import { apiTerminals } from './api-terminal.ts'
import { terminal } from './terminal.ts'

const web = aRequest('web')
const name = `prod/${web.metadata.name}`
const { folder, tokenFile, api: apiOf } = apiTerminals()
const api = (backend: Partial<ApiBackend> = {}, requests = [web]) => apiOf(backend, requests)

const file = (path: string, text: string) => {
  writeFileSync(join(folder, path), text)
  return join(folder, path)
}

describe('approve', () => {
  test('approves what it saw, and says what that was', async () => {
    const { world, run } = await api()
    const { exit, out } = await run(approveCommand, name)
    expect(exit).toBe(0)
    expect(out).toContain(`${name}: web:1 -> web:2 (${digest})`)
    expect(world.done).toEqual([`approve ${name} by alice`])
  })

  test('exits 3 while somebody else has to approve too', async () => {
    const message = 'approved by alice; waits for the approval of somebody else'
    const { run } = await api({ approve: async (one) => ({ ...one, status: { phase: 'Pending', message } }) })
    expect(await run(approveCommand, name)).toMatchObject({ exit: 3, out: expect.stringContaining(message) })
  })

  test('prints the object as JSON', async () => {
    const { run } = await api()
    expect((await run(approveCommand, name, '-o', 'json')).json()).toMatchObject({
      metadata: { namespace: 'prod' },
      status: { phase: 'Approved', approvedBy: 'alice' },
    })
  })

  test('never means what changed since it looked', async () => {
    let looks = 0
    const other = { ...web, metadata: { ...web.metadata, uid: 'another' } }
    const { world, run } = await api({ read: async () => (looks++ === 0 ? web : other) })
    expect(await run(approveCommand, name)).toMatchObject({ exit: 1, err: expect.stringContaining('SeenDiffers') })
    expect(world.done).toEqual([])
  })

  const refusals: [what: string, args: string[], exit: number, words: string][] = [
    ['of another digest', [name, '--digest', `sha256:${'b'.repeat(64)}`], 1, 'SeenDiffers'],
    ['of what is not there', ['prod/none'], 1, 'ApiNotFound'],
    ['elsewhere', ['pay/none'], 1, 'ApiForbidden: alice may not'],
    ['of a digest that is none', [name, '--digest', '1.0'], 2, 'UsageInvalid: digest'],
    ['of nothing', [], 2, 'NAMESPACE/NAME'],
    ['of a name alone', ['web'], 2, 'NAMESPACE/NAME'],
    ['of a path', ['prod/../../x'], 2, 'NAMESPACE/NAME'],
    ['of two', [name, name], 2, 'NAMESPACE/NAME'],
    ['with a reason', [name, '--reason', 'x'], 2, 'belongs to reject'],
    ['with an unknown option', [name, '--token', 'x'], 2, '--token'],
    ['in another form', [name, '-o', 'yaml'], 2, 'only json'],
  ]
  test.each(refusals)('is refused: %s', async (_, args, exit, words) => {
    const { world, run } = await api()
    const heard = await run(approveCommand, ...args)
    expect([heard.exit, heard.out]).toEqual([exit, ''])
    expect(heard.err).toContain(words)
    expect(world.done).toEqual([])
  })

  test('tells a refusal as JSON, too', async () => {
    const { run } = await api()
    expect((await run(approveCommand, 'prod/none', '-o', 'json')).json()).toMatchObject({
      refused: { code: 'ApiNotFound' },
    })
  })
})

describe('reject', () => {
  test('takes its reason along', async () => {
    const { world, run } = await api()
    expect((await run(rejectCommand, name, '--reason', 'breaks the shop')).exit).toBe(0)
    expect(world.done).toEqual([`reject ${name} by alice: breaks the shop`])
  })

  test('needs one', async () => {
    const { run } = await api()
    expect(await run(rejectCommand, name)).toMatchObject({ exit: 2, err: expect.stringContaining('--reason') })
  })

  test('of what has ended is refused with its reason', async () => {
    const reject = async () => {
      throw new FairleadError('NotPending', 'it is Completed')
    }
    const { run } = await api({ reject })
    const heard = await run(rejectCommand, name, '--reason', 'x')
    expect(heard).toMatchObject({ exit: 1, err: 'NotPending: it is Completed\n' })
  })
})

describe('plan', () => {
  const diff = '--- a/web.yaml\n+++ b/web.yaml\n@@ -1,1 +1,1 @@\n-\timage:  web:1\u001b[2J\n+\timage:  web:2\n'
  const place = { repository: 'https://git.example.com/gitops', branch: 'main' }
  const change: ChangePreview = {
    ...{ result: 'change', ...place, base: 'b'.repeat(40), commit: 'c'.repeat(40), tree: 'd'.repeat(40) },
    message: 'Update web to 2\n\nFairlead-Id: 0123\n',
    diff,
  }

  test('prints the commit, its message and a diff that patch takes, but nothing that steers a terminal', async () => {
    const { run } = await api({ plan: async () => change })
    const { exit, out } = await run(planCommand, name)
    expect(exit).toBe(0)
    expect(out).toContain(`commit ${'c'.repeat(40)}\ntree ${'d'.repeat(40)}\nonto ${'b'.repeat(40)} (main of `)
    expect(out).toContain('\n    Update web to 2\n\n    Fairlead-Id: 0123\n')
    expect(out.endsWith(diff.replace('\u001b', ' '))).toBe(true)
  })

  test('prints it as JSON, with the digest that an approval is about', async () => {
    const { run } = await api({ plan: async () => change })
    expect((await run(planCommand, name, '-o', 'json')).json()).toEqual({ ...change, digest })
  })

  test('exits 1 when nothing would be pushed', async () => {
    const refusal = { code: 'ValueChanged', message: 'somebody changed it', evidence: ['web.yaml:3'] }
    const { run } = await api({ plan: async () => ({ result: 'refused', ...place, refusal }) })
    const { exit, out } = await run(planCommand, name)
    expect([exit, out]).toEqual([1, 'ValueChanged: somebody changed it\n  web.yaml:3\n'])
  })

  test('says that the branch holds it already', async () => {
    const { run } = await api()
    expect(await run(planCommand, name)).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^nothing to push: main/),
    })
  })
})

describe('explain', () => {
  const explained: WorkloadExplanation = {
    ...{ kind: 'Deployment', namespace: 'prod', name: 'web' },
    containers: [
      {
        ...{ container: 'web', image: 'web:1', updateRequest: 'prod/abc' },
        gates: [
          { gate: 'origin', verdict: 'pass', reason: 'Traced', message: 'web.yaml:3', evidence: ['base.yaml:1'] },
          { gate: 'approval', verdict: 'wait', reason: 'ApprovalRequired', message: 'waits for an approval' },
        ],
        verdicts: { selected: 1 },
        candidates: [{ tag: '2', verdict: 'selected' }],
      },
    ],
  }

  test('prints every gate in order, with evidence, tags and request', async () => {
    const asked: unknown[] = []
    const explain: ApiBackend['explain'] = async (...args) => {
      asked.push(args)
      return explained
    }
    const { run } = await api({ explain })
    const { exit, out } = await run(explainCommand, 'deploy/prod/web', '--container', 'web')
    expect(exit).toBe(0)
    expect(out).toBe(`Deployment prod/web

web: web:1
  pass origin: web.yaml:3
      base.yaml:1
  wait approval: ApprovalRequired: waits for an approval
  tags: 1 selected
    2 selected
  UpdateRequest prod/abc
`)
    expect(asked).toEqual([[{ kind: 'Deployment', namespace: 'prod', name: 'web' }, 'web']])
  })

  test('prints it as JSON', async () => {
    const { run } = await api({ explain: async () => explained })
    expect((await run(explainCommand, 'deployment/prod/web', '-o', 'json')).json()).toEqual(explained)
  })

  test.each([
    ['a missing workload', ['deploy/prod/none'], 1, 'there is no Deployment prod/none'],
    [
      'what is never updated',
      ['cj/prod/web'],
      2,
      'use Deployment, StatefulSet, DaemonSet, Rollout, HelmRelease, Application',
    ],
    ['no namespace', ['deploy/web'], 2, 'namespace is missing'],
    ['nothing', [], 2, 'KIND/NS/NAME'],
  ])('is refused: %s', async (_, args, exit, words) => {
    const { run } = await api()
    expect(await run(explainCommand, ...args)).toMatchObject({ exit, err: expect.stringContaining(words) })
  })
})

test('updates lists all pages', async () => {
  const many = Array.from({ length: 501 }, (_, at) => aRequest(`app-${at}`))
  const { run } = await api({}, many)
  expect((await run(updatesCommand, '--namespace', 'prod', '-o', 'json')).json()).toHaveLength(501)
  const { out } = await run(updatesCommand, '--namespace', 'prod', '--phase', 'Pending')
  expect(out.split('\n')[0]).toMatch(/^prod\/[0-9a-f-]+ Pending app-\d+:1 -> app-\d+:2$/)
})

test('updates shows the pull request of a decision that has one', async () => {
  const pullRequest = { number: 12, url: 'https://github.com/acme/gitops/pull/12' }
  const { run } = await api({}, [aRequest('web', ['prod'], { phase: 'Pending', pullRequest })])
  const { out } = await run(updatesCommand, '--namespace', 'prod')
  expect(out).toBe(`${name} Pending web:1 -> web:2 #12 https://github.com/acme/gitops/pull/12\n`)
})

test('updates of a phase that is none are wrong use, not none', async () => {
  const { run } = await api()
  const words = expect.stringContaining('phase: one of Pending, Approved')
  expect(await run(updatesCommand, '--namespace', 'prod', '--phase', 'pending')).toMatchObject({ exit: 2, err: words })
})

test('updates says that there are none', async () => {
  const { run } = await api({}, [])
  const err = 'there is no UpdateRequest in namespace prod\n'
  expect(await run(updatesCommand, '--namespace', 'prod')).toMatchObject({ exit: 0, out: '', err })
})

describe('the way to the API', () => {
  const nowhere = { ...readEnvironment({}), home: folder }
  const usage = 'Usage: fairlead plan'
  const read = (args: string[], extra: object = {}) => readApiArguments(args, [], usage, { ...nowhere, ...extra })

  const servers: [what: string, args: string[], extra: object, expected: string | RegExp][] = [
    ['what is named', ['--server', 'https://a.example.com/'], {}, 'https://a.example.com'],
    ['a path below a host', ['--server', 'https://a.example.com/fairlead/'], {}, 'https://a.example.com/fairlead'],
    ['the environment', [], { server: 'https://b.example.com' }, 'https://b.example.com'],
    ['plain http on loopback', ['--server', 'http://127.0.0.1:8081'], {}, 'http://127.0.0.1:8081'],
    ['plain http that was asked for', ['--server', 'http://a:8081', '--insecure'], {}, 'http://a:8081'],
    ['no plain http elsewhere', ['--server', 'http://a:8081'], {}, /readable on the way/],
    ['no host that only looks like loopback', ['--server', 'http://127.0.0.1.a.com'], {}, /readable on the way/],
    ['nothing', [], {}, /--server URL is missing/],
    ['no URL', ['--server', 'fairlead'], {}, /no URL/],
    ['no other scheme', ['--server', 'ftp://a'], {}, /only https and http/],
  ]
  test.each(servers)('is %s', (_, args, extra, expected) => {
    const server = () => read(args, extra).server
    if (typeof expected === 'string') expect(server()).toBe(expected)
    else
      expect(server).toThrow(
        expect.objectContaining({ code: 'UsageInvalid', message: expect.stringMatching(expected) }),
      )
  })

  const user = (text: object) =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://c' } }],
      users: [{ name: 'u', user: text }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    })
  const plugin = file(
    'plug-in.sh',
    `#!/bin/sh\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"from-exec"}}'\n`,
  )
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'sh',
    args: [plugin],
    interactiveMode: 'Never',
  }
  const tokens: [what: string, args: string[], extra: object, expected: string | RegExp][] = [
    ['from a file', ['--token-file', tokenFile], {}, 'alice-token'],
    ['from the kubeconfig', ['--kubeconfig', file('a', user({ token: 'from-user' }))], {}, 'from-user'],
    ['from KUBECONFIG', [], { kubeconfig: `:${file('b', user({ token: 'from-env' }))}` }, 'from-env'],
    ['from a credential plug-in', ['--kubeconfig', file('c', user({ exec }))], {}, 'from-exec'],
    ['from a token file', ['--kubeconfig', file('d', user({ tokenFile }))], {}, 'alice-token'],
    [
      'not from a certificate',
      ['--kubeconfig', file('e', user({ username: 'a' }))],
      {},
      /no bearer token|kubectl create/,
    ],
    ['not from nowhere', [], {}, /not there, and this is no pod.*--token-file FILE or --kubeconfig FILE/],
    [
      'not from a missing file',
      ['--token-file', join(folder, 'none')],
      {},
      /^--token-file: file \S+none cannot be read/,
    ],
  ]
  test.each(tokens)('takes the token %s', async (_, args, extra, expected) => {
    const token = read(['--server', 'https://a', ...args], extra).token()
    if (typeof expected === 'string') expect(await token).toBe(expected)
    else await expect(token).rejects.toThrow(expected)
  })

  test('takes the token from the kubeconfig that is named, whatever the home folder holds', async () => {
    expect(await read(['--server', 'https://a', '--kubeconfig', join(folder, 'a')], { home: '/nowhere' }).token()).toBe(
      'from-user',
    )
  })

  test('says so when something else answers there', async () => {
    const other = createServer((_, response) => response.end('<html>hello</html>'))
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { io, printed } = terminal()
    const server = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    expect(await planCommand([name, '--server', server, '--token-file', tokenFile], io)).toBe(1)
    expect(printed.err).toContain('is the URL right?')
    other.close()
  })
})

describe('rollback', () => {
  async function allowed() {
    const { world, run } = await api()
    world.review.allow('alice', 'update', 'updaterequests/rollback', 'prod')
    return { world, run }
  }

  test('makes the decision and says what comes of it', async () => {
    const { world, run } = await allowed()
    const { exit, out } = await run(rollbackCommand, 'deploy/prod/web', '--reason', 'orders fail', '--to', 'web:1')
    expect({ exit, out }).toEqual({
      exit: 0,
      out: `${name}: web:1 -> web:2\ndecided; it is committed unless something stops it\n`,
    })
    expect(world.done[0]).toBe('wayBack Deployment/prod/web to web:1 by alice: orders fail')
  })

  const rows: [what: string, args: string[], exit: number, message: RegExp][] = [
    ['without a reason', ['deploy/prod/web'], 2, /--reason TEXT is missing/],
    ['without a namespace', ['deploy/web', '--reason', 'x'], 2, /namespace is missing/],
    ['of a workload that is not there', ['deploy/prod/none', '--reason', 'x'], 1, /no Deployment prod\/none/],
  ]
  test.each(rows)('%s is refused', async (_, args, exit, message) => {
    const { run } = await allowed()
    const heard = await run(rollbackCommand, ...args)
    expect(heard).toMatchObject({ exit, err: expect.stringMatching(message) })
  })
})

describe('hold and release', () => {
  async function allowed() {
    const { world, run } = await api()
    for (const right of ['hold', 'release']) world.review.allow('alice', 'update', `updaterequests/${right}`, 'prod')
    return { world, run }
  }
  const commit = 'c'.repeat(40)

  test('a hold says where it is written', async () => {
    const { world, run } = await allowed()
    const { exit, out } = await run(holdCommand, 'deploy/prod/web', '--reason', 'freeze')
    expect({ exit, out }).toEqual({
      exit: 0,
      out: `Deployment/prod/web: done: freeze\napps/web.yaml on main: commit ${commit}\n`,
    })
    expect(world.done).toEqual(['hold Deployment/prod/web by alice: freeze'])
  })

  test('a release needs no reason, and is JSON when asked for', async () => {
    const { world, run } = await allowed()
    const { exit, out } = await run(releaseCommand, 'deploy/prod/web', '-o', 'json')
    expect(exit).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ action: 'release', result: 'committed', commit })
    expect(world.done).toEqual(['release Deployment/prod/web by alice: '])
  })

  const rows: [what: string, args: string[], exit: number, message: RegExp][] = [
    ['a hold without a reason', ['deploy/prod/web'], 2, /--reason TEXT is missing/],
    ['one without a workload', ['--reason', 'x'], 2, /KIND\/NS\/NAME is missing/],
    ['one of a workload that is not there', ['deploy/prod/none', '--reason', 'x'], 1, /no Deployment prod\/none/],
  ]
  test.each(rows)('%s is refused', async (_, args, exit, message) => {
    const { run } = await allowed()
    expect(await run(holdCommand, ...args)).toMatchObject({ exit, err: expect.stringMatching(message) })
  })
})

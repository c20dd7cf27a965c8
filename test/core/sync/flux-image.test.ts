import { describe, expect, test } from 'vitest'
import { readImageAutomation, readImagePolicy, selectsPolicy } from '../../../src/core/sync/flux-image.ts'

const metadata = { name: 'web', namespace: 'apps', generation: 2 }
const policy = (status: object) =>
  readImagePolicy({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImagePolicy', metadata, status })
const automation = (spec: object) =>
  readImageAutomation({ apiVersion: 'image.toolkit.fluxcd.io/v1', kind: 'ImageUpdateAutomation', metadata, spec })

describe('what an ImagePolicy has chosen', () => {
  const latestRef = { name: 'ghcr.io/acme/web', tag: '1.2.0' }
  const rows: [what: string, status: object, latest: object | undefined][] = [
    ['is its latestRef', { latestRef, observedGeneration: 2 }, { ...latestRef, digest: undefined }],
    [
      'has a digest when it reflects one',
      { latestRef: { ...latestRef, digest: 'sha256:1' }, observedGeneration: 2 },
      { digest: 'sha256:1' },
    ],
    ['is not known before it was observed', { latestRef, observedGeneration: 1 }, undefined],
    ['is not known without a status', {}, undefined],
    ['is not known from half a reference', { latestRef: { name: 'x' }, observedGeneration: 2 }, undefined],
  ]
  test.each(rows)('%s', (_, status, latest) => {
    if (latest === undefined) expect(policy(status).latest).toBeUndefined()
    else expect(policy(status).latest).toMatchObject(latest)
  })
})

describe('an ImageUpdateAutomation', () => {
  test('is read with the defaults of Flux', () => {
    expect(automation({ sourceRef: { kind: 'GitRepository', name: 'gitops' } })).toEqual({
      namespace: 'apps',
      name: 'web',
      isSuspended: false,
      path: '',
      source: 'apps/gitops',
      branch: undefined,
      selector: undefined,
    })
  })

  test('is read with everything that matters', () => {
    const spec = {
      suspend: true,
      update: { path: './clusters/prod/' },
      sourceRef: { name: 'gitops', namespace: 'flux-system' },
      git: { checkout: { ref: { branch: 'staging' } } },
    }
    expect(automation(spec)).toMatchObject({
      isSuspended: true,
      path: 'clusters/prod',
      source: 'flux-system/gitops',
      branch: 'staging',
    })
  })

  const expression = (operator: string, values: string[] = []) => ({
    matchExpressions: [{ key: 'team', operator, values }],
  })
  const rows: [what: string, selector: object | undefined, labels: Record<string, string>, selects: boolean][] = [
    ['takes all without a selector', undefined, {}, true],
    ['takes what has the label', { matchLabels: { team: 'a' } }, { team: 'a', x: 'y' }, true],
    ['leaves what has another', { matchLabels: { team: 'a' } }, { team: 'b' }, false],
    ['takes one of several values', expression('In', ['a', 'b']), { team: 'b' }, true],
    ['leaves what has none of them', expression('In', ['a', 'b']), {}, false],
    ['leaves what is excluded', expression('NotIn', ['a']), { team: 'a' }, false],
    ['takes what is not excluded', expression('NotIn', ['a']), {}, true],
    ['takes what has the key', expression('Exists'), { team: '' }, true],
    ['leaves what must not have it', expression('DoesNotExist'), { team: 'a' }, false],
    ['takes, to be careful, what it cannot tell', expression('Gt', ['1']), { team: 'a' }, true],
  ]
  test.each(rows)('%s', (_, policySelector, labels, selects) => {
    expect(selectsPolicy(automation(policySelector === undefined ? {} : { policySelector }), labels)).toBe(selects)
  })
})

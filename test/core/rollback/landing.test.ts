import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { explainLanding } from '../../../src/core/rollback/landing.ts'
import { decideArgoSync } from '../../../src/core/sync/argocd.ts'
import { decideSync } from '../../../src/core/sync/flux.ts'

const [bad, back] = ['a'.repeat(40), 'b'.repeat(40)]
const ancestryOf = (revision: string) => (revision === back ? 'yes' : 'no')

function kustomization(message: string): KubernetesObject {
  const condition = { type: 'Reconciling', status: 'True', reason: 'Progressing', message, observedGeneration: 1 }
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name: 'apps', namespace: 'flux-system', generation: 1 },
    status: { observedGeneration: 1, lastAttemptedRevision: `main@sha1:${bad}`, conditions: [condition] },
  }
}

const source: KubernetesObject = {
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'GitRepository',
  metadata: { name: 'gitops', namespace: 'flux-system', generation: 1 },
  status: { observedGeneration: 1, artifact: { revision: `main@sha1:${back}` } },
}

const application: KubernetesObject = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name: 'web', namespace: 'argocd' },
  spec: { syncPolicy: { automated: {} } },
  status: {
    sync: { status: 'OutOfSync', revision: back },
    operationState: {
      phase: 'Running',
      message: 'waiting for healthy state of apps/Deployment/web',
      syncResult: { revision: bad },
    },
  },
}

describe('a rollback that cannot land', () => {
  test('says that Flux waits for the health of what failed, and what helps', () => {
    const object = kustomization(`Running health checks for revision main@sha1:${bad} with a timeout of 9m30s`)
    const sync = decideSync({ kustomization: object, source, commit: back, ancestryOf })
    expect(explainLanding(sync, object)).toMatchObject({
      state: 'blocked',
      reason: 'RollbackBlockedByHealthCheck',
      message: expect.stringMatching(/main@sha1:a{40} .*spec\.timeout.*CancelHealthCheckOnNewRevision/),
    })
  })

  test('says that Argo CD retries an older revision, and what helps', () => {
    const sync = decideArgoSync(application, { commit: back, ancestryOf })
    expect(explainLanding(sync, application)).toMatchObject({
      state: 'blocked',
      reason: 'RollbackBlockedByRunningSync',
      message: expect.stringMatching(/argocd app terminate-op web.*retry\.refresh.*waiting for healthy state/),
    })
  })

  test('is told as it is while the engine only has not come to it', () => {
    const object = kustomization('Building manifests')
    const sync = decideSync({ kustomization: object, source, commit: back, ancestryOf })
    expect(explainLanding(sync, object)).toEqual(sync)
    expect(explainLanding(sync, undefined)).toEqual(sync)
  })
})

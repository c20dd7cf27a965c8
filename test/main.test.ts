import { describe, expect, test } from 'vitest'
import { resources } from '../src/api/kubernetes.ts'
import { parseConfig } from '../src/config.ts'
import { requireLeastRights, workloadSelector } from '../src/main-world.ts'
import { createFakeCluster } from './fakes/cluster.ts'

function aClusterThatAllows(verb: string, plural: string) {
  const fake = createFakeCluster([resources.deployment])
  fake.allow = (asked, resource) => asked === verb && resource.plural === plural
  return fake.cluster
}

describe('starting', () => {
  test('is refused with the right to patch Deployments, naming the remedy', async () => {
    const start = requireLeastRights(aClusterThatAllows('patch', 'deployments'), parseConfig('f.yaml', ''))
    await expect(start).rejects.toMatchObject({ code: 'TooManyRights' })
    await expect(start).rejects.toThrow(/ClusterRole, or set allowWriteRights: true/)
  })

  test('is allowed with it when the owner insists', async () => {
    const config = parseConfig('f.yaml', 'allowWriteRights: true')
    await expect(requireLeastRights(aClusterThatAllows('patch', 'deployments'), config)).resolves.toBeUndefined()
  })

  test('is allowed with the right to read them', async () => {
    const config = parseConfig('f.yaml', '')
    await expect(requireLeastRights(aClusterThatAllows('list', 'deployments'), config)).resolves.toBeUndefined()
  })
})

describe('the label selector', () => {
  const selectorOf = workloadSelector(parseConfig('f.yaml', 'cluster: {labelSelector: team=shop}'))

  test.each([resources.deployment, resources.statefulSet, resources.daemonSet])('holds for $kind', (resource) => {
    expect(selectorOf(resource)).toBe('team=shop')
  })

  test.each([resources.updateRequest, resources.kustomization, resources.gitRepository])(
    'does not hide $kind, which has labels of its own',
    (resource) => {
      expect(selectorOf(resource)).toBeUndefined()
    },
  )

  test('is not sent when it is empty', () => {
    expect(workloadSelector(parseConfig('f.yaml', ''))(resources.deployment)).toBeUndefined()
  })
})

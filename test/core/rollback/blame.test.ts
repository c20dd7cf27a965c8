import { describe, expect, test } from 'vitest'
import { type Blame, blameOf } from '../../../src/core/rollback/blame.ts'

const image = 'Back-off pulling image "ghcr.io/acme/web:1.1.0"'
const helm = 'UpgradeFailed: Helm upgrade failed for release prod/shop with chart shop@1.0.0: context deadline exceeded'

describe('who has to answer for it', () => {
  const rows: [what: string, reason: string | undefined, words: string, blame: Blame][] = [
    ['an image that is not there', 'ImagePullBackOff', `${image}: ErrImagePull: manifest unknown`, 'version'],
    ['an image that cannot be pulled for no known reason', 'ErrImagePull', image, 'version'],
    ['a registry that does not answer', 'ImagePullBackOff', `${image}: dial tcp: i/o timeout`, 'cluster'],
    ['a registry with too many customers', 'ErrImagePull', `${image}: 429 Too Many Requests`, 'cluster'],
    ['a login that is not valid any more', 'ErrImagePull', `${image}: 401 Unauthorized`, 'cluster'],
    ['a full disk', 'ErrImagePull', `${image}: no space left on device`, 'cluster'],
    ['a name that is none', 'InvalidImageName', 'couldn’t parse image name', 'version'],
    ['a container that ends', 'CrashLoopBackOff', 'last ended with Error (exit code 1)', 'version'],
    ['one that ends for its database is away', 'CrashLoopBackOff', 'connection refused', 'version'],
    ['one that needs too much memory', 'OOMKilled', 'container web: OOMKilled (exit code 137)', 'version'],
    ['a probe', 'Unhealthy', 'Readiness probe failed: timeout', 'version'],
    ['a container without its readiness', 'ContainersNotReady', 'has not passed its readinessProbe', 'version'],
    ['a command that is not there', 'CreateContainerError', 'executable file not found in $PATH', 'version'],
    ['a runtime that hangs', 'CreateContainerError', 'context deadline exceeded', 'cluster'],
    ['nodes without room', 'Unschedulable', '0/3 nodes are available: 3 Insufficient cpu', 'cluster'],
    ['a quota', 'FailedCreate', 'pods "web-1" is forbidden: exceeded quota: small', 'cluster'],
    ['a policy about images', 'FailedCreate', 'admission webhook "verify" denied the request: unsigned', 'version'],
    ['a node that is gone', 'NodeLost', 'the node is gone', 'cluster'],
    ['a Secret that is missing', 'CreateContainerConfigError', 'secret "db" not found', 'cluster'],
    ['a volume that does not come', 'FailedMount', 'timed out waiting for the condition', 'cluster'],
    ['a reason that is not known', 'Strange', 'something', 'unknown'],
    ['a name that every object has', 'constructor', '', 'unknown'],
    ['Kubernetes giving up without a word', undefined, 'ReplicaSet "web-1" has timed out progressing.', 'unknown'],
    ['an image that is not there when Helm gives up', 'ImagePullBackOff', `${helm}; pod web-1: ${image}`, 'version'],
    ['Helm giving up without a word', undefined, helm, 'unknown'],
    ['what was only noted', undefined, 'not done; pod web-1: container web: CrashLoopBackOff: back-off', 'version'],
    ['what was noted about the cluster', undefined, 'has timed out progressing.; pod web-1: Unschedulable', 'cluster'],
  ]
  test.each(rows)('%s', (_, reason, words, blame) => {
    expect(blameOf({ reason, words })).toBe(blame)
  })
})

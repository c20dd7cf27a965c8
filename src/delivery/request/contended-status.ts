import { isDeepStrictEqual } from 'node:util'
import { resources } from '../../api/kubernetes.ts'
import type { UpdateRequest, UpdateRequestStatus } from '../../api/update-request.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Cluster, OwnObjects } from '../../ports.ts'

const maxAttempts = 5

/**
 * Writes a status that somebody else writes at the same time: whoever loses the race reads again. `statusOf` makes what is
 * written from the newest one that is known; undefined = nothing any more. `SeenDiffers` when the request was replaced.
 */
export async function writeContendedStatus(
  given: UpdateRequest,
  statusOf: (request: UpdateRequest) => UpdateRequestStatus | undefined,
  { cluster, own }: { cluster: Pick<Cluster, 'get'>; own: Pick<OwnObjects, 'updateStatus'> },
): Promise<UpdateRequest> {
  let request = given
  for (let attempt = 1; ; attempt++) {
    const status = statusOf(request)
    if (status === undefined) return request
    try {
      const { metadata } = await own.updateStatus(resources.updateRequest, { ...request, status })
      return { ...request, metadata, status }
    } catch (thrown) {
      const { code } = asFairleadError(thrown)
      if (code !== 'ApiConflict' || attempt >= maxAttempts) throw thrown
      request = await newest(given, cluster)
    }
  }
}

async function newest(given: UpdateRequest, cluster: Pick<Cluster, 'get'>): Promise<UpdateRequest> {
  const { namespace = '', name, uid } = given.metadata
  const found = (await cluster.get(resources.updateRequest, namespace, name)) as UpdateRequest | undefined
  if (found !== undefined && found.metadata.uid === uid && isDeepStrictEqual(found.spec, given.spec)) return found
  throw new FairleadError('SeenDiffers', `${namespace}/${name} was replaced meanwhile; look at it again`)
}

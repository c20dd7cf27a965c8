import type { KubernetesObject } from '../api/kubernetes.ts'
import { parseDuration } from '../core/change/duration.ts'
import { deadlineMs } from '../core/workload/deadline.ts'
import { decidePhase } from '../core/workload/phase.ts'
import { podCause } from '../core/workload/pod-cause.ts'
import { isWorkloadKind, readWorkload } from '../core/workload/workload.ts'
import { FairleadError } from '../errors.ts'
import type { Io } from './io.ts'
import { readObjects } from './object-input.ts'
import { answerJson, readOptions, readTime } from './verb.ts'

const usage = 'fairlead phase -f FILE|- [--started T] [--now T] [--deadline 15m] [-o json]'

/**
 * `fairlead phase`: the phase of every Deployment, StatefulSet and DaemonSet in the input, from one look. Other objects
 * are evidence: pods tell why a rollout does not get on. Exit 0, or 2 for wrong use or unreadable input.
 */
export function phaseCommand(args: string[], io: Io): Promise<number> {
  return answerJson(io, async () => {
    const options = readOptions(args, ['file', 'started', 'now', 'deadline'] as const, usage)
    if (options.file === undefined) throw new FairleadError('UsageInvalid', `-f is missing\nusage: ${usage}`)
    const look = {
      startedAt: options.started === undefined ? undefined : readTime('started', options.started),
      now: options.now === undefined ? new Date() : readTime('now', options.now),
      deadline: options.deadline === undefined ? undefined : readDeadline(options.deadline),
    }
    const objects = await readObjects(options.file, io)
    const pods = objects.filter(({ kind }) => kind === 'Pod')
    return objects.filter(isWorkload).map((object) => describe(object, pods, look))
  })
}

interface Look {
  startedAt: Date | undefined
  now: Date
  deadline: number | 'auto' | undefined
}

function describe(object: KubernetesObject, pods: readonly KubernetesObject[], look: Look) {
  const workload = readWorkload(object)
  const { startedAt, now } = look
  const phase = decidePhase(workload, { startedAt, now, deadlineMs: deadlineMs(workload, look.deadline) })
  const cause = phase.phase === 'success' ? undefined : podCause(workload, pods)
  return {
    kind: workload.kind,
    namespace: workload.namespace,
    name: workload.name,
    version: workload.version,
    revision: workload.revision,
    phase: phase.phase,
    reason: phase.reason,
    message: cause === undefined ? phase.message : `${phase.message}; ${cause.message}`,
    clock: phase.clock,
    done: phase.done,
  }
}

/** A kind named Deployment in a foreign group is something else. */
function isWorkload({ kind, apiVersion }: KubernetesObject): boolean {
  return isWorkloadKind(kind) && /^($|apps\/|extensions\/)/.test(apiVersion)
}

function readDeadline(value: string): number | 'auto' {
  const duration = value === 'auto' ? 'auto' : parseDuration(value)
  if (duration === undefined || duration === 0) {
    throw new FairleadError('UsageInvalid', `--deadline ${value}: want a duration such as 15m or 1h30m, or auto`)
  }
  return duration
}

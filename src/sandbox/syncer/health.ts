import { type Fields, numberAt, textAt, valueAt } from '../json.ts'
import { findCondition } from './condition.ts'

export type Health = 'Current' | 'InProgress' | 'Failed'

/** Whether an object has reached its spec, by the rules of kstatus (cli-utils) for the kinds that matter here. */
export function healthOf(object: Fields): Health {
  const generation = numberAt(object, 'metadata', 'generation')
  const observed = numberAt(object, 'status', 'observedGeneration')
  if (observed !== undefined && observed !== generation) return 'InProgress'
  if (textAt(findCondition(object, 'Reconciling'), 'status') === 'True') return 'InProgress'
  if (textAt(findCondition(object, 'Stalled'), 'status') === 'True') return 'Failed'
  const rule = rules[textAt(object, 'kind')]
  return rule === undefined ? generic(object) : rule(object)
}

const rules: Readonly<Record<string, (object: Fields) => Health>> = {
  Deployment(object) {
    const progressing = findCondition(object, 'Progressing')
    if (textAt(progressing, 'reason') === 'ProgressDeadlineExceeded') return 'Failed'
    const wanted = numberAt(object, 'spec', 'replicas') ?? 1
    const counts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas']
    const isComplete = counts.every((name) => (numberAt(object, 'status', name) ?? 0) === wanted)
    return isComplete && textAt(progressing, 'reason') === 'NewReplicaSetAvailable' ? 'Current' : 'InProgress'
  },
  StatefulSet(object) {
    if (textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete') return 'Current'
    const wanted = numberAt(object, 'spec', 'replicas') ?? 1
    const counts = ['replicas', 'readyReplicas', 'currentReplicas']
    const isComplete = counts.every((name) => (numberAt(object, 'status', name) ?? 0) === wanted)
    const sameRevision = valueAt(object, 'status', 'currentRevision') === valueAt(object, 'status', 'updateRevision')
    return isComplete && sameRevision ? 'Current' : 'InProgress'
  },
  DaemonSet(object) {
    const wanted = numberAt(object, 'status', 'desiredNumberScheduled')
    const counts = ['updatedNumberScheduled', 'numberAvailable', 'numberReady']
    const isComplete = counts.every((name) => (numberAt(object, 'status', name) ?? 0) === wanted)
    return wanted !== undefined && isComplete ? 'Current' : 'InProgress'
  },
}

function generic(object: Fields): Health {
  const ready = textAt(findCondition(object, 'Ready'), 'status')
  return ready === '' || ready === 'True' ? 'Current' : 'InProgress'
}

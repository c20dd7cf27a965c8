import { sanitiseLine } from '../change/text.ts'
import type { WorkloadKind } from '../workload/workload.ts'
import { failureMessage, sentLabels } from './fact.ts'
import { eventId, type Transition } from './transition.ts'
import { uuidV5 } from './uuid.ts'

/** Who tells it: the cluster and the version of fairlead. */
export interface AppTrailSource {
  clusterId: string
  agentVersion: string
}

/** What AppTrail's agent sends for a workload, by HTTP and Pub/Sub alike. Source: apptrail-sh/agent, agent_event.go. */
export interface AppTrailEvent {
  /** Unlike the agent's, the same each time it is sent. */
  eventId: string
  occurredAt: string
  source: AppTrailSource
  workload: { kind: (typeof kinds)[WorkloadKind]; name: string; namespace: string }
  labels: Record<string, string>
  kind: 'DEPLOYMENT'
  outcome?: 'SUCCEEDED' | 'FAILED'
  revision: { current: string; previous?: string }
  phase: 'PROGRESSING' | 'COMPLETED' | 'FAILED'
  error?: { code: string; message: string }
}

export interface AppTrailHeartbeat {
  eventId: string
  occurredAt: string
  source: AppTrailSource
  messageType: 'HEARTBEAT'
  inventory: { nodeUids: string[]; podUids: string[] }
}

const phases = { rolling_out: 'PROGRESSING', success: 'COMPLETED', failed: 'FAILED' } as const
const outcomes = { rolling_out: undefined, success: 'SUCCEEDED', failed: 'FAILED' } as const
/** AppTrail knows these three; a Rollout stands in for a Deployment. */
const kinds = {
  Deployment: 'DEPLOYMENT',
  StatefulSet: 'STATEFULSET',
  DaemonSet: 'DAEMONSET',
  Rollout: 'DEPLOYMENT',
} as const

/** A transition in AppTrail's words; a failure carries its cause in `error`. */
export function renderAppTrailEvent(transition: Transition, agentVersion: string): AppTrailEvent {
  const { cluster, workload, phase, version, previousVersion } = transition
  const outcome = outcomes[phase]
  return {
    eventId: eventId(transition),
    occurredAt: transition.at,
    source: { clusterId: cluster, agentVersion },
    workload: { kind: kinds[workload.kind], name: workload.name, namespace: workload.namespace },
    labels: { ...sentLabels(workload.labels), cluster_name: cluster },
    kind: 'DEPLOYMENT',
    ...(outcome !== undefined && { outcome }),
    revision: {
      current: sanitiseLine(version),
      ...(previousVersion !== undefined && { previous: sanitiseLine(previousVersion) }),
    },
    phase: phases[phase],
    ...(phase === 'failed' && {
      error: { code: sanitiseLine(transition.reason), message: failureMessage(transition) },
    }),
  }
}

/** Attributes of the same event as a Pub/Sub message. Source: as above, the agent's Pub/Sub publisher. */
export function appTrailAttributes(transition: Transition): Record<string, string> {
  const { cluster, workload, phase } = transition
  return {
    event_id: eventId(transition),
    cluster_name: cluster,
    namespace: workload.namespace,
    workload_name: workload.name,
    workload_type: kinds[workload.kind],
    event_type: 'DEPLOYMENT',
    deployment_phase: phases[phase],
  }
}

const heartbeatNamespace = 'ac046e4e-6cbc-4a09-8565-849accdd0886'

/**
 * The sign that the agent lives. No nodes and pods are listed, for none are told about: the control plane takes an empty
 * list for no news, and removes nothing.
 */
export function renderAppTrailHeartbeat(source: AppTrailSource, at: Date): AppTrailHeartbeat {
  const occurredAt = at.toISOString()
  return {
    eventId: uuidV5(heartbeatNamespace, `${source.clusterId}\0${occurredAt}`),
    occurredAt,
    source,
    messageType: 'HEARTBEAT',
    inventory: { nodeUids: [], podUids: [] },
  }
}

/** Who has to answer for a rollout that does not get on. */
export type Blame = 'version' | 'cluster' | 'unknown'

/**
 * Reasons as the kubelet, the scheduler and the controllers give them. Source: kubernetes, pkg/kubelet/images,
 * pkg/kubelet/container, pkg/kubelet/eviction, pkg/scheduler and pkg/controller/replicaset.
 */
const pull = /\b(?:ImagePullBackOff|ErrImagePull|ImageInspectError|RegistryUnavailable)\b/
/** The registry, the way to it, its patience, our login or the node's disk; the version may well be there. */
const pullTrouble: readonly RegExp[] = [
  /\bRegistryUnavailable\b|timed? ?out|deadline exceeded|connection (?:refused|reset)|no such host|no route to host/i,
  /network is unreachable|temporary failure|server misbehaving|unexpected EOF|TLS handshake|x509:|no space left/i,
  /too ?many ?requests|\b429\b|\b5\d\d\b|unauthorized|forbidden|denied|no basic auth/i,
]
/** The image is there and does not run, or could not be one. */
const ofVersion: readonly RegExp[] = [
  /\b(?:CrashLoopBackOff|OOMKilled|ContainerCannotRun|RunContainerError|StartError|InvalidImageName|ErrImageNeverPull)\b/,
  /: Error\b|exit code|[Pp]robe failed|admission webhook .* denied/,
]
/** No room, no node, no quota, or something beside the image that a pod needs. */
const ofCluster: readonly RegExp[] = [
  /\b(?:Unschedulable|SchedulingGated)\b|nodes are available/,
  /exceeded quota|failed quota|\bis forbidden\b/,
  /\b(?:NodeLost|NodeNotReady|NodeShutdown|NodeAffinity|Evicted|Preempt(?:ed|ing)|OutOf(?:cpu|memory|pods)|UnexpectedAdmissionError)\b/,
  /\b(?:CreateContainerConfigError|CreatePodSandboxError|FailedMount|FailedAttachVolume)\b/,
  /\bCreateContainerError\b.*(?:timed? ?out|deadline exceeded)/i,
]
/** What a Deployment's controller says when it gives up tells nothing about the cause. */
const gaveUp = /has timed out progressing|exceeded its progress deadline/g

/** Reads it from the words about a workload's pods; `unknown` when they say nothing that is known. Pure. */
export function blameOf(cause: string): Blame {
  const words = cause.replaceAll(gaveUp, '')
  const fits = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(words))
  if (pull.test(words)) return fits(pullTrouble) ? 'cluster' : 'version'
  if (fits(ofVersion)) return 'version'
  if (fits(ofCluster)) return 'cluster'
  return /\bCreateContainerError\b/.test(words) ? 'version' : 'unknown'
}

/** Who has to answer for a rollout that does not get on. */
export type Blame = 'version' | 'cluster' | 'unknown'

/** Why it does not get on, as far as anybody knows. */
export interface KnownCause {
  /** As Kubernetes gives it, e.g. `ImagePullBackOff`; undefined when only words were noted. */
  reason: string | undefined
  /** Everything that was said. */
  words: string
}

/**
 * Whose each reason is. Source: kubernetes, pkg/kubelet/{images,container,eviction,lifecycle}, pkg/scheduler and
 * pkg/controller/replicaset. `pull`, `create` and `start` depend on what is said.
 */
const reasons = {
  pull: 'ImagePullBackOff ErrImagePull ImageInspectError',
  version:
    'InvalidImageName ErrImageNeverPull CrashLoopBackOff OOMKilled Error ContainerCannotRun ' +
    'RunContainerError StartError BackOff Unhealthy ContainersNotReady',
  start: 'CreateContainerError',
  create: 'FailedCreate',
  cluster:
    'RegistryUnavailable Unschedulable SchedulingGated FailedScheduling CreateContainerConfigError ' +
    'CreatePodSandboxError FailedCreatePodSandBox FailedMount FailedAttachVolume NetworkNotReady ' +
    'OldPodUnready NodeNotReady NodeLost NodeShutdown NodeAffinity Evicted Preempting OutOfcpu OutOfmemory OutOfpods ' +
    'UnexpectedAdmissionError',
}

const blames = new Map(
  (['pull', 'version', 'start', 'create', 'cluster'] as const).flatMap((blame) =>
    reasons[blame].split(' ').map((reason) => [reason, blame] as const),
  ),
)

/** The registry, the way to it, its patience, our login or the node's disk; the version may well be there. */
const pullTrouble: readonly RegExp[] = [
  /timed? ?out|deadline exceeded|connection (?:refused|reset)|no such host|no route to host|network is unreachable/i,
  /temporary failure|server misbehaving|unexpected EOF|TLS handshake|x509:|no space left/i,
  /too ?many ?requests|\b429\b|unexpected status.*\b5\d\d\b|unauthorized|forbidden|denied|no basic auth/i,
]
const late = /timed? ?out|deadline exceeded/i
/** Some policy looks at images, and does not want this one. */
const deniedByWebhook = /admission webhook .* denied/
/** What a Deployment's controller or Helm says when it gives up tells nothing about the cause. */
const gaveUp =
  /has timed out progressing|exceeded its progress deadline|Helm (?:install|upgrade|test) failed for [^;]*/g

/** Reads it from what is known about a workload's pods. `unknown` for what is not known here. Pure. */
export function blameOf({ reason, words }: KnownCause): Blame {
  const said = words.replaceAll(gaveUp, '')
  const blame = blames.get(reason ?? reasonIn(said)) ?? 'unknown'
  switch (blame) {
    case 'pull':
      return pullTrouble.some((pattern) => pattern.test(said)) ? 'cluster' : 'version'
    case 'create':
      return deniedByWebhook.test(said) ? 'version' : 'cluster'
    case 'start':
      return late.test(said) ? 'cluster' : 'version'
    default:
      return blame
  }
}

/** The first word that is a reason. */
function reasonIn(words: string): string {
  return words.split(/[^A-Za-z]+/).find((word) => blames.has(word)) ?? ''
}

import type { KubernetesObject, ObjectKey, Resource } from './api/kubernetes.ts'
import type { FileChange } from './core/change/file-change.ts'
import type { ChartVersion } from './core/image/chart-version.ts'
import type { ImageSource } from './core/image/image-source.ts'
import type { Snapshot } from './core/manifest/snapshot.ts'
import type { Ancestry } from './core/sync/ancestry.ts'

/**
 * Every effect the program can have on the world, as small interfaces. All promises reject with a `FairleadError`
 * only; what its code says about retrying is in the error catalogue.
 */

/** Time. `monotonicMs` never jumps; use it for durations, and `now` only for what people and other systems read. */
export interface Clock {
  now(): Date
  monotonicMs(): number
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Structured log; fields are redacted before they are written. */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}

/** What a caller of `Cluster.follow` is told. Keys are `namespace/name`. Callbacks must not throw. */
export interface FollowObserver<T> {
  /** The complete state after a list; whatever is not in it is gone. */
  replaced(objects: ReadonlyMap<string, T>): void
  changed(key: string, object: T): void
  removed(key: string): void
  /** The API server spoke: a list, an event or a bookmark. */
  alive(): void
  /** The list or watch is started again because of `reason` (a code, e.g. `expired`, `throttled`, `closed`). */
  restarted(reason: string): void
}

/** Some objects of one namespace. */
export interface Selection {
  namespace: string
  /** Labels that they all have. */
  labels?: Readonly<Record<string, string>>
  /** Fields as Kubernetes selects by them, e.g. `involvedObject.uid`. */
  fields?: Readonly<Record<string, string>>
  limit: number
}

/** Reading Kubernetes. */
export interface Cluster {
  /** The resource in the version that is served (preferred one first), or undefined when the kind is not installed. */
  discover(resource: Resource): Promise<Resource | undefined>
  /**
   * Follows all objects of one kind until the signal aborts. Never ends by itself: every failure is retried with
   * back-off. `shape` runs once per object on ingest and keeps only what is needed; the raw object is then dropped.
   */
  follow<T>(
    resource: Resource,
    shape: (object: KubernetesObject) => T,
    observer: FollowObserver<T>,
    signal: AbortSignal,
  ): Promise<void>
  get(resource: Resource, namespace: string, name: string): Promise<KubernetesObject | undefined>
  /**
   * One look at some objects of a namespace that are not followed: the first `limit` that match, in the server's order.
   * Rejects after five seconds: nobody waits for long for what is only looked at.
   */
  list(resource: Resource, selection: Selection): Promise<readonly KubernetesObject[]>
  /** SelfSubjectAccessReview: may we do this (in any namespace when `namespace` is absent)? */
  may(verb: string, resource: Resource, namespace?: string): Promise<boolean>
}

/** Who a caller is, in the words of the API server; nothing a caller says about itself is in here. */
export interface Identity {
  /** User name, e.g. `alice@example.com` or `system:serviceaccount:prod:deployer`. */
  name: string
  uid: string
  groups: readonly string[]
  /** What authenticators add; handed back with every question about rights. */
  extra: Readonly<Record<string, readonly string[]>>
}

/** A right in RBAC's words. */
export interface AccessQuestion {
  verb: string
  resource: Resource
  /** E.g. `approve`; absent for the resource itself. */
  subresource?: string
  /** Empty = in every namespace. */
  namespace: string
}

/** Asks the API server about callers of our own API. */
export interface AccessReview {
  /** TokenReview: whose bearer token this is; undefined when it is nobody's, expired or for another audience. */
  identify(token: string): Promise<Identity | undefined>
  /** SubjectAccessReview: may that identity do this? */
  may(identity: Identity, question: AccessQuestion): Promise<boolean>
}

/** Writing Kubernetes: fairlead's own kinds only. Every call is fenced by leadership where it is wired. */
export interface OwnObjects {
  /** Rejects with `ApiConflict` when the name is taken. */
  create(resource: Resource, object: KubernetesObject): Promise<KubernetesObject>
  /** Replaces the status subresource; `metadata.resourceVersion` must be set, `ApiConflict` when it is not the newest. */
  updateStatus(resource: Resource, object: KubernetesObject): Promise<KubernetesObject>
  delete(resource: Resource, namespace: string, name: string): Promise<void>
}

/** A Kubernetes Event about an object; identical ones within ten minutes are counted, not repeated. */
export interface EventRecorder {
  record(about: ObjectKey & { apiVersion: string; uid: string }, event: RecordedEvent): Promise<void>
}

export interface RecordedEvent {
  type: 'Normal' | 'Warning'
  /** CamelCase. */
  reason: string
  message: string
}

/** A lease as stored; times are RFC 3339 with microseconds. */
export interface Lease {
  resourceVersion: string
  holder: string
  durationSeconds: number
  acquireTime: string
  renewTime: string
  transitions: number
  annotations: Record<string, string>
}

/** One named Lease object. */
export interface LeaseLock {
  read(): Promise<Lease | undefined>
  /** Creates when `resourceVersion` is `''`, else replaces that version; `ApiConflict` when someone was faster. */
  write(lease: Lease): Promise<Lease>
}

/** The head of a branch with everything needed to render a commit on it. */
export interface BranchSnapshot extends Snapshot {
  readonly branch: string
  /** Raw bytes of a tree object; `''` is the root. Undefined when there is no such folder. */
  tree(folder: string): Uint8Array | undefined
}

/** A loose Git object, complete with its id. `bytes` are the content without the `type length\0` header. */
export interface GitObject {
  type: 'blob' | 'tree' | 'commit'
  /** 40 lower-case hex. */
  id: string
  bytes: Uint8Array
}

/** One remote repository. Calls for one repository are serialised by the adapter. */
export interface GitRepository {
  /** As configured, without credentials. */
  readonly url: string
  readonly backend: 'native' | 'isomorphic'
  /**
   * The branch as known. `fresh` asks the remote first; otherwise the newest state already here is taken (and fetched
   * only when there is none). `BranchNotFound` when the remote has no such branch.
   */
  snapshot(branch: string, options: { fresh: boolean }): Promise<BranchSnapshot>
  /** Puts objects into the local store. Storing what is there already is fine. */
  store(objects: readonly GitObject[]): Promise<void>
  /**
   * Moves the remote branch from `base` to `commit` without force. `PushRejected`: the branch moved, plan again.
   * `PushRefused`: a rule or hook said no (its words are in the message). `GitUnavailable`: nobody knows; read back.
   */
  push(branch: string, base: string, commit: string): Promise<void>
  /**
   * Moves a branch of our own to `commit`, whatever it held, if it is at `expected` now (`''`: there is none). The commit
   * was stored here, on top of what the remote has, or is on a branch that was read. Rejects as `push` does.
   */
  replace(branch: string, expected: string, commit: string): Promise<void>
  /** Commit the remote branch points to now, asked from the remote; undefined when it does not exist. */
  remoteHead(branch: string): Promise<string | undefined>
  /** The branch that the remote's HEAD names, asked from the remote; undefined when HEAD names none. */
  defaultBranch(): Promise<string | undefined>
  /** Three-valued: `no` only when the walk from `revision` ended at real roots. Deepens a shallow store when needed. */
  ancestry(commit: string, revision: string): Promise<Ancestry>
  /** Changes of one file along the first-parent history of a commit, newest first; looks back over 1,000 commits. */
  history(revision: string, path: string, limit: number): Promise<readonly FileChange[]>
  /** First-parent commits after `from` (`''` = all) up to `to`, newest first, at most 1,000. */
  log(from: string, to: string): Promise<readonly { id: string; message: string }[]>
}

/** Signs commits with an SSH key in process. */
export interface Signer {
  /** SSH wire form of the public key. */
  readonly publicKey: Uint8Array
  /** SSH wire form of the signature over `data`. */
  sign(data: Uint8Array): Uint8Array
}

/** An image repository on a registry host, normalised. */
export interface ImageRepository {
  registry: string
  repository: string
}

/** Reading an OCI registry. Answers are complete or the call rejects: nothing is decided from part of a list. */
export interface Registry {
  tags(image: ImageRepository): Promise<readonly string[]>
  /** Manifest digest behind a tag; undefined when the tag does not exist. */
  digest(image: ImageRepository, tag: string): Promise<string | undefined>
  /** `os/architecture[/variant]` of an index or a single manifest; empty when the registry does not say. */
  platforms(image: ImageRepository, reference: string): Promise<readonly string[]>
  /** When the image behind a digest says it was built; of an index, its first image. Undefined when it does not say. */
  builtAt(image: ImageRepository, digest: string): Promise<Date | undefined>
  /** What the image behind a digest says it was built from; of an index, its first image. Undefined when it does not say. */
  source(image: ImageRepository, digest: string): Promise<ImageSource | undefined>
  /**
   * Did the holder of the key named `key` in the configuration sign the manifest with this digest? False only when all
   * signatures were read and none is by that key. `PolicyInvalid` when no key has that name.
   */
  signed(image: ImageRepository, digest: string, key: string): Promise<boolean>
}

/** Where the versions of one Helm chart are published. `url` is the repository's address, without `index.yaml`. */
export type ChartSource = { type: 'http'; url: string; chart: string } | ({ type: 'oci' } & ImageRepository)

/** Reading Helm repositories. As with images, answers are complete and not empty, or the call rejects. */
export interface ChartRepository {
  /** In no order to rely on. `RegistryNotFound` when the repository does not have the chart. */
  versions(source: ChartSource): Promise<readonly ChartVersion[]>
}

/** News that something was pushed. A hint only: the registry is asked before anything is decided. */
export interface ImageHint extends ImageRepository {
  tag?: string
  /** Name of the webhook receiver it came through. */
  receiver: string
}

/** News from the service that hosts a configured repository. A hint only, too: Git and the service itself are asked. */
export interface RepositoryHint {
  /** Normalised, as the configuration spells it. */
  repository: string
  about: 'branch' | 'pull-request'
  /** That was pushed to, or that a pull request wants merged. */
  branch?: string
  /** Number, where the sender tells one. */
  pullRequest?: number
  /** Name of the webhook receiver it came through. */
  receiver: string
}

/** What a webhook can tell. */
export type Hint = ImageHint | RepositoryHint

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers?: Record<string, string>
  body?: Uint8Array | string
  /** Whole exchange; default 15,000. */
  timeoutMs?: number
  /** Response body; default 4 MiB. `TooLarge` beyond. */
  maxBytes?: number
  /** The headers are the answer: of the body is left out what is beyond `maxBytes`, breaks off or does not come in time. */
  mayLackBody?: true
  signal?: AbortSignal
}

export interface HttpResponse {
  status: number
  /** Lower-case names; repeated headers joined with `, `. */
  headers: Record<string, string>
  body: Uint8Array
}

/** The one outbound client. Redirects are never followed; non-2xx statuses are returned, not thrown. */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>
}

import { randomUUID } from 'node:crypto'
import type { BenchWorld } from './main-job-world.ts'

/** One update; everything in milliseconds since the last byte of the webhook was handed to the kernel. */
export interface Sample {
  /** The API server has the UpdateRequest. */
  requestMs: number
  /** The Git server got the first request of the push. */
  pushStartMs: number
  /** The Git server got the pack. */
  packMs: number
  /** The controller has read the report of the push: the time in its log line. */
  pushedMs: number
  /** The UpdateRequest says Completed. */
  completedMs: number
}

/** Images are not pushed at the very moment in which the update before is being finished. */
const pauseMs = 100

/** Makes one update after another, each of another workload; all clocks are the one of this machine. */
export function createSampler(world: BenchWorld): (at: number) => Promise<Sample> {
  const seen = { request: 0, pushStart: 0, pack: 0, completed: 0 }
  let wanted = ''
  let completed: () => void = () => undefined
  world.cluster.onRequest(({ isNew, to, phase }) => {
    if (to !== wanted) return
    if (isNew) seen.request = Date.now()
    if (phase !== 'Completed' || seen.completed !== 0) return
    seen.completed = Date.now()
    completed()
  })
  world.onGitRequest(({ url, isPush }) => {
    if (url.endsWith('info/refs?service=git-receive-pack')) seen.pushStart = Date.now()
    if (isPush) seen.pack = Date.now()
  })

  return async (at) => {
    const workload = world.workloads[at % world.workloads.length]
    if (workload === undefined) throw new Error('there are no workloads')
    const tag = `1.${1 + Math.floor(at / world.workloads.length)}.0`
    await world.push(workload.image, tag)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
    wanted = `${world.registryHost}/${workload.image}:${tag}`
    Object.assign(seen, { request: 0, pushStart: 0, pack: 0, completed: 0 })
    const isCompleted = new Promise<void>((resolve) => {
      completed = resolve
    })
    const pushed = world.controller.next(`a push for ${workload.name}`, (line) => line.msg === 'pushed')
    const sentAt = await world.controller.notify(notification(world.registryHost, [workload.image], tag))
    const { time = '' } = await pushed
    await isCompleted
    return {
      requestMs: seen.request - sentAt,
      pushStartMs: seen.pushStart - sentAt,
      packMs: seen.pack - sentAt,
      pushedMs: Date.parse(time) - sentAt,
      completedMs: seen.completed - sentAt,
    }
  }
}

/** As CNCF distribution tells of pushes (docs, "Work with notifications"). */
export function notification(host: string, repositories: readonly string[], tag: string): string {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const events = repositories.map((repository) => {
    const target = { mediaType, repository, tag, url: `http://${host}/v2/${repository}/manifests/${tag}` }
    return { id: randomUUID(), timestamp: new Date().toISOString(), action: 'push', target, request: { host } }
  })
  return JSON.stringify({ events })
}

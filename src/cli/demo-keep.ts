import { waitingRequest } from './demo-approval.ts'
import { leaveForReview } from './demo-pull-request.ts'
import { repository, type Story } from './demo-story.ts'

/** Leaves something to decide, and says how to look around in the world that stays up until Ctrl-C. */
export async function keepUp(story: Story): Promise<void> {
  const { world, github, controller, narrator } = story
  const request = await waitingRequest(story, '2.3.2')
  const { url, command } = await leaveForReview(story, '3.3.0')
  const clone = github.repository(repository).url.replace('://', `://dana:${github.person('dana')}@`)
  const fairlead = `node ${process.argv[1] ?? 'dist/cli.js'}`
  narrator.say(`\nEverything stays up until Ctrl-C, acme/worker:2.3.2 waits for an approval, and acme/checkout:3.3.0 for a review:
  ${url}
  ${command}
To look around, in another terminal (with kubectl, too):
  export KUBECONFIG=${world.adminKubeconfig} FAIRLEAD_SERVER=http://${controller.addresses.api}
  ${fairlead} status
  ${fairlead} approve ${request}
  curl http://${controller.addresses.metrics}/metrics
To see a version fail, for no tag with "bad" in it can be pulled, and half a minute later what is put back:
  git clone ${clone} && cd gitops
  sed -i s/web:1.1.0/web:1.2.0-bad/ apps/web/deployment.yaml && git commit -am 'Try 1.2.0-bad' && git push
  ${fairlead} status deploy/shop/web
  ${fairlead} history deploy/shop/web
The registry is ${world.registry.url}`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
}

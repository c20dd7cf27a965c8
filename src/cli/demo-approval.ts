import { randomBytes } from 'node:crypto'
import type { UpdateRequest } from '../api/update-request.ts'
import { unifiedDiff } from '../core/change/diff.ts'
import { FairleadError } from '../errors.ts'
import type { World } from '../sandbox/world.ts'
import { appliedRevision, newest, readAt, repository, requestOf, type Story } from './demo-story.ts'

const path = 'apps/worker/kustomization.yaml'

/** What needs an approval waits for it, until somebody who may gives it. */
export async function tellApproval(story: Story): Promise<void> {
  const { world, controller, narrator } = story
  const before = world.git.head(repository, 'main') ?? ''
  const [alice, mallory] = [person(world, 'alice', true), person(world, 'mallory', false)]
  let request = ''
  await narrator.step('approval', async () => {
    request = await waitingRequest(story, '2.3.1')
    if (world.git.head(repository, 'main') !== before) throw new FairleadError('Internal', 'it did not wait')
    const spec = requestOf(world, request)?.spec as UpdateRequest['spec'] | undefined
    const detail = `UpdateRequest ${request}: ${spec?.change.from} → ${spec?.change.to}`
    return { title: 'shop/production-worker wants an approval first, so nothing is written', detail }
  })
  const url = `http://${controller.addresses.api}/api/v1/updates/${request}`
  let planned = ''
  await narrator.step('plan', async () => {
    const { plan } = await ask(`${url}/plan`, alice, 'GET', 200)
    planned = String(plan?.commit)
    return { title: 'the API shows what would be pushed, down to the commit', detail: `GET ${url}/plan\n${planned}` }
  })
  await narrator.step('refusal', async () => {
    const { error } = await ask(`${url}/approve`, mallory, 'POST', 403)
    return { title: 'mallory has a token of the cluster but no right to approve: 403', detail: String(error?.message) }
  })
  await narrator.step('approve', async () => {
    const { status } = await ask(`${url}/approve`, alice, 'POST', 200)
    return { title: 'alice may, and approves with her token', detail: `POST ${url}/approve\n${status?.message}` }
  })
  await narrator.step('approved-commit', async () => {
    const { id, message } = await world.until('the approved commit', () => newest(world, before))
    if (id !== planned) throw new FairleadError('Internal', `${id} was pushed, and ${planned} was planned`)
    const diff = unifiedDiff(path, readAt(world, before, path), readAt(world, id, path))
    return { title: 'the planned commit is on main', detail: `${id}\n${message.split('\n')[0]}\n\n${diff.trimEnd()}` }
  })
  await narrator.step('approved-sync', async () => {
    const revision = await world.until('the engine applies it', () => appliedRevision(world, planned))
    return { title: 'and the engine applies it', detail: `Kustomization/flux-system/apps ${revision}` }
  })
}

/** Pushes that tag of the worker; `namespace/name` of the UpdateRequest that then waits for an approval. */
export async function waitingRequest({ world, controller }: Story, tag: string): Promise<string> {
  world.registry.push('acme/worker', tag)
  const request = await controller.logged(`the decision about acme/worker:${tag}`, (line) =>
    line.msg === 'decided an update' && String(line.to).endsWith(`:${tag}`) ? String(line.request) : undefined,
  )
  await world.until('it waits', () => {
    const status = requestOf(world, request)?.status as { phase?: string } | undefined
    return status?.phase === 'Pending'
  })
  return request
}

/** Somebody with a token of the cluster, who may approve in the namespace `shop` or not; gives the token. */
function person(world: World, name: string, mayApprove: boolean): string {
  const token = randomBytes(24).toString('hex')
  world.kubernetes.access.addToken(token, { name, groups: [] })
  if (!mayApprove) return token
  const of = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'approver', namespace: 'shop' } }
  const own = { apiGroups: ['fairlead.dev'] }
  const rules = [
    { ...own, resources: ['updaterequests'], verbs: ['get'] },
    { ...own, resources: ['updaterequests/approve'], verbs: ['update'] },
  ]
  world.apply({ ...of, kind: 'Role', rules })
  world.apply({
    ...of,
    kind: 'RoleBinding',
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'approver' },
    subjects: [{ kind: 'User', name }],
  })
  return token
}

interface ApiBody {
  plan?: { commit?: string }
  status?: { message?: string }
  error?: { message?: string }
}

/** One call of the API, which has to answer with that status. */
async function ask(url: string, token: string, method: 'GET' | 'POST', wanted: number): Promise<ApiBody> {
  const answer = await fetch(url, { method, headers: { authorization: `Bearer ${token}` } })
  const body = (await answer.json()) as ApiBody
  if (answer.status === wanted) return body
  throw new FairleadError('Internal', `${method} ${url}: ${answer.status} ${JSON.stringify(body)}`)
}

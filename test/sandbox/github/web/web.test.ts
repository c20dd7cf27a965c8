import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from '../client.ts'

let ground: Ground

beforeEach(async () => {
  ground = await startGround()
  ground.branch('topic', { 'apps/web.yaml': 'image: web:2\n' })
  ground.gitops.open('fairlead', {
    title: 'web <b>2</b>',
    body: 'from `1` to `2`\n\n<script>alert(1)</script>',
    head: 'topic',
    base: 'main',
  })
})
afterEach(() => ground.close())

const address = () => `${ground.github.url}/acme/gitops/pull/1`
const page = async (path = '/acme/gitops/pull/1') => (await fetch(ground.github.url + path)).text()

async function act(fields: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams({ person: 'ada', ...fields })
  const response = await fetch(address(), { method: 'POST', body, headers, redirect: 'manual' })
  return { status: response.status, text: await response.text() }
}

describe('the page of a pull request', () => {
  it('shows it with its changes, and nothing of it as markup', async () => {
    ground.gitops.setStatus('topic', 'ci', 'failure', 'two tests failed')
    const text = await page()
    expect(text).toContain('web &lt;b&gt;2&lt;/b&gt; <span class="number">#1</span>')
    expect(text).toContain('from <code>1</code> to <code>2</code>')
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(text).toContain('- image: web:1')
    expect(text).toContain('+ image: web:2')
    expect(text).toContain('two tests failed')
    expect(text).toContain('It can be merged, though not every check is green.')
  })

  it('loads nothing and runs nothing', async () => {
    const { headers } = await fetch(address())
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page()).not.toMatch(/<script|<link|src=/)
  })

  it('stands in the list', async () => {
    ground.branch('other', { 'b.txt': 'b\n' })
    ground.gitops.open('fairlead', { title: 'b', head: 'other', base: 'main' })
    ground.gitops.close(2, 'ada')
    const text = await page('/acme/gitops/pulls')
    expect(text).toContain('<span>1 open</span><span>1 closed</span>')
    expect(text).toContain('href="/acme/gitops/pull/1"')
  })

  it.each(['/acme/gitops/pull/9', '/acme/other/pulls', '/'])('%s is not there', async (path) => {
    expect((await fetch(ground.github.url + path)).status).toBe(404)
  })
})

describe('a person', () => {
  it('approves, asks for changes and comments', async () => {
    expect((await act({ action: 'approve' })).status).toBe(303)
    await act({ action: 'request-changes', text: 'smaller, please' })
    await act({ action: 'comment', text: '**bold**' })
    expect(ground.gitops.pull(1).reviews.map((one) => [one.by.login, one.state, one.body])).toEqual([
      ['ada', 'APPROVED', ''],
      ['ada', 'CHANGES_REQUESTED', 'smaller, please'],
    ])
    expect(await page()).toContain('<strong>bold</strong>')
  })

  it('closes, opens again and merges', async () => {
    await act({ action: 'close', text: 'not today' })
    expect(ground.gitops.pull(1)).toMatchObject({
      state: 'closed',
      merged: undefined,
      closed: { by: { login: 'ada' } },
    })
    await act({ action: 'reopen' })
    expect((await act({ action: 'merge', method: 'squash' })).status).toBe(303)
    expect(ground.git.readFile('acme/gitops', 'main', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(await page()).toContain('<strong>ada</strong> merged 1 commit into')
  })

  const refusals: [title: string, fields: Record<string, string>, words: string][] = [
    ['a comment without text', { action: 'comment' }, 'A comment needs some text.'],
    ['an approval of their own', { action: 'approve', person: 'fairlead' }, 'Can not approve your own pull request'],
    ['anything as somebody unknown', { action: 'approve', person: 'eve' }, 'Nobody of that name'],
    ['an unknown action', { action: 'explode' }, 'nothing one can do here'],
  ]
  it.each(refusals)('is refused %s, with the reason on the page', async (_, fields, words) => {
    const { status, text } = await act(fields)
    expect(status).toBe(422)
    expect(text).toContain(words)
  })

  it('is refused a merge in the words of the branch’s rules', async () => {
    ground.gitops.protect('main', { checks: ['ci'], holdsAdmins: true })
    const { text } = await act({ action: 'merge' })
    expect(text).toContain('Required status check &quot;ci&quot; is expected.')
  })

  it('does not act through the page of another site', async () => {
    expect((await act({ action: 'merge' }, { origin: 'https://evil.example' })).status).toBe(403)
    expect(ground.gitops.pull(1).state).toBe('open')
  })
})

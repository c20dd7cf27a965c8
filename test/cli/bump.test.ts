import { chmod, lstat, mkdir, readdir, readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bumpCommand } from '../../src/cli/bump.ts'
import { deployment } from '../core/manifest/folder.ts'
import { folderOnDisk, run } from './offline-folder.ts'

let folder = ''
let remove = async () => {}
const before = deployment('web', "'app:1.0.0'   # keep", 'prod')

beforeEach(async () => {
  const made = await folderOnDisk({ 'apps/web.yaml': before })
  folder = made.folder
  remove = made.remove
})

afterEach(() => remove())

const to = (image: string, ...args: string[]) => [
  ...['--repo', folder, '--root', 'apps', 'deploy/prod/web', '--container', 'web', '--image', image],
  ...args,
]
const onDisk = () => readFile(path.join(folder, 'apps/web.yaml'), 'utf8')

describe('fairlead bump', () => {
  test('shows a unified diff and writes nothing', async () => {
    const { code, stdout } = await run(bumpCommand, to('app:1.1.0'))
    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        '--- a/apps/web.yaml',
        '+++ b/apps/web.yaml',
        '@@ -8,4 +8,4 @@',
        '     spec:',
        '       containers:',
        '         - name: web',
        "-          image: 'app:1.0.0'   # keep",
        "+          image: 'app:1.1.0'   # keep",
        '',
      ].join('\n'),
    )
    expect(await onDisk()).toBe(before)
  })

  test('gives file, before, after and diff as JSON', async () => {
    const { code, stdout } = await run(bumpCommand, to('app:1.1.0', '-o', 'json'))
    const after = before.replace('1.0.0', '1.1.0')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      file: 'apps/web.yaml',
      before,
      after,
      diff: expect.stringContaining('+++ b/apps/web.yaml\n@@'),
    })
  })

  test('--write changes the file in place, keeps its mode and leaves nothing beside it', async () => {
    await chmod(path.join(folder, 'apps/web.yaml'), 0o755)
    expect((await run(bumpCommand, to('app:1.1.0', '--write'))).code).toBe(0)
    expect(await onDisk()).toBe(before.replace('1.0.0', '1.1.0'))
    expect((await lstat(path.join(folder, 'apps/web.yaml'))).mode & 0o777).toBe(0o755)
    expect(await readdir(path.join(folder, 'apps'))).toEqual(['web.yaml'])
    const again = await run(bumpCommand, to('app:1.1.0', '--write', '-o', 'json'))
    expect(again.code).toBe(0)
    expect(JSON.parse(again.stdout)).toMatchObject({ file: 'apps/web.yaml', diff: '', files: [] })
  })

  test('a folder that is itself reached through a symlink is written', async () => {
    const link = `${folder}-link`
    await symlink(folder, link)
    const args = to('app:1.1.0', '--write').map((arg) => (arg === folder ? link : arg))
    expect((await run(bumpCommand, args)).code).toBe(0)
    expect(await onDisk()).toBe(before.replace('1.0.0', '1.1.0'))
    await unlink(link)
  })

  test('a refusal is exit 1 and writes nothing', async () => {
    const args = to('app:1.1.0', '--write', '-o', 'json').map((arg) => (arg === 'web' ? 'side' : arg))
    const { code, stdout } = await run(bumpCommand, args)
    expect(code).toBe(1)
    expect(JSON.parse(stdout).refused).toMatchObject({
      code: 'NotTraced',
      evidence: ['apps/web.yaml:11 container web'],
    })
    expect(await onDisk()).toBe(before)
  })

  test('no image is wrong use: exit 2', async () => {
    expect((await run(bumpCommand, to('').slice(0, -2))).code).toBe(2)
  })

  test.each(['x y', 'app', 'app:', 'app@sha256:1', 'APP:v1:2', ''])(
    'the image %j is wrong use: exit 2',
    async (image) => {
      expect((await run(bumpCommand, to(image, '--write'))).code).toBe(2)
      expect(await onDisk()).toBe(before)
    },
  )
})

describe('fairlead bump of a HelmRelease', () => {
  const image = (tag: string) => `{image: {repository: ghcr.io/acme/web, tag: ${tag}}}`
  const release = (values: string) =>
    `apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web, namespace: prod}\nspec: {values: ${values}}\n`
  const hr = (...args: string[]) => ['--repo', folder, '--root', 'releases', 'hr/prod/web', ...args, '-o', 'json']

  async function bump(values: string, ...args: string[]) {
    await mkdir(path.join(folder, 'releases'), { recursive: true })
    await writeFile(path.join(folder, 'releases/web.yaml'), release(values))
    const { code, stdout } = await run(bumpCommand, hr('--image', 'ghcr.io/acme/web:1.1.0', ...args))
    return { code, ...JSON.parse(stdout) }
  }

  test('finds the only image of the repository in its values', async () => {
    expect(await bump(image('1.0.0'))).toMatchObject({ code: 0, after: release(image('1.1.0')) })
  })

  test('is told by --from which of two is meant', async () => {
    const two = (one: string) => `{web: ${image(one)}, worker: ${image('0.9.0')}}`
    expect(await bump(two('1.0.0'))).toMatchObject({ code: 1, refused: { code: 'Ambiguous' } })
    const told = await bump(two('1.0.0'), '--from', 'ghcr.io/acme/web:1.0.0')
    expect(told).toMatchObject({ code: 0, after: release(two('1.1.0')) })
  })

  test('is refused when --from is not what Git says', async () => {
    const told = await bump(image('1.0.0'), '--from', 'ghcr.io/acme/web:0.9.0')
    expect(told).toMatchObject({ code: 1, refused: { code: 'Masked' } })
  })
})

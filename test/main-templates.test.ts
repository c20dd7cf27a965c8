import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readTemplates } from '../src/main-templates.ts'

describe('a folder of own templates', () => {
  let templatesDir = ''
  beforeEach(async () => {
    templatesDir = await mkdtemp(join(tmpdir(), 'fairlead-templates-'))
  })
  afterEach(() => rm(templatesDir, { recursive: true, force: true }))

  test('replaces the files that it has, beside what a mount leaves there', async () => {
    await writeFile(join(templatesDir, 'commit.txt'), 'fix: {{image}}\n')
    await writeFile(join(templatesDir, '..data'), '')
    const own = await readTemplates({ templatesDir })
    const builtIn = await readTemplates({ templatesDir: '' })
    expect(own).toEqual({ ...builtIn, 'commit.txt': 'fix: {{image}}\n' })
  })

  test('that is not there stops the start', async () => {
    const missing = join(templatesDir, 'missing')
    const message = expect.stringMatching(/templatesDir: .*missing cannot be read; is it mounted\?/)
    await expect(readTemplates({ templatesDir: missing })).rejects.toMatchObject({ code: 'ConfigInvalid', message })
  })

  test('with a file by another name stops the start, and names those that there are', async () => {
    await writeFile(join(templatesDir, 'pull_request.md'), 'x')
    const message = expect.stringMatching(/pull_request\.md is no template; there are .*pull-request\.md/)
    await expect(readTemplates({ templatesDir })).rejects.toMatchObject({ code: 'ConfigInvalid', message })
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface Step {
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, { permissions?: object; 'timeout-minutes'?: number; steps: Step[] }>
}

const folder = '.github/workflows'

describe.each(readdirSync(folder))('the workflow %s', (file) => {
  const source = readFileSync(`${folder}/${file}`, 'utf8')
  const workflow: Workflow = parse(source)
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  it('may only read', () => {
    expect(workflow.permissions).toEqual({ contents: 'read' })
    expect(jobs.filter(({ permissions }) => permissions !== undefined)).toEqual([])
  })

  it('takes every action at a full commit, with its version beside it', () => {
    const uses = source.split('\n').filter((line) => /\buses:/.test(line))
    expect(uses.length).toBe(steps.filter(({ uses: action }) => action !== undefined).length)
    expect(uses.filter((line) => !/uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line))).toEqual([])
  })

  it('leaves no token in the checkout', () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'))
    expect(checkouts).not.toEqual([])
    expect(checkouts.filter((step) => step.with?.['persist-credentials'] !== false)).toEqual([])
  })

  it('puts nothing that others write into a shell', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([])
  })

  it('ends', () => {
    expect(jobs.filter((job) => job['timeout-minutes'] === undefined)).toEqual([])
  })
})

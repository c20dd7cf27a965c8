import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSeries, type Family } from '../../src/runtime/series.ts'

const info: Family = { name: 'app_info', help: 'Always 1.', type: 'gauge' }
const phase: Family = { name: 'app_phase', help: 'Phase.', type: 'gauge' }

const text = (series: ReturnType<typeof createSeries>) => [...series.render()].join('')

describe('series of owners', () => {
  test('are rendered family by family, with help and type once', () => {
    const series = createSeries()
    series.set('a', [
      { family: info, labels: { name: 'a' }, value: 1 },
      { family: phase, labels: { name: 'a', phase: 'success' }, value: 1 },
    ])
    series.set('b', [{ family: info, labels: { name: 'b' }, value: 1 }])
    expect(text(series)).toBe(
      [
        '# HELP app_info Always 1.',
        '# TYPE app_info gauge',
        'app_info{name="a"} 1',
        'app_info{name="b"} 1',
        '# HELP app_phase Phase.',
        '# TYPE app_phase gauge',
        'app_phase{name="a",phase="success"} 1',
        '',
      ].join('\n'),
    )
  })

  test('are replaced as a whole: old labels do not stay behind', () => {
    const series = createSeries()
    series.set('a', [{ family: info, labels: { version: '1.0.0' }, value: 1 }])
    series.set('a', [{ family: info, labels: { version: '1.1.0' }, value: 1 }])
    expect(text(series)).not.toContain('1.0.0')
    series.delete('a')
    expect(text(series)).toBe('')
  })

  test('that change while they are read are as they were at the first piece, each once', () => {
    const series = createSeries()
    const add = (owner: number, value: number) =>
      series.set(`${owner}`, [{ family: phase, labels: { name: `workload-${owner}` }, value }])
    for (let owner = 0; owner < 5000; owner++) add(owner, 0)
    const pieces = series.render()
    let exposition = `${pieces.next().value}`
    for (let owner = 0; owner < 5000; owner++) add(owner, 1)
    series.delete('4999')
    for (const piece of pieces) exposition += piece
    const lines = exposition.split('\n').filter((line) => line.startsWith('app_phase{'))
    expect(lines.length).toBe(5000)
    expect(new Set(lines.map((line) => line.slice(0, line.indexOf('}')))).size).toBe(5000)
    expect(lines.every((line) => line.endsWith(' 0'))).toBe(true)
  })

  test('escape what would end a label', () => {
    const series = createSeries()
    series.set('a', [{ family: info, labels: { name: 'x"} 1\n# \\' }, value: 1 }])
    expect(text(series)).toContain('app_info{name="x\\"} 1\\n# \\\\"} 1\n')
  })

  test('come in pieces when there are many', () => {
    const series = createSeries()
    for (let i = 0; i < 5000; i++) series.set(`${i}`, [{ family: info, labels: { name: `workload-${i}` }, value: 1 }])
    const pieces = [...series.render()]
    expect(pieces.length).toBeGreaterThan(1)
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(66_000)
    expect(pieces.join('').split('\n').length).toBe(5000 + 3)
  })

  test('after any sequence of changes are what they would be if only the last of each had ever been there', () => {
    const owner = fc.constantFrom('a', 'b', 'c')
    const sample = fc.record({
      family: fc.constantFrom(info, phase),
      labels: fc.record({ version: fc.constantFrom('1.0.0', '1.1.0', '2"') }),
      value: fc.constantFrom(0, 1),
    })
    const change = fc.tuple(owner, fc.option(fc.array(sample, { maxLength: 3 }), { nil: undefined }))
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const [series, fresh] = [createSeries(), createSeries()]
        for (const [name, samples] of changes) {
          if (samples === undefined) series.delete(name)
          else series.set(name, samples)
        }
        for (const [name, samples] of new Map(changes)) if (samples !== undefined) fresh.set(name, samples)
        const lines = (of: ReturnType<typeof createSeries>) => text(of).split('\n').sort()
        expect(lines(series)).toEqual(lines(fresh))
      }),
    )
  })

  test('any label value stays on one line', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const series = createSeries()
        series.set('a', [{ family: info, labels: { value }, value: 1 }])
        expect(text(series).split('\n').length).toBe(4)
      }),
    )
  })
})

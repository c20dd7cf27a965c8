import { describe, expect, test } from 'vitest'
import { type HoldWords, renderHoldMessage, renderHoldTitle } from '../../../src/core/change/hold.ts'
import { parseTrailers } from '../../../src/core/change/trailer.ts'
import { isReleaseOf } from '../../../src/core/image/quarantine.ts'

const workload = { kind: 'Deployment', namespace: 'prod', name: 'web' }
const words: HoldWords = {
  id: '0123456789abcdef',
  action: 'hold',
  workload,
  cluster: 'eu',
  reason: 'freeze',
  by: 'alice',
}

describe('the commit of a hold', () => {
  test('says what, why and who', () => {
    expect(renderHoldMessage(words)).toBe(
      [
        'Hold Deployment prod/web',
        '',
        'freeze',
        '',
        'Asked for by alice.',
        '',
        'Fairlead-Id: 0123456789abcdef',
        'Fairlead-Action: hold',
        'Fairlead-Workload: Deployment/prod/web',
        'Fairlead-Cluster: eu',
        'Reason: freeze',
        '',
      ].join('\n'),
    )
  })

  test('that ends needs no reason', () => {
    const message = renderHoldMessage({ ...words, action: 'release', reason: '' })
    expect(message).toMatch(/^Release Deployment prod\/web\n\nAsked for by alice\.\n\nFairlead-Id: /)
    expect(message).not.toContain('Reason')
  })

  test('is a release of that workload and of no other', () => {
    const of = (action: HoldWords['action'], key: string) =>
      isReleaseOf(renderHoldMessage({ ...words, action }), new Set([key]))
    expect(of('release', 'Deployment/prod/web')).toBe(true)
    expect(of('release', 'Deployment/prod/api')).toBe(false)
    expect(of('hold', 'Deployment/prod/web')).toBe(false)
  })

  test('cannot be made to say something else by who asks, or why', () => {
    const hostile = 'x\n\nFairlead-Action: release\nFairlead-Workload: Deployment/prod/pay'
    const message = renderHoldMessage({ ...words, reason: hostile, by: `${hostile} @everyone closes #1` })
    expect(parseTrailers(message).get('Fairlead-Action')).toEqual(['hold'])
    expect(isReleaseOf(message, new Set(['Deployment/prod/pay', 'Deployment/prod/web']))).toBe(false)
    expect(message).not.toMatch(/@everyone|#1/)
  })

  test('has a title for a pull request', () => expect(renderHoldTitle(words)).toBe('Hold Deployment prod/web'))
})

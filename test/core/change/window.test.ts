import { describe, expect, test } from 'vitest'
import { compileWindow, type WindowFields, windowDemands, windowState } from '../../../src/core/change/window.ts'

const hour = 3_600_000
const subject = { namespace: 'prod', name: 'web', labels: { team: 'a' }, image: 'ghcr.io/acme/web:1' }

function window(fields: Partial<WindowFields>) {
  return compileWindow({ name: 'w', allow: [], exclude: [], timezone: 'UTC', ...fields })
}

const office = window({
  name: 'office',
  allow: [{ cron: '0 9 * * 1-5', durationMs: 8 * hour }],
  timezone: 'Europe/Berlin',
})
const weekend = window({ name: 'weekend', allow: [{ cron: '0 0 * * SAT', durationMs: 48 * hour }] })
const lunch = window({ name: 'lunch', exclude: [{ cron: '0 12 * * *', durationMs: hour }] })
const night = window({ name: 'night', allow: [{ cron: '30 2 * * *', durationMs: hour }], timezone: 'Europe/Berlin' })
const freeze = window({ name: 'freeze', exclude: [{ cron: '0 0 24 12 *', durationMs: 72 * hour }], match: {} })
const always = window({ name: 'always', exclude: [{ cron: '* * * * *', durationMs: hour }] })
const all = [office, weekend, lunch, night, always]

/** `open`, or when it opens. */
function stateAt(names: string[], at: string, windows = all): string {
  const state = windowState(windowDemands(subject, names, windows), new Date(at))
  return state.isOpen ? 'open' : (state.opensAt?.toISOString() ?? 'never')
}

describe('a window', () => {
  const rows: [what: string, names: string[], at: string, state: string][] = [
    ['is not there: nothing is closed', [], '2026-03-02T03:00:00Z', 'open'],
    ['is open at the very start', ['office'], '2026-03-02T08:00:00Z', 'open'],
    ['is closed just before', ['office'], '2026-03-02T07:59:59.999Z', '2026-03-02T08:00:00.000Z'],
    ['is open just before the end', ['office'], '2026-03-02T15:59:59.999Z', 'open'],
    ['is closed at the very end', ['office'], '2026-03-02T16:00:00Z', '2026-03-03T08:00:00.000Z'],
    ['is closed over the weekend', ['office'], '2026-03-06T16:00:00Z', '2026-03-09T08:00:00.000Z'],
    ['follows the clocks of its place in summer', ['office'], '2026-03-30T07:00:00Z', 'open'],
    ['that lasts over midnight is open on the day after', ['weekend'], '2026-03-08T23:59:59Z', 'open'],
    ['may be one of several that are named', ['office', 'weekend'], '2026-03-07T12:00:00Z', 'open'],
    [
      'of which none is open has the nearest opening',
      ['office', 'weekend'],
      '2026-03-06T20:00:00Z',
      '2026-03-07T00:00:00.000Z',
    ],
    ['that only excludes is open otherwise', ['lunch'], '2026-03-02T11:59:59Z', 'open'],
    ['that excludes is closed from its start', ['lunch'], '2026-03-02T12:00:00Z', '2026-03-02T13:00:00.000Z'],
    ['that excludes is open at the end of that', ['lunch'], '2026-03-02T13:00:00Z', 'open'],
    ['that excludes beats one that allows', ['office', 'lunch'], '2026-03-02T12:30:00Z', '2026-03-02T13:00:00.000Z'],
    ['that excludes does not allow', ['office', 'lunch'], '2026-03-02T18:00:00Z', '2026-03-03T08:00:00.000Z'],
    ['that always excludes never opens', ['always'], '2026-03-02T18:00:00Z', 'never'],
    [
      'in the hour that is left out in spring opens right after it',
      ['night'],
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:00:00.000Z',
    ],
    ['in the hour that is left out in spring is open then', ['night'], '2026-03-29T01:30:00Z', 'open'],
    ['in the hour that comes twice in autumn is open the first time', ['night'], '2026-10-25T00:30:00Z', 'open'],
    [
      'in the hour that comes twice in autumn lasts as long as ever',
      ['night'],
      '2026-10-25T01:30:00Z',
      '2026-10-26T01:30:00.000Z',
    ],
  ]
  test.each(rows)('%s', (_, names, at, state) => expect(stateAt(names, at)).toBe(state))

  test('that matches closes also for who names another', () => {
    expect(stateAt(['weekend'], '2027-12-25T12:00:00Z', [...all, freeze])).toBe('2028-01-01T00:00:00.000Z')
    expect(stateAt([], '2026-12-24T00:00:00Z', [...all, freeze])).toBe('2026-12-27T00:00:00.000Z')
    expect(stateAt([], '2026-12-27T00:00:00Z', [...all, freeze])).toBe('open')
  })

  test('that is closed is named', () => {
    const demands = windowDemands(subject, ['office', 'weekend'], [...all, freeze])
    expect(windowState(demands, new Date('2026-12-24T00:00:00Z'))).toMatchObject({
      names: ['freeze', 'office', 'weekend'],
    })
  })

  const matches: [what: string, match: WindowFields['match'], closed: boolean][] = [
    ['everybody', {}, true],
    ['a namespace', { namespace: 'pr*' }, true],
    ['another namespace', { namespace: 'dev' }, false],
    ['a label', { labels: { team: 'a' } }, true],
    ['another image', { image: 'nginx*' }, false],
    ['only who names it', undefined, false],
  ]
  test.each(matches)('may be for %s', (_, match, closed) => {
    const one = window({ exclude: [{ cron: '* * * * *', durationMs: hour }], match })
    expect(stateAt([], '2026-03-02T12:00:00Z', [one]) !== 'open').toBe(closed)
  })

  test('that is not configured is a mistake of who names it', () => {
    expect(() => windowDemands(subject, ['ofice'], all)).toThrow(
      'window: "ofice" is not configured under windows; there are office, weekend, lunch, night, always',
    )
  })

  const wrong: [what: string, fields: Partial<WindowFields>, message: RegExp][] = [
    ['says nothing', {}, /windows: w: give allow or exclude/],
    ['has four fields', { allow: [{ cron: '0 9 * *', durationMs: hour }] }, /cron: "0 9 \* \*" has 4 fields/],
    ['has seconds', { allow: [{ cron: '0 0 9 * * 1', durationMs: hour }] }, /has 6 fields/],
    [
      'has an eighth day',
      { exclude: [{ cron: '0 9 * * 8', durationMs: hour }] },
      /is none: Invalid value for dayOfWeek: 8/,
    ],
    ['never comes', { allow: [{ cron: '0 9 31 2 *', durationMs: hour }] }, /never comes/],
    [
      'lies on no map',
      { allow: [{ cron: '0 9 * * 1', durationMs: hour }], timezone: 'Mars/Base' },
      /timezone: "Mars\/Base"/,
    ],
    ['has a broken glob', { exclude: [{ cron: '0 9 * * 1', durationMs: hour }], match: { name: '[' } }, /match.name/],
  ]
  test.each(wrong)('that %s is refused', (_, fields, message) => expect(() => window(fields)).toThrow(message))
})

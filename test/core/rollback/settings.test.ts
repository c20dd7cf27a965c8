import { describe, expect, test } from 'vitest'
import type { RollbackScope } from '../../../src/api/annotation.ts'
import { compileRule } from '../../../src/core/image/rule.ts'
import { mayRollBack, resolveRollback, resolveRollbackByPerson } from '../../../src/core/rollback/settings.ts'

const key = (field: string) => `fairlead.dev/${field}`
const headwind = 'headwind.sh/auto-rollback'

function subjectWith(annotations: Record<string, string>) {
  const identity = { namespace: 'prod', name: 'web', labels: {}, image: 'ghcr.io/acme/web:1.0.0', container: 'web' }
  return { ...identity, annotations }
}

const declaredWith = (annotations: Record<string, string>, patches: string[] = []) => ({
  annotations,
  labels: {},
  patches,
})

function resolve(annotations: Record<string, string>, onFailure: RollbackScope, live = annotations) {
  const defaults = { rules: [], mode: 'commit', onFailure } as const
  return resolveRollback(subjectWith(live), declaredWith(annotations), defaults)
}

describe('whose failed changes are put back', () => {
  const rows: [what: string, onFailure: RollbackScope, annotations: Record<string, string>, scope: RollbackScope][] = [
    ['nobody’s where nothing is said', 'off', {}, 'off'],
    ['as the configuration says', 'any', {}, 'any'],
    ['fairlead’s own where the workload opts in', 'off', { [key('rollback')]: 'true' }, 'own'],
    ['anybody’s where the configuration says so and the workload agrees', 'any', { [key('rollback')]: 'true' }, 'any'],
    ['nobody’s where the workload opts out', 'any', { [key('rollback')]: 'false' }, 'off'],
    ['nobody’s of a container that opts out', 'own', { [key('rollback.web')]: 'false' }, 'off'],
    ['fairlead’s own where Headwind’s annotation opts in', 'off', { [headwind]: 'true' }, 'own'],
    ['nobody’s where Headwind’s annotation opts out', 'any', { [headwind]: 'false' }, 'off'],
    ['as ours says where both do', 'off', { [headwind]: 'true', [key('rollback')]: 'false' }, 'off'],
    ['as ours says for the container', 'own', { [headwind]: 'false', [key('rollback.web')]: 'true' }, 'own'],
    ['as the configuration says for another container', 'own', { [key('rollback.other')]: 'false' }, 'own'],
  ]
  test.each(rows)('%s', (_, onFailure, annotations, scope) => {
    expect(resolve(annotations, onFailure).scope).toBe(scope)
    expect(mayRollBack(subjectWith(annotations), { rules: [], onFailure })).toBe(scope !== 'off')
  })

  test('a rule has its say, and an annotation beats it', () => {
    const rules = [compileRule({ match: {}, fields: { rollback: 'true' } })]
    const defaults = { rules, mode: 'commit', onFailure: 'off' } as const
    const optedOut = { [key('rollback')]: 'false' }
    expect(resolveRollback(subjectWith({}), declaredWith({}), defaults).scope).toBe('own')
    expect(resolveRollback(subjectWith(optedOut), declaredWith(optedOut), defaults).scope).toBe('off')
  })

  test('only the live object may opt out, and not in', () => {
    expect(resolve({}, 'own', { [key('rollback')]: 'false' }).scope).toBe('off')
    expect(resolve({}, 'own', { [headwind]: 'false' }).scope).toBe('off')
    for (const name of [key('rollback'), headwind]) {
      expect(() => resolve({}, 'off', { [name]: 'true' })).toThrow(/rollback: "true" is only on the live object/)
    }
  })

  test('a value that is neither is refused', () => {
    expect(() => resolve({ [key('rollback')]: 'yes' }, 'off')).toThrow(/neither true nor false/)
    expect(() => resolve({ [headwind]: 'yes' }, 'off')).toThrow(
      'headwind.sh/auto-rollback: "yes" is neither true nor false',
    )
  })

  test('a patch whose outcome is not known is refused', () => {
    const defaults = { rules: [], mode: 'commit', onFailure: 'own' } as const
    expect(() => resolveRollback(subjectWith({}), declaredWith({}, ['a.yaml:1']), defaults)).toThrow(/a.yaml:1/)
  })
})

describe('of the settings for updates', () => {
  test('mode and hold count, and nothing else', () => {
    const annotations = {
      [key('mode')]: 'observe',
      [key('hold')]: 'incident 7',
      [key('policy')]: 'nonsense',
      [key('require-approval')]: 'true',
      [key('min-age')]: '24h',
      [key('window')]: 'nights',
    }
    const { settings } = resolve(annotations, 'own')
    expect(settings).toMatchObject({
      mode: 'observe',
      hold: 'incident 7',
      requireApproval: false,
      minAgeMs: 0,
      windows: [],
    })
  })

  test('no hold counts for a person', () => {
    const annotations = { [key('hold')]: 'incident 7', [key('rollback')]: 'false' }
    const defaults = { rules: [], mode: 'commit', onFailure: 'off' } as const
    const { scope, settings } = resolveRollbackByPerson(subjectWith({}), declaredWith(annotations), defaults)
    expect({ scope, hold: settings.hold }).toEqual({ scope: 'any', hold: undefined })
  })
})

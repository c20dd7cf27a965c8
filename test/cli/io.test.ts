import { EventEmitter } from 'node:events'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { leaveOnClosedPipe, screenJson, screenText } from '../../src/cli/io.ts'

describe('output that nobody reads any more', () => {
  function output() {
    const emitter = new EventEmitter()
    const left: string[] = []
    leaveOnClosedPipe(emitter, () => left.push('left'))
    return { emitter, left }
  }

  test('ends the command quietly', () => {
    const { emitter, left } = output()
    emitter.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
    expect(left).toEqual(['left'])
  })

  test('is not confused with output that cannot be written', () => {
    const { emitter, left } = output()
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
    expect(() => emitter.emit('error', full)).toThrow('no space left')
    expect(left).toEqual([])
  })
})

describe('screenText', () => {
  test('keeps lines and indentation', () => {
    expect(screenText('a: b\n  c d\n')).toBe('a: b\n  c d\n')
  })

  test('lets no control character but the line break through', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const shown = screenText(text)
        expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
        expect(shown.split('\n')).toHaveLength(text.split('\n').length)
      }),
    )
  })
})

test('JSON on a screen holds no control and no invisible character, and says the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const shown = screenJson({ [text]: [text] })
      expect(shown).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
      expect(JSON.parse(shown)).toEqual({ [text]: [text] })
    }),
  )
  expect(screenJson('a\u202eb\u009bc\u{e0001}')).toBe('"a\\u202eb\\u009bc\\udb40\\udc01"')
})

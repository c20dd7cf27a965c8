import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEdited, isTitleEdited, noteIn, readMark, writeMark } from '../../../src/core/pull-request/mark.ts'

const group = '0123456789abcdef'
const body = 'Updates web.\n\n* a\n* b'
const marked = writeMark(body, { group })

describe('the mark of a body', () => {
  test('stands below it, hidden', () => {
    expect(marked).toBe(`${body}\n\n<!-- fairlead: {"group":"${group}","text":"66c200aa22c2e30e"} -->\n`)
  })
  test('is read back', () => expect(readMark(marked)).toEqual({ group, text: '66c200aa22c2e30e' }))
  test('is replaced, not added, when the text is written again', () => {
    expect(writeMark(marked, { group })).toBe(marked)
    const withdrawn = writeMark(marked, { group, withdrawn: 'a newer version came' })
    expect(withdrawn.match(/<!--/g)).toHaveLength(1)
    expect(readMark(withdrawn)).toMatchObject({ group, withdrawn: 'a newer version came' })
  })

  const none: [says: string, body: string][] = [
    ['an empty body', ''],
    ['a body of somebody else', 'Please merge'],
    ['one that was cut', marked.slice(0, -10)],
    ['one that is no JSON', '<!-- fairlead: {group} -->'],
    ['one that is a list', '<!-- fairlead: [] -->'],
    ['one without a group', '<!-- fairlead: {"text":"0123456789abcdef"} -->'],
    ['one whose group is no id', '<!-- fairlead: {"group":"main","text":"0123456789abcdef"} -->'],
    ['a body that no host takes', `${'x'.repeat(200_000)}${marked}`],
    ['one with very much in it', `<!-- fairlead: {"a":"${'x'.repeat(3000)}"} -->`],
  ]
  test.each(none)('is none in %s', (_, text) => {
    expect(readMark(text)).toBeUndefined()
    expect(isEdited(text)).toBe(true)
  })

  test('is hidden and readable whatever the reason of a withdrawal says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (reason) => {
        const text = writeMark(body, { group, withdrawn: `--> <!-- fairlead: {} --!> ${reason}` })
        expect(text.split('-->')).toHaveLength(2)
        expect(text.split('<!--')).toHaveLength(2)
        expect(readMark(text)?.group).toBe(group)
        expect(isEdited(text)).toBe(false)
      }),
    )
  })
})

describe('a body', () => {
  const rows: [says: string, text: string, edited: boolean][] = [
    ['as it was written is not edited', marked, false],
    ['with the line ends of a web form is not edited', marked.replaceAll('\n', '\r\n'), false],
    ['with blanks around it is not edited', `\n\n${marked.trimEnd()}   \n`, false],
    ['with another word is edited', marked.replace('web', 'api'), true],
    ['with something above is edited', `Hold on!\n${marked}`, true],
    ['with something below the mark is edited', `${marked}\nLooks good`, true],
    ['whose mark was taken away is edited', body, true],
    ['whose mark was quoted above is not edited', writeMark(`> ${marked.trim()}\n\nx`, { group }), false],
  ]
  test.each(rows)('%s', (_, text, edited) => expect(isEdited(text)).toBe(edited))
})

describe('a title', () => {
  const titled = writeMark(body, { group, title: 'Update web' })
  const rows: [says: string, title: string, text: string, edited: boolean][] = [
    ['as it was written is not edited', 'Update web', titled, false],
    ['with blanks around it is not edited', ' Update web ', titled, false],
    ['with another word is edited', 'Update api', titled, true],
    ['that no mark tells of is not edited', 'Update api', marked, false],
    ['of a body that is edited is judged by itself', 'Update web', titled.replace('web', 'api'), false],
  ]
  test.each(rows)('%s', (_, title, text, edited) => expect(isTitleEdited({ title, body: text })).toBe(edited))
})

describe('a note in a mark', () => {
  const fresh = writeMark(body, { group, title: 'Update web', isNew: true })

  test('leaves what is known about text and title, and ends its being new', () => {
    const { isNew, ...rest } = readMark(fresh) ?? {}
    expect(isNew).toBe(true)
    expect(readMark(noteIn(fresh, {}))).toEqual(rest)
    expect(readMark(noteIn(fresh, { rejected: 'by bob' }))).toEqual({ ...rest, rejected: 'by bob' })
    expect(readMark(noteIn(fresh, { withdrawn: 'gone' }))).toEqual({ ...rest, withdrawn: 'gone' })
  })
  test('does not hide that somebody edited the text', () => {
    const edited = fresh.replace('web', 'api')
    expect(isEdited(noteIn(edited, { withdrawn: 'gone' }))).toBe(true)
  })
  test('is kept also where somebody took the mark away', () => {
    expect(readMark(noteIn(body, { withdrawn: 'gone' }))).toMatchObject({ withdrawn: 'gone' })
  })
})

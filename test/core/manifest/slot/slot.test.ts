import { describe, expect, test } from 'vitest'
import { splitImage } from '../../../../src/core/manifest/slot/image-text.ts'
import { partOf, type SlotField, slotEdits } from '../../../../src/core/manifest/slot/slot.ts'
import { refusalOf } from '../folder.ts'

function field(role: SlotField['role'], value: string, more: Partial<SlotField> = {}): SlotField {
  return { role, keyPath: `0:${role}`, value, line: 1, ...more }
}

const digest = `sha256:${'a'.repeat(64)}`
const other = `sha256:${'b'.repeat(64)}`

describe('a slot is written as it is', () => {
  const cases: [string, SlotField[], string, string, Record<string, string>][] = [
    ['one scalar', [field('reference', 'web:1')], 'web:1', 'web:2', { reference: 'web:2' }],
    [
      'after a name and an equals sign',
      [field('reference', 'web=acme/web:1', { written: { before: 'web=', after: '' } })],
      'acme/web:1',
      'acme/web:2',
      { reference: 'web=acme/web:2' },
    ],
    [
      'a tag used after a v',
      [field('tag', '1.0', { used: { before: 'v', after: '' } })],
      'web:v1.0',
      'web:v1.1',
      { tag: '1.1' },
    ],
    [
      'a tag in the rest of a scalar',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of Flux
      [field('tag', '${registry}/web:1.0', { written: { before: '${registry}/web:', after: '' } })],
      'ghcr.io/web:1.0',
      'ghcr.io/web:1.1',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of Flux
      { tag: '${registry}/web:1.1' },
    ],
    [
      'tag and digest',
      [field('tag', '1'), field('digest', digest)],
      `web:1@${digest}`,
      `web:2@${other}`,
      { tag: '2', digest: other },
    ],
  ]
  test.each(cases)('%s', (_, fields, deployed, wanted, values) => {
    const edits = slotEdits({ file: 'f.yaml', fields }, splitImage(deployed), splitImage(wanted))
    expect(Object.fromEntries(edits.map(({ keyPath, value }) => [keyPath.slice(2), value]))).toEqual(values)
    expect(edits.map(({ expected }) => expected)).toEqual(fields.map(({ value }) => value))
  })

  test('and a tag that is not of the form in which it is used is refused', () => {
    const tag = field('tag', '1.0', { used: { before: 'v', after: '-slim' } })
    expect(partOf(tag)).toBe('v1.0-slim')
    const slot = { file: 'f.yaml', fields: [tag] }
    for (const wanted of ['web:1.1-slim', 'web:v1.1', 'web:v-sli']) {
      expect(refusalOf(() => slotEdits(slot, splitImage('web:v1.0-slim'), splitImage(wanted)))?.code).toBe(
        'NotEditable',
      )
    }
  })
})

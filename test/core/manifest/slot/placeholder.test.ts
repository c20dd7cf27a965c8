// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders are what is tested
import { describe, expect, test } from 'vitest'
import { writtenDecision } from '../../../../src/core/manifest/slot/image-decision.ts'
import { slotOf } from '../../../../src/core/manifest/slot/image-slot.ts'
import { fillPlaceholders, type Variables } from '../../../../src/core/manifest/slot/placeholder.ts'
import { partOf } from '../../../../src/core/manifest/slot/slot.ts'
import { folder, refusalOf } from '../folder.ts'

const branch = { repository: '', name: '', snapshot: folder({}) }
const values: Record<string, string> = {
  tag: '1.4.1',
  registry: 'ghcr.io',
  image: 'acme/web:1.4.1',
  digest: `sha256:${'a'.repeat(64)}`,
  empty: '',
  lines: 'a\nb\n',
}
const variables: Variables = {
  isActive: true,
  find: (name) => {
    const value = values[name]
    return value === undefined ? undefined : { file: 'vars.yaml', keyPath: `0:${name}`, value, line: 1, branch }
  },
}

describe('placeholders are filled in as Flux does', () => {
  const rows: [text: string, filled: string][] = [
    ['app:${tag}', 'app:1.4.1'],
    ['${registry}/app:v${tag}-slim', 'ghcr.io/app:v1.4.1-slim'],
    ['app:${unset:=2}', 'app:2'],
    ['app:${unset:-2}', 'app:2'],
    ['app:${unset=2}', 'app:2'],
    ['app:${tag:=2}', 'app:1.4.1'],
    ['app:${empty:=2}', 'app:2'],
    ['app:${unset:=}', 'app:'],
    ['app:${lines}', 'app:ab'],
  ]
  test.each(rows)('%s is %s', (text, filled) => expect(fillPlaceholders(text, 'a.yaml:1', variables).text).toBe(filled))

  const refused = [
    'app:${unset}',
    'app:${empty}',
    'app:${tag%.*}',
    'app:${tag^^}',
    'app:${tag:0:1}',
    'app:$${tag}',
    'app:$tag',
  ]
  test.each([...refused, 'app:${tag:=${x}}', 'app:${#tag}', 'app:${tag-1}'])('%s is refused', (text) => {
    expect(refusalOf(() => fillPlaceholders(text, 'a.yaml:1', variables))?.code).toBe('Templated')
  })
})

describe('the slot behind placeholders', () => {
  const written = (value: string) => writtenDecision({ file: 'web.yaml', keyPath: '0:image', value, line: 3 })
  const rows: [image: string, fields: [role: string, keyPath: string, part: string][]][] = [
    ['app:${tag}', [['tag', '0:tag', '1.4.1']]],
    ['app:v${tag}-slim', [['tag', '0:tag', 'v1.4.1-slim']]],
    ['${registry}/app:${tag}', [['tag', '0:tag', '1.4.1']]],
    ['${registry}/app:1.0', [['tag', '0:image', '1.0']]],
    ['${registry}/app:${unset:=1.0}', [['tag', '0:image', '1.0']]],
    ['${registry}/${image}', [['reference', '0:image', 'ghcr.io/acme/web:1.4.1']]],
    ['${image}', [['reference', '0:image', 'acme/web:1.4.1']]],
    ['app@${digest}', [['digest', '0:digest', values['digest'] ?? '']]],
    [
      'app:${tag}@${digest}',
      [
        ['tag', '0:tag', '1.4.1'],
        ['digest', '0:digest', values['digest'] ?? ''],
      ],
    ],
  ]
  test.each(rows)('of %s', (image, fields) => {
    const { slot } = slotOf(written(image), 'web', variables)
    expect(slot.fields.map((field) => [field.role, field.keyPath, partOf(field)])).toEqual(fields)
  })

  const refused: [image: string, variables: Variables | undefined, code: string][] = [
    ['app:${tag}-${registry}', variables, 'Templated'],
    ['app:${tag}', undefined, 'Templated'],
    ['app:${tag:=1}', { ...variables, isActive: false }, 'Templated'],
    ['{{ image }}', variables, 'Templated'],
    ['app:${unset:=1}@${digest}', variables, 'Masked'],
  ]
  test.each(refused)('of %s is refused', (image, given, code) => {
    expect(refusalOf(() => slotOf(written(image), 'web', given))?.code).toBe(code)
  })
})

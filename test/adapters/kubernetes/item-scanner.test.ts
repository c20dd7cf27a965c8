import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createItemScanner } from '../../../src/adapters/kubernetes/item-scanner.ts'
import { createLineSplitter } from '../../../src/adapters/kubernetes/line-splitter.ts'
import { parseTrimmed } from '../../../src/adapters/kubernetes/managed-fields.ts'

/** Cuts bytes at the given places, as a network would. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
}

function scan(text: string, cuts: readonly number[] = []) {
  const items: unknown[] = []
  const scanner = createItemScanner((json) => items.push(JSON.parse(json.toString())))
  for (const piece of pieces(Buffer.from(text), cuts)) scanner.push(piece)
  return { items, envelope: JSON.parse(scanner.end()) }
}

const cutList = fc.array(fc.nat(), { maxLength: 12 })
const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 4 }))

describe('item scanner', () => {
  it('finds what JSON.parse finds, wherever the network cuts', () => {
    fc.assert(
      fc.property(fc.array(object), cutList, fc.boolean(), fc.boolean(), (items, cuts, last, pretty) => {
        const metadata = { resourceVersion: '7', remainder: '"items":[{}]' }
        const list = last ? { kind: 'AList', metadata, items } : { items, kind: 'AList', metadata }
        const scanned = scan(JSON.stringify(list, null, pretty ? 2 : 0), cuts)
        expect(scanned.items).toEqual(JSON.parse(JSON.stringify(items)))
        expect(scanned.envelope).toEqual({ kind: 'AList', metadata, items: [] })
      }),
    )
  })

  it('takes only the items at the top', () => {
    const scanned = scan('{"metadata":{"items":[{"not":1}]},"others":[{"not":2}],"items":[{"items":[{"in":1}]}]}')
    expect(scanned.items).toEqual([{ items: [{ in: 1 }] }])
  })

  it('knows an empty list and one that is null', () => {
    expect(scan('{"kind":"AList","items":[]}').items).toEqual([])
    expect(scan('{"kind":"AList","items":null}').items).toEqual([])
  })

  it('refuses a list that is cut off', () => {
    expect(() => scan('{"items":[{"a":1},{')).toThrow(expect.objectContaining({ code: 'ApiUnavailable' }))
    expect(() => scan('{"kind":"AList')).toThrow(expect.objectContaining({ code: 'ApiUnavailable' }))
  })

  it('refuses objects that are too large or too deep', () => {
    const tooLarge = expect.objectContaining({ code: 'TooLarge' })
    expect(() => scan(`{"items":[{"a":"${'x'.repeat(9_000_000)}"}]}`)).toThrow(tooLarge)
    expect(() => scan(`{"items":[{"a":${'['.repeat(600)}`)).toThrow(tooLarge)
    expect(() => scan(`{"kind":"${'x'.repeat(2_000_000)}"}`)).toThrow(tooLarge)
  })
})

describe('line splitter', () => {
  it('finds the lines wherever the network cuts, and drops what has no end', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text))
    fc.assert(
      fc.property(fc.array(line), cutList, (lines, cuts) => {
        const found: string[] = []
        const splitter = createLineSplitter((one) => found.push(one.toString()), expect.fail, 1_000_000)
        const text = `${lines.map((one) => `${one}\n`).join('')}{"cut off`
        for (const piece of pieces(Buffer.from(text), cuts)) splitter.push(piece)
        expect(found).toEqual(lines)
      }),
    )
  })

  it('skips a line that is too long, tells it once, and goes on after it', () => {
    const found: string[] = []
    let tooLong = 0
    const splitter = createLineSplitter(
      (one) => found.push(one.toString()),
      () => tooLong++,
      8,
    )
    for (const piece of ['before\n0123', '4567', '89ab', 'cdef\naf', 'ter\n']) splitter.push(Buffer.from(piece))
    expect(found).toEqual(['before', 'after'])
    expect(tooLong).toBe(1)
  })
})

describe('parsing without managedFields', () => {
  it('gives the object with an empty list in their place, and all else as it is', () => {
    fc.assert(
      fc.property(object, fc.array(fc.jsonValue({ maxDepth: 4 })), (spec, managedFields) => {
        const labels = { note: '"managedFields":[1', 'a"managedFields': 'x' }
        const made = (fields: unknown[]) => ({ metadata: { name: 'web', labels, managedFields: fields }, spec })
        const parsed = parseTrimmed(Buffer.from(JSON.stringify(made(managedFields))))
        expect(parsed).toEqual(JSON.parse(JSON.stringify(made([]))))
      }),
    )
  })

  it('leaves objects without them alone', () => {
    fc.assert(
      fc.property(object, (spec) => {
        const text = JSON.stringify({ metadata: { name: '"managedFields":[' }, spec })
        expect(parseTrimmed(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  it('fails on what is cut off in them', () => {
    expect(() => parseTrimmed(Buffer.from('{"metadata":{"managedFields":[{"a":"]'))).toThrow(SyntaxError)
  })
})

import { describe, expect, test } from 'vitest'
import type { SlotValue } from '../../../src/core/image/quarantine.ts'
import { slotPast } from '../../../src/core/rollback/past.ts'

/** Newest first: `1.0<1.1` was put in the place of 1.1 by a rollback. */
function values(...texts: string[]): SlotValue[] {
  return texts.map((text, index) => {
    const [image = '', rolledBack] = text.split('<')
    return { image, commit: `c${texts.length - index}`, ...(rolledBack === undefined ? {} : { rolledBack }) }
  })
}

describe('the past of a slot', () => {
  const rows: [what: string, values: SlotValue[], past: ReturnType<typeof slotPast>][] = [
    ['is empty where nothing is known', [], { older: [], takenBack: [], isRepeated: false, rolledBackBy: undefined }],
    [
      'is empty where nothing was held before',
      values('1.0', '1.0'),
      { older: [], takenBack: [], isRepeated: false, rolledBackBy: undefined },
    ],
    [
      'holds each image once, the newest first',
      values('1.2', '1.2', '1.1', '1.0', '1.1'),
      { older: ['1.1', '1.0'], takenBack: [], isRepeated: false, rolledBackBy: undefined },
    ],
    [
      'tells that the present image came back',
      values('1.1', '1.0', '1.1', '1.0'),
      { older: ['1.0'], takenBack: [], isRepeated: true, rolledBackBy: undefined },
    ],
    [
      'names the commit that rolled the present image back',
      values('1.1', '1.0<1.1', '1.1', '1.0'),
      { older: ['1.0'], takenBack: [], isRepeated: true, rolledBackBy: 'c3' },
    ],
    [
      'finds that commit behind other versions',
      values('1.1', '1.2', '1.0', '1.0<1.1', '1.1', '1.0'),
      { older: ['1.2', '1.0'], takenBack: [], isRepeated: true, rolledBackBy: 'c3' },
    ],
    [
      'passes over what was rolled back from another image',
      values('1.1', '1.0<1.2', '1.2', '1.0'),
      { older: ['1.0', '1.2'], takenBack: ['1.2'], isRepeated: false, rolledBackBy: undefined },
    ],
    [
      'does not take the rollback that stands for one that was undone',
      values('1.0<1.1', '1.1', '1.0'),
      { older: ['1.1'], takenBack: ['1.1'], isRepeated: true, rolledBackBy: undefined },
    ],
  ]
  test.each(rows)('%s', (_, held, past) => expect(slotPast(held)).toEqual(past))
})

import { describe, expect, test } from 'vitest'
import { unknownAnnotation } from '../../../src/core/image/unknown-annotation.ts'

const problem = (key: string) => unknownAnnotation({ [key]: 'x' }, ['app', 'init.db'])?.message

describe('an annotation of ours', () => {
  const known = [
    'fairlead.dev/policy',
    'fairlead.dev/policy.app',
    'fairlead.dev/policy.init.db',
    'fairlead.dev/hold',
    'fairlead.dev/applied-step',
    'headwind.sh/anything',
    'example.com/polcy',
  ]
  test.each(known)('%s is known, or none of our business', (key) => expect(problem(key)).toBeUndefined())

  const unknown: [key: string, message: RegExp][] = [
    ['fairlead.dev/polcy', /fairlead.dev\/polcy: no such annotation; did you mean fairlead.dev\/policy\?/],
    ['fairlead.dev/zzzzzz', /fairlead.dev\/zzzzzz: no such annotation; there are fairlead.dev\/policy, /],
    ['fairlead.dev/policy.web', /there is no container web; there are app, init.db/],
    ['fairlead.dev/', /no such annotation/],
    ['fairlead.dev/__proto__', /no such annotation/],
  ]
  test.each(unknown)('%s is said to be a mistake', (key, message) => expect(problem(key)).toMatch(message))
})

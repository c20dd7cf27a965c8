import { parseArgs } from 'node:util'
import { expect, test } from 'vitest'
import { optionMistake } from '../../src/cli/option-mistake.ts'

function mistake(...args: string[]): string {
  const options = { 'token-file': { type: 'string' }, insecure: { type: 'boolean' } } as const
  try {
    parseArgs({ args, options })
  } catch (thrown) {
    return optionMistake(thrown, Object.keys(options))
  }
  return 'nothing'
}

test.each([
  [
    'a misspelt option is told with the one that was meant',
    ['--tokenfile', 'x'],
    'there is no option --tokenfile here; did you mean --token-file?',
  ],
  ['one that is like none is told alone', ['--phase=x'], 'there is no option --phase here'],
  ['a short one, too', ['-x'], 'there is no option -x here'],
  ['a missing value is told as Node does', ['--token-file'], "Option '--token-file <value>' argument missing"],
])('%s', (_, args, words) => expect(mistake(...args)).toBe(words))

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderSlackDigest, renderSlackMessage, type SlackMessage } from '../../../src/core/event/slack-message.ts'
import { slackCode, slackEscape } from '../../../src/core/event/slack-text.ts'
import { aTransition } from '../../fakes/transition.ts'

describe('outside text in Slack', () => {
  const rows: [what: string, text: string, shown: string][] = [
    ['a mention of everybody', '<!channel>', '&lt;!channel&gt;'],
    ['a link with another label', '<https://evil.example|docs>', '&lt;https://evil.example|docs&gt;'],
    ['an ampersand', 'a && b', 'a &amp;&amp; b'],
    ['another line', 'one\r\ntwo', 'one two'],
    ['text that is turned around', 'a\u202eb', 'a b'],
  ]
  test.each(rows)('%s is words', (_what, text, shown) => {
    expect(slackEscape(text)).toBe(shown)
  })

  test('cannot end the code it is shown as', () => {
    expect(slackCode('a`b`c')).toBe("`a'b'c`")
    expect(slackCode('')).toBe('`-`')
  })

  test('is cut between characters, not within what stands for one', () => {
    expect(slackEscape('<<<', 6)).toBe('&lt;')
  })
})

describe('a digest', () => {
  const failures = (count: number) =>
    Array.from({ length: count }, (_, index) =>
      aTransition({ phase: 'failed', reason: 'DeadlineExceeded', workload: { name: `web-${index}`, uid: `${index}` } }),
    )

  test('names each failure', () => {
    const message = renderSlackDigest(failures(4))
    expect(message.text).toBe(':x: 4 rollouts failed')
    expect(JSON.stringify(message.blocks)).toContain('• `production-eu shop/web-3` `1.4.2` `DeadlineExceeded`')
  })

  test('names twenty and counts the others', () => {
    const words = JSON.stringify(renderSlackDigest(failures(33)).blocks)
    expect(words.match(/•/g)).toHaveLength(20)
    expect(words).toContain('and 13 more')
  })
})

/** Texts of a message with how long Slack lets them be. Source: docs.slack.dev, Block Kit reference. */
function tooLong({ text, blocks }: SlackMessage): string[] {
  const found = text.length > 4_000 ? ['text'] : []
  const look = (value: unknown, limit: number): void => {
    if (Array.isArray(value)) for (const one of value) look(one, limit)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'text' && typeof inner === 'string' && (inner === '' || inner.length > limit)) found.push(inner)
      look(inner, key === 'fields' ? 2_000 : limit)
    }
  }
  for (const block of blocks) look(block, 'type' in block && block.type === 'header' ? 150 : 3_000)
  if (blocks.length > 50) found.push('blocks')
  return found
}

test('no text makes a message that Slack refuses for its length, or a mention', () => {
  const text = fc.string({
    unit: fc.constantFrom('<', '&', '`', '@', '!', '\n', '\ud800', '😀', 'a', '>'),
    maxLength: 4_000,
  })
  fc.assert(
    fc.property(text, text, fc.constantFrom('rolling_out', 'success', 'failed'), (one, other, phase) => {
      const hostile = aTransition({
        phase,
        cluster: one,
        version: other,
        previousVersion: one,
        reason: other,
        message: one,
        commit: other,
        workload: { name: one, namespace: other },
      })
      for (const message of [renderSlackMessage(hostile), renderSlackDigest(Array(30).fill(hostile))]) {
        expect(tooLong(message)).toEqual([])
        const marked = JSON.stringify([message.text, message.blocks.filter((block) => !isPlain(block))])
        expect(marked).not.toMatch(/[<>]/)
      }
    }),
    { numRuns: 200 },
  )
})

/** Plain text is shown as it is. */
function isPlain(block: object): boolean {
  return JSON.stringify(block).includes('"type":"plain_text"')
}

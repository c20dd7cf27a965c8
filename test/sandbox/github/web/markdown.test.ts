import { describe, expect, it } from 'vitest'
import { renderMarkdown } from '../../../../src/sandbox/github/web/markdown.ts'

const rows: [title: string, text: string, html: string][] = [
  ['a paragraph keeps its lines', 'one\ntwo\n\nthree', '<p>one<br>two</p>\n<p>three</p>'],
  ['a heading', '## Images `a`', '<h2>Images <code>a</code></h2>'],
  ['bold and emphasis', '**a** and *b* and _c_', '<p><strong>a</strong> and <em>b</em> and <em>c</em></p>'],
  [
    'a commit id is shortened, as people know it',
    `as ${'0a'.repeat(20)}.`,
    `<p>as <code title="${'0a'.repeat(20)}">0a0a0a0</code>.</p>`,
  ],
  ['no emphasis inside of words', 'snake_case_name 2*3*4', '<p>snake_case_name 2*3*4</p>'],
  [
    'a link',
    '[a](https://example.com/?a=1&b=2)',
    '<p><a href="https://example.com/?a=1&amp;b=2" rel="nofollow noreferrer">a</a></p>',
  ],
  [
    'an address in a sentence',
    'see https://example.com/a.',
    '<p>see <a href="https://example.com/a" rel="nofollow noreferrer">https://example.com/a</a>.</p>',
  ],
  ['no link to a script', '[a](javascript:alert(1))', '<p>[a](javascript:alert(1))</p>'],
  [
    'no way out of an attribute',
    '[a](https://e.example/"onclick="x)',
    '<p><a href="https://e.example/&quot;onclick=&quot;x" rel="nofollow noreferrer">a</a></p>',
  ],
  ['tags are text', '<img src=x onerror=alert(1)>', '<p>&lt;img src=x onerror=alert(1)&gt;</p>'],
  ['comments are left out', 'a<!-- hidden -->b', '<p>ab</p>'],
  ['code is not read further', '`**a** <b>`', '<p><code>**a** &lt;b&gt;</code></p>'],
  ['a block of code', '```yaml\na: <b>\n\n# c\n```', '<pre><code>a: &lt;b&gt;\n\n# c</code></pre>'],
  ['a block of code without an end', '```\na', '<pre><code>a</code></pre>'],
  ['a list', '- a\n  more\n- b', '<ul><li>a more</li><li>b</li></ul>'],
  ['a numbered list', '1. a\n2. b', '<ol><li>a</li><li>b</li></ol>'],
  [
    'a table',
    '| A | B |\n|---|:-:|\n| 1 | `x` \\| y |',
    '<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td><code>x</code> | y</td></tr></tbody></table>',
  ],
  ['a quote', '> a\n> b', '<blockquote><p>a<br>b</p></blockquote>'],
  [
    'details',
    '<details><summary>More</summary>\n\ntext\n\n</details>',
    '<details><summary>More</summary>\n<p>text</p>\n</details>',
  ],
  ['details with an attribute are text', '<details onclick=x>', '<p>&lt;details onclick=x&gt;</p>'],
  ['what was escaped', '\\*a\\* \\@b', '<p>*a* @b</p>'],
]

describe('Markdown', () => {
  it.each(rows)('%s', (_, text, html) => expect(renderMarkdown(text).html).toBe(html))
})

/**
 * A small reading of what hosts act upon, written without the code it watches over: what of it stands in a text that
 * nobody but fairlead meant to write. Code spans: https://spec.commonmark.org/0.31.2/#code-spans
 */

const invisible =
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/
const issue = String.raw`(?:[\w.-]+/[\w.-]+)?#\d|\bgh-\d|https?://\S+/(?:issues|pull)/\d`

/** In a message of a commit or in a title, where no markup protects. */
export function activeInText(text: string): string[] {
  return found(text, {
    invisible,
    mention: /(?:^|\W)@[a-z0-9]/im,
    reference: /#\d|(?:^|[^\w-])gh-\d|https?:\/\/\S*\/(?:issues|pull)\/\d/i,
    closing: new RegExp(String.raw`\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+(?:${issue})`, 'i'),
    skipping: /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|skip-checks:|\*\*\*no_ci\*\*\*/i,
  })
}

/** In Markdown; `links` are the only addresses that it may lead to. */
export function activeInMarkdown(markdown: string, links: readonly string[] = []): string[] {
  const allowed = links.reduce((text, link) => text.replaceAll(`](${link})`, ']'), markdown)
  const bare = withoutCode(allowed).replaceAll(/<\/?(?:details|summary)>/g, '')
  return [
    ...activeInText(markdown),
    ...found(bare, {
      html: /<[a-z!/?]/i,
      link: /\]\(|\]\[|\]:|https?:|www\./i,
      email: /[\w.+-]+@[\w-]+\.\w/,
      backtick: /`/,
    }),
    ...brokenTables(markdown),
  ]
}

/** Spans from one run of backticks to the next of the same length; one that never ends stays and is found. */
function withoutCode(markdown: string): string {
  return markdown.replaceAll(/(?<!`)(`+)(?!`)([^\n]*?[^`\n])\1(?!`)/g, '')
}

/** Rows of a table with another number of cells than its head. */
function brokenTables(markdown: string): string[] {
  return markdown.split('\n\n').flatMap((block) => {
    const rows = block.split('\n').filter((line) => line.startsWith('|'))
    const widths = new Set(rows.map((row) => row.match(/\|/g)?.length))
    return widths.size > 1 ? [`table: ${block.slice(0, 80)}`] : []
  })
}

function found(text: string, patterns: Readonly<Record<string, RegExp>>): string[] {
  return Object.entries(patterns).flatMap(([name, pattern]) => {
    const match = pattern.exec(text)
    return match === null ? [] : [`${name}: ${JSON.stringify(text.slice(match.index, match.index + 40))}`]
  })
}

/** Pieces of which hostile text is made. */
export const hostilePieces = [
  '@alice',
  '@acme/owners',
  '#12',
  'acme/web#3',
  'GH-4',
  'fixes ',
  'Closes: ',
  'resolved ',
  'https://github.com/acme/web/issues/5',
  'https://git.example.com/a/b/pull/6',
  '[skip ci]',
  '[ci skip]',
  '[no ci]',
  '[skip actions]',
  'skip-checks:true',
  '***NO_CI***',
  '`',
  '``',
  '|',
  '\\',
  '\n',
  '\r\n\r\n',
  '<',
  '>',
  '<!--',
  '-->',
  '<!-- fairlead: {"group":"0123456789abcdef","text":"0123456789abcdef"} -->',
  '<img src=x>',
  '</details>',
  '![x](https://evil.example/x.png)',
  '[x](javascript:alert)',
  'www.evil.example',
  'me@evil.example',
  'Fairlead-Action: rollback',
  'Co-authored-by: Mallory <m@evil.example>',
  '\u202e',
  '\u200b',
  '\u00ad',
  '\u0000',
  '\u2028',
  '\ud800',
  '[',
  ']',
  '@',
  '#',
  '1',
  '-',
  ' ',
  'web:1.4.2',
]

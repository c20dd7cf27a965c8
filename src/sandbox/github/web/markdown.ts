import { escapeHtml, type Html } from './html.ts'

/**
 * The Markdown that pull requests use: headings, paragraphs, lists, tables, quotes, fenced code, rules, `<details>` with
 * `<summary>`, and in a line code, bold, emphasis, links and commit ids. Everything else is shown as the text it is; comments are left
 * out.
 */
export function renderMarkdown(text: string): Html {
  const visible = text.replaceAll(/<!--[\s\S]*?(?:-->|$)/g, '').replaceAll('\r\n', '\n')
  return { html: renderBlocks(visible.split('\n')) }
}

/** A kind of block: the lines it takes from the front, and what they become. */
interface Block {
  starts: (line: string, next: string) => boolean
  /** How many lines belong to it, at least 1. */
  length: (lines: readonly string[]) => number
  render: (lines: readonly string[]) => string
}

const listItem = /^\s*(?:[-*+]|\d+[.)])\s+/
const tableRule = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/

const blocks: readonly Block[] = [
  {
    starts: (line) => /^\s*```/.test(line),
    length: (lines) => {
      const end = lines.findIndex((line, index) => index > 0 && /^\s*```\s*$/.test(line))
      return end < 0 ? lines.length : end + 1
    },
    render: (lines) => {
      const isClosed = lines.length > 1 && /^\s*```\s*$/.test(lines.at(-1) ?? '')
      return `<pre><code>${escapeHtml(lines.slice(1, isClosed ? -1 : undefined).join('\n'))}</code></pre>`
    },
  },
  {
    starts: (line) => /^\s*<\/?details>|^\s*<summary>/.test(line),
    length: () => 1,
    render: ([line = '']) => renderDetails(line),
  },
  {
    starts: (line) => /^#{1,6}\s/.test(line),
    length: () => 1,
    render: ([line = '']) => {
      const level = /^#+/.exec(line)?.[0].length ?? 1
      return `<h${level}>${renderInline(line.slice(level).trim())}</h${level}>`
    },
  },
  { starts: (line) => /^\s*(?:-{3,}|\*{3,}|_{3,})\s*$/.test(line), length: () => 1, render: () => '<hr>' },
  {
    starts: (line, next) => line.includes('|') && tableRule.test(next) && next.includes('-'),
    length: (lines) => countWhile(lines, (line) => line.includes('|')),
    render: renderTable,
  },
  {
    starts: (line) => listItem.test(line),
    length: (lines) => countWhile(lines, (line) => listItem.test(line) || /^\s{2,}\S/.test(line)),
    render: renderList,
  },
  {
    starts: (line) => /^\s*>/.test(line),
    length: (lines) => countWhile(lines, (line) => /^\s*>/.test(line)),
    render: (lines) => `<blockquote>${renderBlocks(lines.map((line) => line.replace(/^\s*> ?/, '')))}</blockquote>`,
  },
]

function renderBlocks(lines: readonly string[]): string {
  const found: string[] = []
  let paragraph: string[] = []
  const endParagraph = () => {
    if (paragraph.length > 0) found.push(`<p>${paragraph.map(renderInline).join('<br>')}</p>`)
    paragraph = []
  }
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    const block = blocks.find((one) => one.starts(line, lines[at + 1] ?? ''))
    if (block === undefined) {
      if (line.trim() === '') endParagraph()
      else paragraph.push(line.trim())
      at += 1
    } else {
      endParagraph()
      const length = block.length(lines.slice(at))
      found.push(block.render(lines.slice(at, at + length)))
      at += length
    }
  }
  endParagraph()
  return found.join('\n')
}

function countWhile(lines: readonly string[], belongs: (line: string) => boolean): number {
  const end = lines.findIndex((line) => !belongs(line))
  return end < 0 ? lines.length : Math.max(1, end)
}

/** Only these tags, and without attributes. */
function renderDetails(line: string): string {
  return line
    .split(/(<\/?(?:details|summary)>)/)
    .map((part) => (/^<\/?(?:details|summary)>$/.test(part) ? part : renderInline(part.trim())))
    .join('')
}

function renderList(lines: readonly string[]): string {
  const tag = /^\s*\d/.test(lines[0] ?? '') ? 'ol' : 'ul'
  const items: string[] = []
  for (const line of lines) {
    if (listItem.test(line)) items.push(line.replace(listItem, ''))
    else items.push(`${items.pop() ?? ''} ${line.trim()}`)
  }
  return `<${tag}>${items.map((item) => `<li>${renderInline(item)}</li>`).join('')}</${tag}>`
}

function renderTable(lines: readonly string[]): string {
  const cells = (line: string) =>
    line
      .trim()
      .replace(/^\||(?<!\\)\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => renderInline(cell.trim().replaceAll('\\|', '|')))
  const row = (line: string, tag: 'th' | 'td') =>
    `<tr>${cells(line)
      .map((cell) => `<${tag}>${cell}</${tag}>`)
      .join('')}</tr>`
  const [head = '', , ...body] = lines
  return `<table><thead>${row(head, 'th')}</thead><tbody>${body.map((line) => row(line, 'td')).join('')}</tbody></table>`
}

const inline =
  /(`+)(.+?)\1(?!`)|\[([^\]]+)\]\((https?:\/\/[^\s)]+)\)|\*\*(.+?)\*\*|(?<![\w*])[*_](?![\s*_])(.+?)(?<![\s*_])[*_](?![\w*])|(https?:\/\/[^\s<>")]+[^\s<>").,;:!?])|\\([\\`*_{}[\]()#+.!|<>@-])|\b([0-9a-f]{40})\b/g

function renderInline(text: string): string {
  let result = ''
  let at = 0
  for (const match of text.matchAll(inline)) {
    const [whole, , code, label, target, bold, emphasis, address, literal, commit] = match
    result += escapeHtml(text.slice(at, match.index))
    at = match.index + whole.length
    if (code !== undefined) result += `<code>${escapeHtml(code.trim())}</code>`
    else if (label !== undefined) result += link(target ?? '', renderInline(label))
    else if (bold !== undefined) result += `<strong>${renderInline(bold)}</strong>`
    else if (emphasis !== undefined) result += `<em>${renderInline(emphasis)}</em>`
    else if (address !== undefined) result += link(address, escapeHtml(address))
    else if (commit !== undefined) result += `<code title="${commit}">${commit.slice(0, 7)}</code>`
    else result += escapeHtml(literal ?? '')
  }
  return result + escapeHtml(text.slice(at))
}

function link(target: string, content: string): string {
  return `<a href="${escapeHtml(target)}" rel="nofollow noreferrer">${content}</a>`
}

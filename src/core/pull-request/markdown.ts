import { inertLine } from '../change/inert.ts'

/** What ends a code span, a cell of a table or a comment, as something that looks alike and does not. */
const endings: readonly (readonly [string, string])[] = [
  ['`', "'"],
  ['|', '¦'],
  ['<!--', '<! --'],
  ['-->', '-- >'],
  ['--!>', '-- !>'],
]

/**
 * Outside text in Markdown: always one code span, in which hosts see no markup, mention, reference or link, and inert
 * besides, because the text of a pull request may become a commit message. Safe in every place of a template, cells of
 * tables included.
 */
export function codeSpan(text: string, maxLength = 200): string {
  const inert = endings.reduce((line, [end, instead]) => line.replaceAll(end, instead), inertLine(text, maxLength))
  return inert === '' ? '–' : `\`${inert}\``
}

/** A table of GitHub Flavoured Markdown; cells are Markdown of our own or code spans. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n')
}

/** Text that is folded away below its title. */
export function folded(title: string, text: string): string {
  return `<details>\n<summary>${title}</summary>\n\n${text}\n\n</details>`
}

/** Paragraphs with one empty line between them, whichever of them are empty. */
export function tidyParagraphs(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim()
}

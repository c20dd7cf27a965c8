import type { FileChange } from '../file-change.ts'
import type { DiffLine } from '../line-diff.ts'
import { type Html, html } from './html.ts'

/** So many unchanged lines are shown around a change. */
const context = 3

export function fileView(file: FileChange): Html {
  const { path, status, additions, deletions, lines } = file
  const rows = linesNearChanges(lines).map((line) =>
    line === 'gap'
      ? html`<tr class="gap"><td class="n">⋯</td><td class="n"></td><td></td></tr>`
      : html`<tr class="${line.kind}"><td class="n">${line.before}</td><td class="n">${line.after}</td><td>${sign(line)}${line.text}</td></tr>`,
  )
  return html`<div class="card"><div class="head"><strong class="mono">${path}</strong>
${status === 'modified' ? undefined : html`<span>${status}</span>`}
<span class="right"><span class="green">+${additions}</span> <span class="red">−${deletions}</span></span></div>
<table class="diff">${rows}</table></div>`
}

function sign({ kind }: DiffLine): string {
  return { same: '  ', added: '+ ', removed: '- ' }[kind]
}

function linesNearChanges(lines: readonly DiffLine[]): readonly (DiffLine | 'gap')[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - context), at + context + 1).some((line) => line.kind !== 'same'),
  )
  return lines.flatMap((line, at): readonly (DiffLine | 'gap')[] => {
    if (near[at] === true) return [line]
    return at === 0 || near[at - 1] === true ? ['gap'] : []
  })
}

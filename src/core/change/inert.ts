import { sanitiseLine } from './text.ts'

/**
 * What hosts of repositories act upon when it stands in a commit message or in the title or text of a pull request, and
 * how it is written so that they do not. Nothing but blanks is added to what an image reference can be made of. Sources:
 * docs.github.com "Autolinked references and URLs", "Linking a pull request to an issue", "Skipping workflow runs";
 * docs.gitlab.com "Skip pipelines"; learn.microsoft.com "Skipping CI for individual pushes"; GitLab takes the same
 * words for mentions, references and closing.
 */
const active: readonly (readonly [what: RegExp, inert: string])[] = [
  // @somebody, @team/of-somebody; but not in web:1.2@sha256:…
  [/(?<![A-Za-z0-9_])@(?=[\w.-])/g, '@ '],
  // #12, owner/repository#12; without a reference no word closes an issue
  [/#(?=\d)/g, '# '],
  [/(?<![\w-])GH-(?=\d)/gi, '$& '],
  [/https?:\/\/(?=\S*\/(?:issues|pulls?|discussions|merge_requests|work_items|epics)\/\d)/gi, '$& '],
  // [skip ci], [ci skip], [no ci], [skip actions] and their like
  [/\[([^[\]]*(?<![a-z])(?:skip|no)(?![a-z])[^[\]]*)\]/gi, '($1)'],
  [/\*{3}(?=no_ci\*{3})/gi, '$& '],
  [/skip-checks(?=\s*:)/gi, 'skip checks'],
  // A line that begins so is a trailer
  [/^(?:[a-z]+(?:-[a-z]+)*-by|(?:fairlead|image|chart|argocd)(?:-[a-z]+)+)(?=:\s)/gi, '$& '],
]

/**
 * One clean line of outside text that no host takes for a mention, a reference to an issue, a word that closes one or
 * stops checks, or a trailer. Ordinary text and ordinary image references stay as they are.
 */
export function inertLine(text: string, maxLength = 200): string {
  const inert = active.reduce((line, [what, instead]) => line.replaceAll(what, instead), sanitiseLine(text, maxLength))
  return sanitiseLine(inert, maxLength)
}

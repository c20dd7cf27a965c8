/**
 * Text from outside (tags, labels, branch names, server messages) before it goes into a commit message, an Event, a
 * condition or a log line: control and bidirectional-override characters become a space, white space collapses, and
 * the length is capped, so that it cannot start a new line, a trailer or a disguise.
 */
export function sanitiseLine(text: string, maxLength = 200): string {
  const clean = text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1)}…`
}

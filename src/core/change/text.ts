/** Control, format and other characters that nobody sees, and halves of a character. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029]+/gu

/**
 * Text from outside (tags, labels, branch names, server messages) before it goes into a commit message, an Event, a
 * condition or a log line: control, bidirectional-override and invisible characters become a space, white space
 * collapses, and the length is capped, so that it cannot start a new line, a trailer or a disguise.
 */
export function sanitiseLine(text: string, maxLength = 200): string {
  const clean = text.replaceAll(invisible, ' ').replaceAll(/\s+/g, ' ').trim()
  return clean.length <= maxLength ? clean : `${clean.slice(0, maxLength - 1).replace(/[\ud800-\udbff]$/, '')}…`
}

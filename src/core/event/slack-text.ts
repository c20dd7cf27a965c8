import { sanitiseLine } from '../change/text.ts'

/**
 * Outside text in Slack's own syntax. `&`, `<` and `>` are escaped, so it can hold no link, no mention and no
 * `<!channel>`; the limit
 * counts what is sent. Source: api.slack.com "Formatting text for app surfaces".
 */
export function slackEscape(text: string, maxLength = 200): string {
  const escaped = sanitiseLine(text, maxLength).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return escaped.length <= maxLength ? escaped : escaped.slice(0, maxLength).replace(/&[a-z]{0,3}$/, '')
}

/** The same shown as code, where stars, underscores and names of emoji mean nothing either. A dash for nothing. */
export function slackCode(text: string, maxLength = 200): string {
  return `\`${slackEscape(text.replaceAll('`', "'"), maxLength) || '-'}\``
}

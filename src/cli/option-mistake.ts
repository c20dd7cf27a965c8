import { nearestWord } from '../core/change/nearest-word.ts'

/**
 * What `parseArgs` of `node:util` found wrong, in one sentence; of an option that there is not the nearest of `known`
 * (without dashes). Node's own words go on about arguments that begin with a dash.
 */
export function optionMistake(thrown: unknown, known: readonly string[]): string {
  const { code, message } = thrown as { code?: unknown; message?: unknown }
  const words = typeof message === 'string' ? message : String(thrown)
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return words
  const option = /'(--?[^']*)'/.exec(words)?.[1] ?? ''
  const near = nearestWord(option.replace(/^-+/, ''), known)
  return `there is no option ${option} here${near === undefined ? '' : `; did you mean --${near}?`}`
}

/** What a registry asks for in `WWW-Authenticate`. Source: RFC 9110 §11.6.1, distribution's token specification. */
export type Challenge = { scheme: 'basic' } | { scheme: 'bearer'; realm: string; service: string | undefined }

const longestHeader = 8192
/** A scheme, or one `key=value` whose value may be quoted. */
const piece = /([A-Za-z0-9!#$%&'*+.^_`|~-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?[\s,]*/y

/** The challenge we can answer; Bearer is preferred over Basic. Undefined when there is none. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > longestHeader) return undefined
  const found = readChallenges(header)
  const bearer = found.find((one) => one.scheme === 'bearer' && one.parameters.has('realm'))
  const realm = bearer?.parameters.get('realm')
  if (realm !== undefined) return { scheme: 'bearer', realm, service: bearer?.parameters.get('service') }
  return found.some((one) => one.scheme === 'basic') ? { scheme: 'basic' } : undefined
}

function readChallenges(header: string): { scheme: string; parameters: Map<string, string> }[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = []
  piece.lastIndex = 0
  for (let match = piece.exec(header); match !== null; match = piece.exec(header)) {
    const [, word = '', quoted, plain] = match
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (value === undefined) found.push({ scheme: word.toLowerCase(), parameters: new Map() })
    else found.at(-1)?.parameters.set(word.toLowerCase(), value)
    if (piece.lastIndex >= header.length) break
  }
  return found
}

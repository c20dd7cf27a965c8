/** The policy that marks one image in every file, and what that image becomes. */
export const policy = { namespace: 'flux-system', name: 'web' }
export const image = { name: 'ghcr.io/acme/web', tag: '1.4.2' }
export const before = 'ghcr.io/acme/web:1.4.1'
export const after = `${image.name}:${image.tag}`

/** A manifest as people write them: each habit brings something of its own. About 2 kB. */
export function manifest(number: number): string {
  return habits[habitOf(number)](`web-${number}`)
}

/** Habits take turns. */
export function habitOf(number: number): Habit {
  return habitNames[number % habitNames.length] ?? 'plain'
}

const marked = `${before} # {"$imagepolicy": "${policy.namespace}:${policy.name}"}`
const environment = Array.from(
  { length: 25 },
  (_, at) => `        - name: SETTING_${at}\n          value: "${at}"\n`,
).join('')

/** Nothing that any tool would write otherwise. */
function plain(name: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: prod
spec:
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: web
        image: ${marked}
        env:
${environment}`
}

/** Blank lines between parts, comments above and behind, and a document start. */
function spaced(name: string): string {
  return plain(name)
    .replace('apiVersion: apps/v1', '---\n# Owned by the platform team.\n\napiVersion: apps/v1   # since 1.9')
    .replace('spec:\n  selector', '\n# How it is found.\nspec:\n  selector')
    .replace('  template:', '\n  template:')
    .replace('        env:', '\n        # Settings, one a line.\n        env:')
}

/** Four spaces at each level, those of list items after the dash. */
function wide(name: string): string {
  return plain(name)
    .replaceAll(/^ +/gm, (indent) => indent.repeat(2))
    .replaceAll('- ', '-   ')
}

/** Folded and literal text, with a blank at the end of a line, and a line of 200 characters. */
function wordy(name: string): string {
  const long = 'every word of this sentence stands on the same line for nobody has ever broken it '.repeat(3).trim()
  return plain(name).replace(
    '  namespace: prod\n',
    `  namespace: prod
  annotations:
    example.com/about: >-
      What this is,
      in a few
      folded lines.
    example.com/script: |
      set -e
      echo one \n      echo two
    example.com/long: ${long}
`,
  )
}

/** Mappings and lists on one line, quotes of both kinds, and several documents. */
function compact(name: string): string {
  const service = `---
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: 'prod', labels: {app: "${name}"} }
spec: { selector: {app: ${name}}, ports: [ {port: 80,targetPort: 8080} ] }
`
  return `${plain(name).replace(`  selector:\n    matchLabels:\n      app: ${name}\n`, `  selector: {matchLabels: { app: ${name} }}\n`)}${service}`
}

const habits = { plain, spaced, wide, wordy, compact } as const
export type Habit = keyof typeof habits
export const habitNames = Object.keys(habits) as readonly Habit[]

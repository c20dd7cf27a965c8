/**
 * The dependency rules, as data and a pure check: who may import whom, which libraries each part may use, and what no
 * file may contain. `architecture.test.ts` runs it over `src` and over samples that must and must not alarm.
 */

export interface SourceFile {
  /** Path below `src`, with `/`. */
  path: string
  text: string
}

interface Part {
  /** Other parts it may import; its own folder always. */
  parts: readonly string[]
  /** Packages and Node modules it may import; `node:*` stands for every Node module. */
  packages: readonly string[]
}

const base = ['core', 'api', 'errors']
const shell = ['ports', ...base]

/** The table of the design: keys are folders (two levels deep for adapters) or files directly under `src`. */
export const parts: Readonly<Record<string, Part>> = {
  api: { parts: [], packages: [] },
  errors: { parts: [], packages: [] },
  core: {
    parts: ['api', 'errors'],
    packages: ['yaml', 'semver', 're2js', 'picomatch', 'croner', 'node:crypto', 'node:buffer', 'node:util'],
  },
  ports: { parts: base, packages: [] },
  config: { parts: base, packages: ['zod', 'yaml', 'node:fs/promises'] },
  runtime: { parts: shell, packages: ['pino', 'prom-client', 'node:*'] },
  delivery: { parts: ['runtime', ...shell], packages: ['node:util'] },
  controllers: { parts: ['delivery', 'runtime', ...shell], packages: ['node:util'] },
  'adapters/kubernetes': { parts: ['runtime', ...shell], packages: ['@kubernetes/client-node', 'zod', 'node:*'] },
  'adapters/git': { parts: ['runtime', ...shell], packages: ['isomorphic-git', 'simple-git', 'zod', 'node:*'] },
  'adapters/github': { parts: ['runtime', ...shell], packages: ['octokit', 'zod', 'node:*'] },
  'adapters/registry': { parts: ['runtime', ...shell], packages: ['jose', 'yaml', 'zod', 'node:*'] },
  'adapters/notify': { parts: ['runtime', ...shell], packages: ['node:*'] },
  'adapters/http': { parts: ['runtime', ...shell], packages: ['node:*'] },
  'adapters/slack': { parts: ['runtime', ...shell], packages: ['zod'] },
  'adapters/pubsub': { parts: ['runtime', ...shell], packages: ['zod', 'node:*'] },
  'adapters/cdevents': { parts: ['runtime', ...shell], packages: [] },
  server: { parts: ['runtime', ...shell], packages: ['zod', 'jose', 'node:*'] },
  sandbox: { parts: ['api'], packages: ['yaml', 'isomorphic-git', 'node:*'] },
  cli: { parts: ['main', 'delivery', 'config', 'runtime', 'sandbox', ...shell], packages: ['yaml', 'node:*'] },
  main: {
    parts: [
      'config',
      'delivery',
      'controllers',
      'adapters/kubernetes',
      'adapters/git',
      'adapters/github',
      'adapters/registry',
      'adapters/notify',
      'adapters/http',
      'adapters/slack',
      'adapters/pubsub',
      'adapters/cdevents',
      'runtime',
      'server',
      ...shell,
    ],
    packages: ['node:*'],
  },
}

/** `cli.ts` is the door to the verbs; `cli/offline.ts` may name adapters beside `main.ts`. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'cli/offline.ts': ['adapters/git'],
}

const forbiddenNames = /(^|[/-])(utils?|helpers?|common|misc|managers?|shared)(\.ts$|\/|$)|(^|\/)index\.ts$/
const ambientInCore: readonly [RegExp, string][] = [
  [/\bDate\.now\(|new Date\(\)/, 'reads the clock'],
  [/\bMath\.random\(/, 'is random'],
  [/\bprocess\./, 'reads the process'],
  [/\bfetch\(|\bsetTimeout\(|\bsetInterval\(|\bconsole\./, 'has an effect'],
  [/\basync\b|\bawait\b|\bPromise\b/, 'is asynchronous'],
]

/** Every violation, as `path: what`. Empty when the rules hold. */
export function violations(files: readonly SourceFile[]): string[] {
  return [...files.flatMap(fileViolations), ...cycles(files)]
}

function fileViolations(file: SourceFile): string[] {
  const found: string[] = []
  const part = partOf(file.path)
  if (part === undefined) return [`${file.path}: lies in a folder that the rules do not name`]
  if (forbiddenNames.test(file.path)) found.push(`${file.path}: has a name that says nothing`)
  const code = withoutComments(file.text)
  if (/^export default\b/m.test(code)) found.push(`${file.path}: has a default export`)
  if (/^export \* from/m.test(code)) found.push(`${file.path}: is a barrel`)
  if (/\bprocess\.env\b/.test(code) && file.path !== 'config.ts') found.push(`${file.path}: reads process.env`)
  if (part === 'core') {
    for (const [pattern, what] of ambientInCore)
      if (pattern.test(withoutStrings(code))) found.push(`${file.path}: ${what}`)
    if (/from 'node:crypto'/.test(code) && !/import \{ (createHash|hash) \} from 'node:crypto'/.test(code)) {
      found.push(`${file.path}: uses more of node:crypto than hashes`)
    }
  }
  for (const imported of importsOf(code)) found.push(...importViolations(file.path, part, imported))
  return found
}

function importViolations(path: string, part: string, imported: string): string[] {
  const allowed = parts[part]
  if (allowed === undefined) return []
  if (!imported.startsWith('.')) {
    const name = imported.startsWith('node:') ? imported : packageName(imported)
    const fits = allowed.packages.includes(name) || (name.startsWith('node:') && allowed.packages.includes('node:*'))
    return fits ? [] : [`${path}: imports ${imported}`]
  }
  const target = resolve(path, imported)
  if (path === 'config.ts' && target === 'package.json') return []
  const targetPart = partOf(target)
  if (targetPart === undefined) return [`${path}: imports ${target}, which the rules do not name`]
  if (targetPart === part)
    return betweenControllers(path, target) ? [`${path}: imports another controller, ${target}`] : []
  if (allowed.parts.includes(targetPart) || exceptions[path]?.includes(targetPart)) return []
  return [`${path}: imports ${target}`]
}

function betweenControllers(path: string, target: string): boolean {
  const folder = (file: string) => file.split('/').slice(0, 2).join('/')
  return path.startsWith('controllers/') && folder(path) !== folder(target)
}

/** `adapters/git` for files of an adapter, else the first folder, or the file's name (`config-schema.ts` is config). */
function partOf(path: string): string | undefined {
  const [first = '', second = ''] = path.split('/')
  const name = first === 'adapters' ? `adapters/${second}` : first.replace(/\.ts$/, '').replace(/-.*$/, '')
  return Object.hasOwn(parts, name) ? name : undefined
}

function importsOf(code: string): string[] {
  const patterns = [
    /^(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'/gm,
    /\bimport\s*\(\s*'([^']+)'/g,
    /^import\s*'([^']+)'/gm,
  ]
  return patterns.flatMap((pattern) => [...code.matchAll(pattern)].map(([, name = '']) => name))
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function resolve(from: string, specifier: string): string {
  const stack = from.split('/').slice(0, -1)
  for (const step of specifier.split('/')) {
    if (step === '..') stack.pop()
    else if (step !== '.') stack.push(step)
  }
  return stack.join('/')
}

/** Import cycles between files; `import type` counts. */
function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ path, text }) => [
      path,
      importsOf(withoutComments(text))
        .filter((name) => name.startsWith('.'))
        .map((name) => resolve(path, name)),
    ]),
  )
  const finished = new Set<string>()
  const found: string[] = []
  const visit = (path: string, trail: readonly string[]) => {
    if (finished.has(path)) return
    if (trail.includes(path)) {
      found.push(`import cycle: ${[...trail.slice(trail.indexOf(path)), path].join(' → ')}`)
      return
    }
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    finished.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return found
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}

function withoutStrings(code: string): string {
  return code.replaceAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?:[^/\\\n]|\\.)+\/[a-z]*/g, "''")
}

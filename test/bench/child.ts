import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { build } from 'esbuild'

/** Programs that a measurement runs beside itself, built as the package is: one minified bundle each, `<name>.mjs`. */
export async function bundleChildren(folder: string, names: readonly string[]): Promise<void> {
  await build({
    entryPoints: names.map((name) => join('test', 'bench', `${name}.ts`)),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
    // long names: the minifier does not see the banner and gives short ones to others
    banner: {
      js: "import{createRequire as createBundleRequire}from'node:module';const require=createBundleRequire(import.meta.url);",
    },
  })
}

/** First line a child prints; rejects when it ends before. */
export function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`benchmark process ended with ${code} before it answered`)))
  })
}

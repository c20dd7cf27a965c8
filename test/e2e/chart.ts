import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type ImageName, pushContent } from './image.ts'

/** The files of a chart that makes one Deployment, which runs the image; that may hold placeholders of Helm. */
export function chartFiles(name: string, version: string, image: string): Record<string, string> {
  return {
    'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
    'templates/deployment.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  selector:
    matchLabels: {app: {{ .Release.Name }}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
    spec:
      nodeName: n1
      containers:
        - name: {{ .Release.Name }}
          image: "${image}"
`,
  }
}

/** Packs a chart below `dir` and pushes it as `helm push` does. Source: helm, pkg/registry/constants.go. */
export async function pushChart(
  { dir, name, files }: { dir: string; name: string; files: Readonly<Record<string, string>> },
  to: ImageName,
): Promise<void> {
  const root = join(dir, `${name}-${to.tag}`)
  for (const [path, text] of Object.entries(files)) {
    const file = join(root, name, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }
  const config = JSON.stringify({ apiVersion: 'v2', name, version: to.tag })
  await pushContent(to, {
    config: { type: 'application/vnd.cncf.helm.config.v1+json', bytes: Buffer.from(config) },
    layer: {
      type: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
      bytes: execFileSync('tar', ['-czf', '-', '-C', root, name]),
    },
  })
}

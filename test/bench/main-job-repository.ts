/** One of the workloads that the main job is measured with. */
export interface BenchWorkload {
  name: string
  namespace: string
  /** Repository of its image on the registry. */
  image: string
  /** File that declares it. */
  file: string
}

export interface BenchRepository {
  workloads: readonly BenchWorkload[]
  /** Path to content. */
  files: Readonly<Record<string, string>>
}

export const firstTag = '1.0.0'
/** Annotations of every workload: the main job without an approval and without a pause between two updates. */
export const annotations = {
  'fairlead.dev/policy': 'minor',
  'fairlead.dev/require-approval': 'false',
  'fairlead.dev/min-update-interval': '0s',
}

/**
 * Workloads in a number of files: several documents in each when there are fewer files than workloads, else one in
 * each and settings that no image stands in for the rest. All of them lie in `apps`, 50 folders.
 */
export function renderRepository({
  registry,
  workloads: count,
  files: fileCount,
}: {
  registry: string
  workloads: number
  files: number
}): BenchRepository {
  const files: Record<string, string> = {}
  const workloads: BenchWorkload[] = []
  const holders = Math.min(count, fileCount)
  for (let at = 0; at < fileCount; at++) {
    const file = `apps/team-${at % 50}/service-${String(at).padStart(4, '0')}.yaml`
    // Spread over the whole tree, so that no folder is special.
    const holder = Math.floor((at * holders) / fileCount)
    const isHolder = at === 0 || holder !== Math.floor(((at - 1) * holders) / fileCount)
    if (!isHolder) {
      files[file] = settings(`settings-${at}`)
      continue
    }
    const documents: string[] = []
    for (let index = holder; index < count; index += holders) {
      const workload = { name: `app-${index}`, namespace: 'prod', image: `acme/app-${index}`, file }
      workloads.push(workload)
      documents.push(deployment(workload, registry))
    }
    files[file] = documents.join('---\n')
  }
  return { workloads, files }
}

/** About 1.5 kB, as real ones are. */
function deployment({ name, namespace, image }: BenchWorkload, registry: string): string {
  const lines = Object.entries(annotations).map(([key, value]) => `    ${key}: "${value}"\n`)
  const environment = Array.from({ length: 12 }, (_, at) => `        - name: SETTING_${at}\n          value: "${at}"\n`)
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
  annotations:
${lines.join('')}spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  template:
    metadata:
      labels:
        app: ${name}
    spec:
      containers:
      - name: app
        image: ${registry}/${image}:${firstTag} # what runs
        ports:
        - containerPort: 8080
        env:
${environment.join('')}`
}

function settings(name: string): string {
  const data = Array.from({ length: 30 }, (_, at) => `  setting-${at}: "value ${at} of ${name}"\n`)
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: prod\ndata:\n${data.join('')}`
}

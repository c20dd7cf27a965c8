/** Manifests as people write them: with comments, and in the order and quotes they like. */

export interface Workload {
  namespace: string
  name: string
  /** `host/repository:tag`. */
  image: string
}

/** A Deployment that fairlead may update on its own; the comment names a tag that nobody may touch. */
export function plainDeployment({ namespace, name, image }: Workload): string {
  return `# Was 1.0.0 when the shop opened.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
  annotations:
    fairlead.dev/policy: minor
    fairlead.dev/require-approval: "false"
spec:
  replicas: 2
  minReadySeconds: 1
  selector:
    matchLabels: {app: ${name}}
  template:
    metadata:
      labels: {app: ${name}}
    spec:
      nodeName: n1 # the only one
      containers:
        - name: ${name}
          image: ${image}   # the tag follows the releases
          env: [{name: FIRST_RELEASE, value: "1.0.0"}]
`
}

/** The same with the recommended version label, on the workload and on its pods. */
export function labelledDeployment({ namespace, name, image }: Workload, version: string): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
    name: ${name}
    namespace: ${namespace}
    labels:
        app.kubernetes.io/version: '${version}'
    annotations:
        fairlead.dev/policy: minor
        fairlead.dev/require-approval: 'false'
spec:
    replicas: 2
    minReadySeconds: 1
    selector:
        matchLabels:
            app: ${name}
    template:
        metadata:
            labels:
                app: ${name}
                app.kubernetes.io/version: '${version}'
        spec:
            nodeName: n1
            containers:
            -   name: ${name}
                image: "${image}"
`
}

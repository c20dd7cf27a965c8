/** Keys that users write on their workloads. The same fields exist in `updates.rules`; an annotation beats a rule. */

export const annotationPrefix = 'fairlead.dev/'

/** Headwind's annotations mean the same and lose to ours. */
export const headwindPrefix = 'headwind.sh/'

/** Under which prefixes policies are written. */
export const policyPrefixes = [annotationPrefix, headwindPrefix] as const

/** Does an annotation of this name say what may be done with a workload? */
export function isPolicyAnnotation(key: string): boolean {
  return policyPrefixes.some((prefix) => key.startsWith(prefix))
}

/** Annotation names after the prefix, as users write them. */
export const annotationFields = [
  'policy',
  'constraint',
  'pattern',
  'filter',
  'extract',
  'order',
  'prerelease',
  'images',
  'require-approval',
  'mode',
  'min-update-interval',
  'min-age',
  'window',
  'pin-digest',
  'platform',
  'deadline',
  'rollback',
  'hold',
  'verify',
  'chart-policy',
  'chart-constraint',
] as const

/** Headwind's names, and the fields of ours that they mean. */
export const headwindFields: readonly { name: string; field: AnnotationField }[] = [
  { name: 'policy', field: 'policy' },
  { name: 'pattern', field: 'pattern' },
  { name: 'require-approval', field: 'require-approval' },
  { name: 'min-update-interval', field: 'min-update-interval' },
  { name: 'images', field: 'images' },
  { name: 'auto-rollback', field: 'rollback' },
]

/** Set by rollouts on what they apply; no field of a policy. */
export const appliedStepField = 'applied-step'

export type AnnotationField = (typeof annotationFields)[number]

/** What is done with a decision: shown only, proposed as a pull request, or committed to the branch. Strictest first. */
export const modes = ['observe', 'pull-request', 'commit'] as const

export type Mode = (typeof modes)[number]

/** Whose failed changes are put back: nobody's, those that fairlead committed or had merged, or anybody's. */
export const rollbackScopes = ['off', 'own', 'any'] as const

export type RollbackScope = (typeof rollbackScopes)[number]

/** Label that holds the application's version, on the workload or its pod template. */
export const versionLabel = 'app.kubernetes.io/version'

/** Labels by which Flux's kustomize-controller marks what it applied. They nominate; the inventory proves. */
export const fluxKustomizeLabels = {
  name: 'kustomize.toolkit.fluxcd.io/name',
  namespace: 'kustomize.toolkit.fluxcd.io/namespace',
} as const

/** Labels by which Flux's helm-controller marks what a release installed. */
export const fluxHelmLabels = {
  name: 'helm.toolkit.fluxcd.io/name',
  namespace: 'helm.toolkit.fluxcd.io/namespace',
} as const

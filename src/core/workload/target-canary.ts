import type { Canary } from './canary.ts'
import type { Workload } from './workload.ts'

/** The workload with its Canary; `primary` is the `<name>-primary` beside it, as far as there is one. */
export function withCanary(workload: Workload, canary: Canary | undefined, primary: Workload | undefined): Workload {
  if (canary === undefined) return workload
  const isCarried =
    primary !== undefined &&
    workload.containers.every(({ name, image }) =>
      primary.containers.some((one) => one.name === name && one.image === image),
    )
  return { ...workload, canary: { ...canary, isCarried } }
}

import type { Mode } from '../../api/annotation.ts'
import type { FairleadError } from '../../errors.ts'

/** What is asked about a request before it is made. */
export interface RequestSituation {
  /** Undefined when somebody whose workload the slot decides, too, has not opted in. */
  mode: Mode | undefined
  moved: string | undefined
  refusal: FairleadError | undefined
}

import { isPolicyAnnotation } from '../../api/annotation.ts'
import { entriesOf, type Place, textOf } from './yaml/place.ts'

/** The annotations of a place (`metadata.annotations`, `commonAnnotations`) that say what may be done with a workload. */
export function policyAnnotationsOf(place: Place | undefined): ReadonlyMap<string, string> {
  return new Map(
    entriesOf(place).flatMap(({ key, value }): [string, string][] => {
      const text = textOf(value)
      return text === undefined || !isPolicyAnnotation(key) ? [] : [[key, text]]
    }),
  )
}

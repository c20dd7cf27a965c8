import { z } from 'zod'
import type { Told } from '../news.ts'

/** What a payload may need beside itself. */
export interface Delivery {
  /** Header of the request, by its lower-case name. */
  header(name: string): string | undefined
}

/** Reads a body that is JSON already. `UsageInvalid` with the place when its shape is wrong; nothing relevant is `[]`. */
export type PayloadParser = (payload: unknown, delivery: Delivery) => readonly Told[]

/** A name or tag in a payload, with the limit that all of them have here. */
export const word = z.string().max(255).nullish()

/** A time as some senders write it, whole or broken, as number or text. */
export const moment = z.union([z.string().max(64), z.number()]).nullish()

/** Parts of an id, none of which may be missing. */
export function eventId(...parts: readonly (string | number | null | undefined)[]): string | undefined {
  return parts.every(Boolean) ? parts.join(' ') : undefined
}

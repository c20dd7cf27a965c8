import { setTimeout as sleep } from 'node:timers/promises'
import type { Component } from './component.ts'

/** How long to wait, and for whom: a component that died never becomes ready, so its death ends the wait. */
export interface Patience {
  timeoutMs?: number
  everyMs?: number
  watched?: readonly Component[]
}

/**
 * The first answer of `probe` that is not undefined. A probe that throws is asked again; what it said last is in the
 * error when time runs out or a watched component dies.
 */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 60_000, everyMs = 100, watched = [] }: Patience = {},
): Promise<T> {
  const limit = performance.now() + timeoutMs
  let last = 'nothing yet'
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    for (const component of watched) {
      const exit = component.exit()
      if (exit !== undefined)
        throw new Error(`${component.name} died (${exit}) while waiting until ${what}\n${component.tail()}`)
    }
    if (performance.now() > limit) {
      const tails = watched.map((component) => `--- ${component.name}\n${component.tail()}`).join('\n')
      throw new Error(`waited ${timeoutMs / 1000} s until ${what}; last: ${last}\n${tails}`)
    }
    await sleep(everyMs)
  }
}

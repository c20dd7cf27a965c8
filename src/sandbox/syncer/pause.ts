/** Pauses that all end at once when their owner stops. */
export interface Pauses {
  /** True after `ms`; false, at once, when the owner stopped. */
  pause(ms: number): Promise<boolean>
  end(): void
}

export function createPauses(): Pauses {
  const open = new Set<() => void>()
  let ended = false
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer)
          open.delete(finish)
          resolve(!ended)
        }
        const timer = setTimeout(finish, ended ? 0 : ms)
        open.add(finish)
      }),
    end() {
      ended = true
      for (const finish of [...open]) finish()
    },
  }
}

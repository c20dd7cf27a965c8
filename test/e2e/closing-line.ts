import type { Reporter } from 'vitest/node'

/** Ends a run with the line `N passed, N failed`, for scripts. A file that could not be read counts as one failure. */
export const closingLine: Reporter = {
  onTestRunEnd(modules, unhandledErrors) {
    let passed = 0
    let failed = unhandledErrors.length
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state)
      const failures = states.filter((state) => state === 'failed').length
      passed += states.filter((state) => state === 'passed').length
      failed += failures === 0 && module.state() === 'failed' ? 1 : failures
    }
    console.log(`${passed} passed, ${failed} failed`)
  },
}

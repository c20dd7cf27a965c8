import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { closingLine } from './closing-line.ts'

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/e2e/*.e2e.ts'],
    reporters: ['default', closingLine],
    pool: 'forks',
    maxWorkers: 2, // a control plane each, which mostly waits
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
})

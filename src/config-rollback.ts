import { z } from 'zod'
import { rollbackScopes } from './api/annotation.ts'

/** `rollback`: what happens to a version that fails. */
export const rollback = z.strictObject({
  onFailure: z
    .enum(rollbackScopes)
    .default('off')
    .describe('own: what fairlead committed or proposed is put back when it fails; any: what others committed, too.'),
  mode: z.enum(['commit', 'pull-request']).default('commit').describe('How rollbacks land, whatever mode says.'),
  perHour: z.int().min(1).max(1000).default(3).describe('Automatic ones; more wait as RollbackBreaker.'),
})

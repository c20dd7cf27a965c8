import { openLocalHistory } from '../adapters/git/local.ts'
import { readLocalLog } from '../adapters/git/local-log.ts'

/** The ancestry in a checkout on this machine, for verbs that work without a remote. */
export const openLocalRepository = openLocalHistory

/** The first-parent history of a checkout on this machine. */
export const readLocalHistory = readLocalLog

import { openLocalHistory } from '../adapters/git/local.ts'

/** The history of a checkout on this machine, for verbs that work without a remote. */
export const openLocalRepository = openLocalHistory

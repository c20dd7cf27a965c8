/** Is commit C an ancestor of (or equal to) R? `no` only when the walk ended at real roots. */
export type Ancestry = 'yes' | 'no' | 'unknown'

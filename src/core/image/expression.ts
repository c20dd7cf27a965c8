import { RE2JS } from 're2js'

/** Longest expression or glob that is accepted, in characters. */
export const expressionLimit = 1024
/** Largest compiled program; nested repetitions such as `((a{99}){99}){99}` are refused by it. */
const programLimit = 20_000

/**
 * Compiles an RE2 expression: linear in time, whoever wrote it. Throws an `Error` that says what is wrong with it.
 * Syntax: https://github.com/google/re2/wiki/Syntax
 */
export function compileExpression(text: string): RE2JS {
  if (text.length > expressionLimit) throw new Error(`is longer than ${expressionLimit} characters`)
  const expression = RE2JS.compile(text)
  if (expression.programSize() > programLimit) throw new Error('repeats too much')
  return expression
}

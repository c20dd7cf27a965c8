/** Variables that Argo CD fills into value file names, parameters and images, as far as Git tells them. */
export type BuildEnvironment = ReadonlyMap<string, string>

const variable = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)|(\$))/g

/**
 * The text with its variables (`$NAME`, `${NAME}`, `$$`) filled in; undefined when one is not known here, e.g. the
 * revision, which changes with each commit.
 */
export function fillVariables(text: string, environment: BuildEnvironment): string | undefined {
  let isKnown = true
  const filled = text.replace(variable, (_, braced?: string, plain?: string, dollar?: string) => {
    if (dollar !== undefined) return dollar
    const value = environment.get(braced ?? plain ?? '')
    if (value === undefined) isKnown = false
    return value ?? ''
  })
  return isKnown ? filled : undefined
}

/** How a scalar is written in its file. */
export type ScalarStyle = 'plain' | 'single' | 'double'

/** Characters that need no thought in a plain scalar, in block and in flow context. */
const harmless = /^[A-Za-z0-9_./][A-Za-z0-9_./:@+=-]*$/

/**
 * Plain scalars that some reader in use takes for something else than a string. YAML 1.1 (go-yaml v2, PyYAML) and
 * YAML 1.2 core (npm yaml) are taken together, because nobody knows which reader comes next.
 */
const notStrings: readonly RegExp[] = [
  /^(~|null|true|false|yes|no|on|off|y|n|=|<<)$/i,
  /^[-+]?[0-9][0-9_]*$/,
  /^[-+]?0x[0-9a-f_]+$/i,
  /^[-+]?0o[0-7_]+$/i,
  /^[-+]?0b[01_]+$/i,
  /^[-+]?([0-9][0-9_]*)?(\.[0-9_]*)?(e[-+]?[0-9]+)?$/i,
  /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/,
  /^[-+]?\.(inf|nan)$/i,
  /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt][0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?(Z|[-+][0-9]{1,2}(:[0-9]{2})?)?)?$/,
]

/** Would this text, written without quotes, be read back as the same string by YAML 1.1 and by YAML 1.2? */
export function isPlainString(value: string): boolean {
  return harmless.test(value) && !value.endsWith(':') && !notStrings.some((pattern) => pattern.test(value))
}

/** Would a plain scalar that holds placeholders (`${x}`) still be one with this text? They make it a string already. */
export function isPlainTemplate(value: string): boolean {
  return /^[A-Za-z0-9_./$][A-Za-z0-9_./:@+${}=-]*$/.test(value) && value.includes('${') && !value.endsWith(':')
}

/** The value in the given style; a style that cannot hold it becomes double quotes. */
export function renderScalar(value: string, style: ScalarStyle): string {
  if (style === 'plain' && isPlainString(value)) return value
  if (style === 'single' && /^[\x20-\x7e]*$/.test(value)) return `'${value.replaceAll("'", "''")}'`
  return JSON.stringify(value)
}

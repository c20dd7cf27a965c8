/** One line of a Prometheus exposition. */
export interface Sample {
  metric: string
  labels: Record<string, string>
  value: number
}

/** The samples of an exposition in text format 0.0.4. */
export function parseMetrics(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, metric, pairs = '', value] = line.match(/^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i) ?? []
    if (metric === undefined) return []
    const labels = [...pairs.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', raw = '']) => [
      name,
      raw.replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
    ])
    return [{ metric, labels: Object.fromEntries(labels), value: Number(value) }]
  })
}

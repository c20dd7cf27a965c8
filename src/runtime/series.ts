/** A family of the Prometheus exposition. */
export interface Family {
  name: string
  help: string
  type: 'gauge' | 'counter'
}

export interface Sample {
  family: Family
  labels: Record<string, string>
  value: number
}

/** Samples grouped by owner (a workload), rendered when they change instead of when they are scraped. */
export interface Series {
  /** Replaces all samples of the owner. */
  set(owner: string, samples: readonly Sample[]): void
  delete(owner: string): void
  /** The exposition as it is at the first piece, in pieces of about 64 KiB: what changes meanwhile is in the next one. */
  render(): Generator<string>
}

const pieceLength = 65_536

/**
 * prom-client keeps an object per series and renders all of them in one synchronous block at every scrape; with tens
 * of thousands of workloads that blocks the event loop. Here a series is one finished line.
 */
export function createSeries(): Series {
  const families = new Map<string, { family: Family; lines: Map<string, string> }>()
  const owners = new Map<string, string>()

  const linesOf = (family: Family) => {
    const known = families.get(family.name)
    if (known !== undefined) return known.lines
    const lines = new Map<string, string>()
    families.set(family.name, { family, lines })
    return lines
  }

  const series: Series = {
    set(owner, samples) {
      const byFamily = new Map<Family, string>()
      for (const sample of samples) {
        byFamily.set(sample.family, (byFamily.get(sample.family) ?? '') + renderSample(sample))
      }
      const rendered = [...byFamily].map(([family, text]) => `${family.name}\n${text}`).join('')
      if (owners.get(owner) === rendered) return
      series.delete(owner)
      for (const [family, text] of byFamily) linesOf(family).set(owner, text)
      owners.set(owner, rendered)
    },
    delete(owner) {
      if (!owners.delete(owner)) return
      for (const { lines } of families.values()) lines.delete(owner)
    },
    *render() {
      let piece = ''
      const snapshot = [...families.values()].map(({ family, lines }) => ({ family, lines: [...lines.values()] }))
      for (const { family, lines } of snapshot) {
        if (lines.length === 0) continue
        piece += `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`
        for (const line of lines) {
          piece += line
          if (piece.length < pieceLength) continue
          yield piece
          piece = ''
        }
      }
      if (piece !== '') yield piece
    },
  }
  return series
}

function renderSample({ family, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`)
  return `${family.name}{${pairs.join(',')}} ${value}\n`
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information */
function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

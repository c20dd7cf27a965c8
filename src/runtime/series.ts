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
  const families: Family[] = []
  const places = new Map<string, number>()
  /** The lines of an owner, by place of the family. Replaced, never changed: a scrape under way goes on with the old ones. */
  const owners = new Map<string, readonly string[]>()

  const placeOf = (family: Family) => {
    const known = places.get(family.name)
    if (known !== undefined) return known
    places.set(family.name, families.length)
    return families.push(family) - 1
  }

  return {
    set(owner, samples) {
      const lines = families.map(() => '')
      for (const sample of samples) {
        const place = placeOf(sample.family)
        lines[place] = (lines[place] ?? '') + renderSample(sample)
      }
      owners.set(owner, lines)
    },
    delete: (owner) => void owners.delete(owner),
    *render() {
      let piece = ''
      const snapshot = [...owners.values()]
      for (const [place, family] of families.entries()) {
        let head = `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n`
        for (const owner of snapshot) {
          const lines = owner[place] ?? ''
          if (lines === '') continue
          piece += head + lines
          head = ''
          if (piece.length < pieceLength) continue
          yield piece
          piece = ''
        }
      }
      if (piece !== '') yield piece
    },
  }
}

/** Joined, and not added up: a string that is made of others keeps all of them in memory. */
function renderSample({ family, labels, value }: Sample): string {
  const pairs = Object.entries(labels).map(([name, text]) => [name, '="', escapeLabel(text), '"'].join(''))
  return [family.name, '{', pairs.join(','), '} ', value, '\n'].join('')
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/#comments-help-text-and-type-information */
function escapeLabel(text: string): string {
  if (!/[\\\n"]/.test(text)) return text
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

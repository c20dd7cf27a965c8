import { expect, test } from 'vitest'
import { chartAt, chartPlace, ociPlace } from '../../../src/core/image/chart-place.ts'

const rows: [address: string, chart: string, registry: string, repository: string, at: object][] = [
  [
    'https://charts.example.com/',
    'web',
    'https://charts.example.com',
    'web',
    { type: 'http', url: 'https://charts.example.com', chart: 'web' },
  ],
  [
    'http://example.com:8080/helm/stable/',
    'Web',
    'http://example.com:8080/helm/stable',
    'Web',
    { type: 'http', url: 'http://example.com:8080/helm/stable', chart: 'Web' },
  ],
  [
    'oci://ghcr.io/acme/charts',
    'web',
    'oci://ghcr.io',
    'acme/charts/web',
    { type: 'oci', registry: 'ghcr.io', repository: 'acme/charts/web' },
  ],
  [
    'oci://localhost:5000/acme/charts/web',
    '',
    'oci://localhost:5000',
    'acme/charts/web',
    { type: 'oci', registry: 'localhost:5000', repository: 'acme/charts/web' },
  ],
]
test.each(rows)('%s %s', (address, chart, registry, repository, at) => {
  const place = chartPlace(address, chart)
  expect(place).toEqual({ registry, repository })
  expect(chartAt(place)).toEqual(at)
})

test.each([
  ['nowhere', 'web'],
  ['ssh://example.com', 'web'],
  ['https://me:secret@example.com', 'web'],
  ['https://example.com/?token=secret', 'web'],
  ['https://example.com', ''],
  ['oci://', 'web'],
])('%s is no address of a chart, and nothing secret in it is told', (address, chart) => {
  expect(() => chartPlace(address, chart)).toThrow(expect.objectContaining({ code: 'RegistryNotFound' }))
  expect(() => chartPlace(address, chart)).not.toThrow(/secret/)
})

test('an image lies at no place of a chart, though a chart may lie where it could', () => {
  const image = { registry: 'ghcr.io', repository: 'acme/web' }
  expect(chartAt(image)).toBeUndefined()
  expect(chartAt(ociPlace(image))).toEqual({ type: 'oci', ...image })
})

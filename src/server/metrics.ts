import type { Clock, Log } from '../ports.ts'
import { probeRoutes, type Readiness } from './health.ts'
import { createHttpServer, type HttpServer } from './http-server.ts'
import type { Route } from './router.ts'

/** What can render the exposition, at once or in pieces. */
export interface MetricsSource {
  readonly contentType: string
  render(): Promise<string> | AsyncIterable<string>
}

/** `GET /metrics`. */
export function metricsRoute(source: MetricsSource): Route {
  return {
    method: 'GET',
    path: '/metrics',
    async answer() {
      return { status: 200, headers: { 'content-type': source.contentType }, body: await source.render() }
    },
  }
}

export interface MetricsServerSettings {
  listen: string
  clock: Clock
  log: Log
  metrics: MetricsSource
  ready: () => Readiness
}

/** The server Prometheus and the kubelet talk to: `/metrics`, `/healthz`, `/readyz`. */
export function createMetricsServer({ listen, clock, log, metrics, ready }: MetricsServerSettings): HttpServer {
  const routes = [metricsRoute(metrics), ...probeRoutes(ready)]
  return createHttpServer({ name: 'metrics', listen, clock, log, routes })
}

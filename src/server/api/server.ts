import { healthRoute } from '../health.ts'
import { createHttpServer, type HttpServer } from '../http-server.ts'
import { type ApiDeps, apiRoutes } from './routes.ts'

export interface ApiServerSettings extends ApiDeps {
  listen: string
}

/** A decision is a digest and a reason; nothing larger is read. */
const bodyBytes = 64 * 1024

/** The server people and their tools talk to. No CORS headers: browsers of other origins have no business here. */
export function createApiServer(settings: ApiServerSettings): HttpServer {
  const { listen, clock, log } = settings
  const routes = [healthRoute, ...apiRoutes(settings)]
  return createHttpServer({ name: 'api', listen, clock, log, routes, limits: { bodyBytes } })
}

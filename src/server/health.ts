import { json, type Route } from './router.ts'

/** Whether everything needed to answer questions is here. Leadership is no part of it: a standby is ready too. */
export interface Readiness {
  ready: boolean
  /** What is still missing, in words: `cache of Deployment`. */
  waitingFor: readonly string[]
}

/** `GET /health` on the webhook and API ports: the process answers. */
export const healthRoute: Route = { method: 'GET', path: '/health', answer: () => json(200, { status: 'ok' }) }

/** `GET /healthz` and `GET /readyz` for the kubelet. */
export function probeRoutes(ready: () => Readiness): readonly Route[] {
  return [
    { method: 'GET', path: '/healthz', answer: () => json(200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      answer() {
        const readiness = ready()
        return json(readiness.ready ? 200 : 503, readiness)
      },
    },
  ]
}

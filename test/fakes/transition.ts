import type { Transition, TransitionWorkload } from '../../src/core/event/transition.ts'

const began: Transition = {
  cluster: 'production-eu',
  workload: {
    kind: 'Deployment',
    namespace: 'shop',
    name: 'web',
    uid: '8f0b6f2e-0b43-4b6e-9a39-0d5c9a3b7c11',
    labels: { 'app.kubernetes.io/version': '1.4.2' },
  },
  revision: '0123456789abcdef',
  version: '1.4.2',
  previousVersion: '1.4.1',
  phase: 'rolling_out',
  reason: 'Progressing',
  message: '1 of 3 replicas are updated',
  at: '2026-03-01T10:00:00Z',
  startedAt: '2026-03-01T10:00:00Z',
  recovered: false,
  image: 'ghcr.io/acme/web:1.4.2',
  rollback: false,
}

/** The beginning of a rollout of Deployment shop/web, or what differs from it. */
export function aTransition(
  over: Partial<Omit<Transition, 'workload'>> & { workload?: Partial<TransitionWorkload> } = {},
): Transition {
  return { ...began, ...over, workload: { ...began.workload, ...over.workload } }
}

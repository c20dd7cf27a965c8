import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { describeCluster } from '../contract/cluster.suite.ts'
import { openReal } from '../contract/cluster-adapter.ts'
import type { Component } from './component.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { applyCrds } from './flux.ts'

/** The contract of the Kubernetes ports, on the real API server. */

const components: Component[] = []
let plane: ControlPlane

beforeAll(async () => {
  const bin = process.env.FAIRLEAD_E2E_BIN
  if (bin === undefined) throw new Error('FAIRLEAD_E2E_BIN is not set: run the end-to-end tests with `npm run e2e`')
  const dir = await mkdtemp(join(process.env.FAIRLEAD_E2E_STATE ?? tmpdir(), 'contract-'))
  plane = await startControlPlane({ bin, dir, components })
  await applyCrds(plane.kubernetes, join(import.meta.dirname, '..', '..', 'deploy', 'crds'))
})

afterAll(async () => {
  await Promise.all(components.map((component) => component.end('SIGKILL')))
})

const settings = { namespace: 'fairlead-contract', missesChanges: false }
describeCluster('adapter on a real API server', settings, () => openReal(plane.kubeconfig, settings.namespace))

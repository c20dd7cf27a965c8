import { expect, test } from 'vitest'
import { normaliseRepositoryUrl } from '../../../src/core/change/repository-url.ts'
import { findOtherWriter, type ImageAutomationObjects } from '../../../src/core/manifest/other-writer.ts'
import type { SlotMarker } from '../../../src/core/manifest/slot/slot-marker.ts'
import { readImageAutomation, readImagePolicy } from '../../../src/core/sync/flux-image.ts'
import { readSource } from '../../../src/core/sync/flux-object.ts'

const marker: SlotMarker = { namespace: 'flux-system', name: 'web', part: 'tag', where: 'apps/web.yaml:7' }
const place = {
  repository: normaliseRepositoryUrl('https://git.example.com/gitops'),
  branch: 'main',
  file: 'apps/web.yaml',
}

interface Story {
  markers?: SlotMarker[]
  namespace?: string
  spec?: object
  labels?: Record<string, string>
  url?: string
  ref?: object
  noSource?: boolean
}

function writer({ markers = [marker], namespace = 'flux-system', spec = {}, labels = {}, ...rest }: Story) {
  const kinds = { apiVersion: 'v1', kind: 'X' }
  const automation = readImageAutomation({
    ...kinds,
    metadata: { name: 'images', namespace },
    spec: { sourceRef: { name: 'gitops' }, ...spec },
  })
  const source = readSource({
    ...kinds,
    metadata: { name: 'gitops', namespace },
    spec: { url: rest.url ?? 'ssh://git@git.example.com/gitops.git', ref: rest.ref ?? { branch: 'main' } },
  })
  const objects: ImageAutomationObjects = {
    policy: (key) =>
      key === 'flux-system/web'
        ? readImagePolicy({ ...kinds, metadata: { name: 'web', namespace: 'flux-system', labels } })
        : undefined,
    automations: () => [automation],
    source: (key) => (key === `${namespace}/gitops` && rest.noSource !== true ? source : undefined),
  }
  return findOtherWriter(markers, place, objects)?.marker.where
}

const rows: [what: string, story: Story, isWritten: boolean][] = [
  ['an automation of this repository and branch writes a marked value', {}, true],
  ['a suspended one may be resumed at any time', { spec: { suspend: true } }, true],
  ['one that pushes to another branch writes it all the same', { spec: { git: { push: { branch: 'bot' } } } }, true],
  ['nobody writes a value without a marker', { markers: [] }, false],
  ['one of another namespace does not see the marker', { namespace: 'apps' }, false],
  ['one below another folder does not', { spec: { update: { path: './clusters' } } }, false],
  ['one below this folder does', { spec: { update: { path: './apps' } } }, true],
  ['one of another repository does not', { url: 'https://git.example.com/other' }, false],
  ['one of another branch does not', { ref: { branch: 'staging' } }, false],
  [
    'one that checks out this branch itself does',
    { ref: { tag: 'v1' }, spec: { git: { checkout: { ref: { branch: 'main' } } } } },
    true,
  ],
  ['one whose source is not there cannot run', { noSource: true }, false],
  ['one that selects other policies does not', { spec: { policySelector: { matchLabels: { a: 'b' } } } }, false],
  [
    'one that selects the policy does',
    { spec: { policySelector: { matchLabels: { a: 'b' } } }, labels: { a: 'b' } },
    true,
  ],
  [
    'a policy that is still missing will be selected',
    { markers: [{ ...marker, name: 'new' }], spec: { policySelector: { matchLabels: { a: 'b' } } } },
    true,
  ],
]
test.each(rows)('%s', (_, story, isWritten) => expect(writer(story)).toBe(isWritten ? 'apps/web.yaml:7' : undefined))

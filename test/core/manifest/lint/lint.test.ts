import { describe, expect, test } from 'vitest'
import { compileRule } from '../../../../src/core/image/rule.ts'
import type { LintConfig } from '../../../../src/core/manifest/lint/annotation-finding.ts'
import { lint } from '../../../../src/core/manifest/lint/lint.ts'
import { folder } from '../folder.ts'

/** Findings as `file:line severity code message`. */
function found(files: Record<string, string | null>, config: LintConfig = { rules: [] }): string[] {
  return lint(folder(files), config).findings.map(
    ({ file, line, severity, code, message }) => `${file}:${line} ${severity} ${code} ${message}`,
  )
}

/** An object with annotations, the first of which is on line 4, and containers. */
function workload(
  annotations: readonly string[],
  kind = 'Deployment',
  images = ['web:1.0.0', 'sidecar:2.0.0'],
): string {
  const lines = annotations.map((one) => `    ${one}\n`).join('')
  const containers = images.map((image) => `{name: ${image.split(/[:@]/)[0]}, image: "${image}"}`).join(', ')
  return `kind: ${kind}\nmetadata:\n  annotations:\n${lines}  name: web\nspec: {template: {spec: {containers: [${containers}]}}}\n`
}

describe('an annotation', () => {
  const windows = ['office']
  const rows: [what: string, annotation: string, finding: RegExp | undefined, kind?: string][] = [
    ['with a policy is fine', 'fairlead.dev/policy: minor', undefined],
    ['for one container is fine', 'fairlead.dev/policy.sidecar: minor', undefined],
    ['of Headwind is fine', 'headwind.sh/policy: minor', undefined],
    ['of somebody else is fine', 'example.com/policy: mnior', undefined],
    ['that only adds to a policy elsewhere is fine', 'fairlead.dev/constraint: "^1.2"', undefined],
    ['that extracts by the filter of a rule is fine', 'fairlead.dev/extract: $build', undefined],
    ['that rollouts set is fine', 'fairlead.dev/applied-step: "3"', undefined],
    ['on a HelmRelease is fine', 'fairlead.dev/policy: minor', undefined, 'HelmRelease'],
    ['on an Application is fine', 'fairlead.dev/policy.any: minor', undefined, 'Application'],
    [
      'with a policy that does not exist',
      'fairlead.dev/policy: mnior',
      /error PolicyInvalid .*policy "mnior" is not allowed/,
    ],
    ['that lacks what its policy needs', 'fairlead.dev/policy: semver', /error PolicyInvalid constraint is missing/],
    ['with a bad constraint', 'fairlead.dev/constraint: ">>1"', /error PolicyInvalid fairlead.dev\/constraint ">>1"/],
    ['with a bad expression', 'fairlead.dev/filter: "("', /error PolicyInvalid fairlead.dev\/filter "\("/],
    ['with a bad glob', 'fairlead.dev/pattern: "{"', /error PolicyInvalid fairlead.dev\/pattern "\{"/],
    [
      'with a bad glob of images',
      'fairlead.dev/images: "["',
      /error PolicyInvalid fairlead.dev\/images: the glob "\["/,
    ],
    ['with a bad duration', 'fairlead.dev/min-age: soon', /error PolicyInvalid fairlead.dev\/min-age: "soon"/],
    ['with a bad deadline', 'fairlead.dev/deadline: soon', /error PolicyInvalid fairlead.dev\/deadline: "soon"/],
    [
      'with a window that is not configured',
      'fairlead.dev/window: weekend',
      /window: "weekend" is not .* there are office/,
    ],
    [
      'with a typo in its name',
      'fairlead.dev/polcy: minor',
      /error PolicyInvalid .*; did you mean fairlead.dev\/policy\?/,
    ],
    ['with a name like none', 'fairlead.dev/x: minor', /error PolicyInvalid .*; there are fairlead.dev\/policy, /],
    [
      'with a name Headwind does not know',
      'headwind.sh/polcy: x',
      /warning AnnotationUnread .*mean headwind.sh\/policy\?/,
    ],
    [
      'for no container',
      'fairlead.dev/policy.wbe: all',
      /error PolicyInvalid .*no container wbe; there are web, sidecar/,
    ],
    ['for images that are not there', 'fairlead.dev/images: api', /warning PolicyInvalid .*"api" chooses no container/],
    ['that is no text', 'fairlead.dev/require-approval: false', /error ManifestInvalid .*: false is no text/],
    ['that is empty', 'fairlead.dev/policy: ', /error ManifestInvalid .*: the value is no text/],
    ['that Flux fills in', 'fairlead.dev/policy: $(policy)', /note Templated .*was not checked/],
    ['for the chart of a release is fine', 'fairlead.dev/chart-policy: minor', undefined, 'HelmRelease'],
    [
      'for a chart with a policy that knows no versions',
      'fairlead.dev/chart-policy: glob',
      /error PolicyInvalid fairlead.dev\/chart-policy "glob" is not allowed: use one of none, patch, /,
      'Application',
    ],
    [
      'for a chart that lacks its range',
      'fairlead.dev/chart-policy: semver',
      /error PolicyInvalid fairlead.dev\/chart-policy semver needs a range/,
      'HelmRelease',
    ],
    [
      'for the chart of a Deployment',
      'fairlead.dev/chart-policy: minor',
      /warning AnnotationUnread .*a Deployment deploys no chart/,
    ],
    [
      'on a kind that is not followed',
      'fairlead.dev/policy: minor',
      /warning AnnotationUnread .*of a CronJob are not/,
      'CronJob',
    ],
  ]
  test.each(rows)('%s', (_, annotation, finding, kind) => {
    const findings = found(
      { 'web.yaml': workload([annotation], kind) },
      { rules: [], names: { windows, keys: ['release'] } },
    )
    expect(findings).toEqual(finding === undefined ? [] : [expect.stringMatching(finding)])
    for (const one of findings) expect(one).toMatch(/^web\.yaml:4 /)
  })

  test('that is fine with the rule it meets is wrong with none of its own kind', () => {
    const rules = [compileRule({ match: {}, fields: { filter: '^(?P<build>[0-9]+)$' } })]
    const files = { 'web.yaml': workload(['fairlead.dev/policy: numerical', 'fairlead.dev/extract: $build']) }
    expect(found(files, { rules })).toEqual([])
    expect(found(files)).toEqual([expect.stringMatching(/extract "\$build" needs a filter/)])
  })

  test('of a pod template is not read', () => {
    const text =
      'kind: Deployment\nspec:\n  template:\n    metadata:\n      annotations: {fairlead.dev/policy: minor}\n'
    expect(found({ 'a.yaml': text })).toEqual([
      expect.stringMatching(/^a.yaml:5 warning AnnotationUnread .*on the Deployment/),
    ])
  })

  test('is found in lists, in an ApplicationSet and in JSON', () => {
    const list = `kind: List\nitems:\n- kind: Deployment\n  metadata: {annotations: {fairlead.dev/policy: x}}\n`
    const set = `kind: ApplicationSet\nspec:\n  template:\n    metadata: {annotations: {fairlead.dev/policy: x}}\n`
    const json = '{"kind": "Deployment", "metadata": {"annotations": {"fairlead.dev/policy": "x"}}}'
    expect(found({ 'a.yaml': list, 'b.yaml': set, 'c.json': json }).map((one) => one.split(' ')[0])).toEqual([
      'a.yaml:4',
      'b.yaml:4',
      'c.json:1',
    ])
  })
})

describe('a kustomization', () => {
  test('is looked at for its commonAnnotations', () => {
    const text = 'commonAnnotations:\n  fairlead.dev/mode: push\n  fairlead.dev/policy.any: minor\n'
    expect(found({ 'k/kustomization.yaml': text })).toEqual([
      expect.stringMatching(/^k\/kustomization.yaml:2 .*"push"/),
    ])
  })

  const inline = 'kind: Deployment\n    metadata:\n      annotations: {fairlead.dev/policy: minor}\n'
  const operation = '- op: add\n      path: /metadata/annotations/fairlead.dev~1policy\n      value: minor\n'
  test.each([
    ['a file of its own', '- path: patch.yaml\n', 'k/patch.yaml:4'],
    ['a text', `- patch: |\n    ${inline}`, 'k/kustomization.yaml:5'],
    ['operations', `- patch: |\n    ${operation}`, 'k/kustomization.yaml:5'],
  ])('that sets policies by a patch in %s is told where to put them', (_, patch, where) => {
    const files = {
      'k/kustomization.yaml': `patches:\n${patch}`,
      'k/patch.yaml': workload(['fairlead.dev/policy: minor']),
    }
    expect(found(files)).toEqual([expect.stringMatching(`^${where} error PolicyNotInGit a patch sets`)])
  })

  test.each(['HelmRelease', 'Application'])(
    'that sets policies of a %s by a merge patch is read, mistakes included',
    (kind) => {
      const patch = (policy: string) => ({
        'k/kustomization.yaml': 'patches:\n- path: patch.yaml\n',
        'k/patch.yaml': `kind: ${kind}\nmetadata:\n  name: web\n  annotations: {fairlead.dev/policy: ${policy}}\n`,
      })
      expect(found(patch('minor'))).toEqual([])
      expect(found(patch('minro'))).toEqual([expect.stringMatching(/^k\/patch.yaml:4 error PolicyInvalid .*"minro"/)])
    },
  )

  const images = 'resources: [a.yaml, b.yaml]\nimages:\n- {name: web, newTag: 1.0.1}\n'
  const named = (name: string, annotation: string) => workload([annotation]).replace('  name: web', `  name: ${name}`)
  test.each<[string, string, string, LintConfig, RegExp | undefined]>([
    ['equal', 'fairlead.dev/policy: minor', 'fairlead.dev/policy: minor', { rules: [] }, undefined],
    ['different', 'fairlead.dev/policy: minor', 'fairlead.dev/policy: patch', { rules: [] }, /error PolicyConflict/],
    ['not all known', 'fairlead.dev/policy: minor', 'x: y', { rules: [] }, /warning PolicyConflict/],
    ['not all set', 'fairlead.dev/policy: minor', 'x: y', { rules: [], names: {} }, /error PolicyConflict/],
    [
      'made equal by a rule',
      'fairlead.dev/policy: minor',
      'x: y',
      { rules: [compileRule({ match: {}, fields: { policy: 'minor' } })], names: {} },
      undefined,
    ],
  ])('whose images entry decides containers with policies that are %s', (_, a, b, config, finding) => {
    const files = { 'k/kustomization.yaml': images, 'k/a.yaml': named('a', a), 'k/b.yaml': named('b', b) }
    const findings = found(files, config)
    expect(findings).toEqual(finding === undefined ? [] : [expect.stringMatching(finding)])
    for (const one of findings) expect(one).toMatch(/^k\/kustomization\.yaml:3 .*Deployment\/a container web: minor; /)
  })

  test('with tag and digest in one entry is told which decides', () => {
    const text = 'images:\n- name: web\n  newTag: "1"\n  digest: sha256:1\n- {name: api, newTag: "1"}\n'
    expect(found({ 'kustomization.yaml': text })).toEqual([
      'kustomization.yaml:3 warning TagAndDigest images entry web has newTag 1 and a digest; the digest alone decides what runs',
    ])
  })
})

describe('an image', () => {
  const rows: [what: string, image: string, policy: string, finding: RegExp | undefined][] = [
    ['with a version', 'web:1.0.0', 'minor', undefined],
    ['with a digest only', 'web@sha256:1', 'minor', undefined],
    ['with a port and a version', 'host:5000/web:1', 'minor', undefined],
    ['with a port and none', 'host:5000/web', 'minor', /warning ImageNotVersioned .*has no tag/],
    ['without a tag', 'web', 'patch', /warning ImageNotVersioned .*has no tag, which the policy patch cannot/],
    ['with latest', 'web:latest', 'major', /warning ImageNotVersioned .*has the tag latest/],
    ['with latest, followed by digest', 'web:latest', 'digest', undefined],
    ['without a tag and without a policy', 'web', 'none', undefined],
    ['with a placeholder', 'web:$(TAG)', 'minor', /warning Templated .*placeholder/],
  ]
  test.each(rows)('%s', (_, image, policy, finding) => {
    const text = workload([`fairlead.dev/policy: ${policy}`], 'Deployment', [image])
    expect(found({ 'a.yaml': text })).toEqual(finding === undefined ? [] : [expect.stringMatching(finding)])
  })

  test('without a tag is fine where a kustomization gives it one', () => {
    const files = {
      'base/a.yaml': workload(['fairlead.dev/policy: minor'], 'Deployment', ['web']),
      'prod/kustomization.yaml': 'images: [{name: web, newTag: 1.0.0}]\n',
    }
    expect(found(files)).toEqual([])
  })

  test('is looked at without annotations when a rule gives it a policy', () => {
    const files = { 'a.yaml': workload(['x: y'], 'Deployment', ['web:latest']) }
    expect(found(files)).toEqual([])
    const rules = [compileRule({ match: { name: 'web' }, fields: { policy: 'minor' } })]
    expect(found(files, { rules })).toEqual([expect.stringMatching(/ImageNotVersioned/)])
  })
})

describe('a marker', () => {
  const marker = '{"$imagepolicy": "flux-system:web"}'
  const rows: [what: string, text: string, finding: RegExp | undefined][] = [
    ['behind a value', `image: a:1 # ${marker}`, undefined],
    ['behind the last line of a value', `image: a:1\n  more # ${marker}`, undefined],
    ['above an item of a list', `a:\n# ${marker}\n- a:1`, undefined],
    ['in a sentence', '# the "$imagepolicy" comments are read by Flux', undefined],
    ['behind the sign of a block', `a: | # ${marker}\n  text`, undefined],
    ['above a key', `# ${marker}\nimage: a:1`, /:1 error MarkerIgnored .*beside no value/],
    ['behind a mapping', `a: {b: c} # ${marker}`, /:1 error MarkerIgnored .*beside no value/],
    ['in a block of text', `a: |\n  image: a:1 # ${marker}\n`, /:2 error MarkerIgnored .*block of text/],
    ['with words behind it', `image: a:1 # ${marker} keep`, /:1 error MarkerIgnored .*words stand after it/],
    ['with words before it', `image: a:1 # keep ${marker}`, /:1 error MarkerIgnored .*words stand before it/],
    ['with a slash', 'image: a:1 # {"$imagepolicy": "a/b"}', /:1 error MarkerIgnored .*a slash where a colon/],
    ['with an unknown part', 'image: a:1 # {"$imagepolicy": "a:b:c"}', /:1 error MarkerIgnored .*"a:b:c" is not/],
    ['in single quotes', "image: a:1 # {'$imagepolicy': 'a:b'}", /:1 error MarkerIgnored .*no JSON/],
    ['that holds a number', 'image: a:1 # {"$imagepolicy": "a:b", "n": 1}', /:1 error MarkerIgnored .*no text/],
  ]
  test.each(rows)('%s', (_, text, finding) => {
    expect(found({ 'a.yaml': text })).toEqual(finding === undefined ? [] : [expect.stringMatching(finding)])
  })

  test('of another namespace than that of any automation is a warning', () => {
    const automation = 'kind: ImageUpdateAutomation\nmetadata: {name: all, namespace: apps}\n'
    const files = { 'a.yaml': `image: a:1 # ${marker}\n`, 'flux.yaml': automation }
    expect(found(files)).toEqual([expect.stringMatching(/^a.yaml:1 warning MarkerIgnored .*in flux-system, .*in apps/)])
    expect(found({ ...files, 'flux.yaml': automation.replace('namespace: apps', 'labels: {}') })).toEqual([])
    expect(found({ ...files, 'more.yaml': automation.replace('apps', 'flux-system') })).toEqual([])
  })
})

describe('a file', () => {
  const policy = '# fairlead.dev/policy'
  const rows: [what: string, text: string | null, finding: RegExp | undefined][] = [
    ['with a key twice', `${policy}\na: 1\na: 2\n`, /:3 error ManifestInvalid has the key "a" twice/],
    ['that is no YAML', `${policy}\na: [\n`, /error ManifestInvalid cannot be read as YAML/],
    ['that is a template', `${policy}\na: {{ .b }}\n`, /:2 note Templated/],
    ['that is encrypted', 'a: 1\nimage: ENC[x]\nsops:\n  mac: ENC[y]\n', /:2 note Encrypted/],
    ['that is encrypted and names no image', 'a: ENC[x]\nsops:\n  mac: ENC[y]\n', undefined],
    ['that is broken and of no interest', 'a: [\n', undefined],
    ['that is a symlink', null, undefined],
  ]
  test.each(rows)('%s', (_, text, finding) => {
    expect(found({ 'a.yaml': text })).toEqual(finding === undefined ? [] : [expect.stringMatching(finding)])
  })

  test('of no interest is not counted', () => {
    expect(lint(folder({ 'a.yaml': 'a: 1\n', 'b.yaml': `${policy}\n` }), { rules: [] })).toEqual({
      findings: [],
      files: 1,
    })
  })
})

test('findings are sorted by file and line, whatever made them', () => {
  const files = {
    'b.yaml': workload(['fairlead.dev/policy: x']),
    'a.yaml': `${workload(['fairlead.dev/mode: x', 'fairlead.dev/policy: x'])}---\n${workload(['fairlead.dev/policy: x'])}`,
  }
  expect(found(files).map((one) => one.split(' ')[0])).toEqual(['a.yaml:4', 'a.yaml:5', 'a.yaml:12', 'b.yaml:4'])
})

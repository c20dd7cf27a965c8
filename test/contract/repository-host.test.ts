import { test } from 'vitest'
import { describeRepositoryHost } from './repository-host.suite.ts'
import { openFakeHost } from './repository-host-fake.ts'
import { openGitHubHost, placeFromEnvironment } from './repository-host-github.ts'
import { openSandboxHost } from './repository-host-sandbox.ts'

describeRepositoryHost('fake host', openFakeHost)
describeRepositoryHost('GitHub adapter on the sandbox', openSandboxHost)

const place = placeFromEnvironment(process.env)
if (place === undefined)
  test.skip('GitHub adapter on GitHub itself (needs FAIRLEAD_GITHUB_REPOSITORY and FAIRLEAD_GITHUB_TOKEN_FILE)')
else describeRepositoryHost(`GitHub adapter on ${place.repository}`, () => openGitHubHost(place))

import { describe } from 'vitest'
import { describeRepositoryHost } from './repository-host.suite.ts'
import { openFakeHost } from './repository-host-fake.ts'
import { openGitHubHost, placeFromEnvironment } from './repository-host-github.ts'
import { openSandboxHost } from './repository-host-sandbox.ts'

describeRepositoryHost('fake host', openFakeHost)
describeRepositoryHost('GitHub adapter on the sandbox', openSandboxHost)

const place = placeFromEnvironment(process.env)
describe.skipIf(place === undefined)(
  `GitHub adapter on ${place?.repository ?? 'github.com (set FAIRLEAD_GITHUB_REPOSITORY and FAIRLEAD_GITHUB_TOKEN_FILE)'}`,
  { timeout: 180_000 },
  () => {
    if (place !== undefined) describeRepositoryHost(place.url, () => openGitHubHost(place))
  },
)

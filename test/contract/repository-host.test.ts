import { describeRepositoryHost } from './repository-host.suite.ts'
import { openFakeHost } from './repository-host-fake.ts'

describeRepositoryHost('fake host', openFakeHost)

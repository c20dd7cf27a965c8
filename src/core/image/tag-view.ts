import { readChartVersion } from './chart-version.ts'
import type { Policy } from './policy.ts'
import { comparesVersions } from './policy-ranking.ts'
import { filteringTags, type TagList } from './tag-list.ts'

/** The list as a policy sees it: through its filter, or as versions of a chart. Yields like `parsingTags`. */
export function* viewingTags(list: TagList, policy: Policy): Generator<void, TagList, void> {
  if (policy.isChart === true) return chartVersions(list)
  const { filter } = policy
  return filter === undefined ? list : yield* filteringTags(list, filter, comparesVersions(policy))
}

/** No name is an artifact here, and none a tag: whatever is no version gets that verdict. */
function chartVersions({ tags }: TagList): TagList {
  const versions = tags.map(readChartVersion)
  return { tags, texts: tags, states: tags.map(() => 'tag' as const), versions, commits: new Map() }
}

import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { BenchWorld } from './main-job-world.ts'

const warmUp = 5
const rounds = 40

/** What somebody would write in a shell: fetch, change one line, commit, push. One process group per update. */
const script = `set -eu
cd "$1"
git fetch --quiet origin +refs/heads/main:refs/heads/main
base=$(git rev-parse refs/heads/main)
blob=$(git cat-file blob "$base:$2" | sed "s|\\($3:\\)[^ ]*|\\1$4|" | git hash-object -w --stdin)
git read-tree "$base"
git update-index --cacheinfo "100644,$blob,$2"
commit=$(git commit-tree -p "$base" -m "Update $3 to $4" "$(git write-tree)")
git push --quiet origin "$commit:refs/heads/main"
`

/** Times of the same change by plain git commands over the same server, in milliseconds. */
export async function measurePlumbing(directory: string, { twin, workloads }: BenchWorld): Promise<number[]> {
  const file = join(directory, 'plumbing.sh')
  const clone = join(directory, 'plumbing.git')
  await writeFile(file, script)
  await run('git', ['clone', '--quiet', '--bare', twin.url, clone])
  const times: number[] = []
  for (let round = 0; round < warmUp + rounds; round++) {
    const workload = workloads[round]
    if (workload === undefined) break
    const startedMs = performance.now()
    await run('/bin/sh', [file, clone, workload.file, workload.image, `1.1.${round}`])
    times.push(performance.now() - startedMs)
  }
  const count = Number(twin.git(['rev-list', '--count', 'main'])) - 1
  if (count !== times.length) throw new Error(`${count} commits by plumbing instead of ${times.length}`)
  return times.slice(warmUp)
}

function run(command: string, args: readonly string[]): Promise<void> {
  const who = { GIT_AUTHOR_NAME: 'bench', GIT_AUTHOR_EMAIL: 'bench@example.com' }
  const committer = { GIT_COMMITTER_NAME: 'bench', GIT_COMMITTER_EMAIL: 'bench@example.com' }
  const env = { PATH: process.env.PATH, GIT_CONFIG_NOSYSTEM: '1', HOME: '/nonexistent', ...who, ...committer }
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
    child.once('error', reject)
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))))
  })
}

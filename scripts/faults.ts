// npm run faults -- [--seeds N] [--seed NAME] [--letters N] [--workers N]: workers, API and database killed at random moments,
// again and again, each time looked at by the doctor; workers while a mail server takes their messages; a clock that leaps to and fro;
// two machines of which one is cut off the network (as root, on Linux; elsewhere that part is skipped, and vitest says so).
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string' },
    letters: { type: 'string', default: '300' },
    workers: { type: 'string', default: '3' },
  },
})
const seeds = values.seed
  ? [values.seed]
  : Array.from({ length: Number(values.seeds) }, () => String((Date.now() % 1e9) ^ (Math.random() * 1e9)))
const files = ['', '-mail', '-house', '-network'].map((part) => `tests/faults${part}.test.ts`)
const named = 'killed again and again|a clock that leaps|cut off the network'
const began = performance.now()
const failed = seeds.filter((seed, i) => {
  console.log(`${i + 1}/${seeds.length}  seed ${seed}, ${values.letters} letters, ${values.workers} workers`)
  const { status } = spawnSync('npx', ['vitest', 'run', ...files, '-t', named], {
    stdio: 'inherit',
    env: { ...process.env, FAULTS_SEED: seed, FAULTS_LETTERS: values.letters, FAULTS_WORKERS: values.workers },
  })
  return status !== 0
})
const seconds = Math.round((performance.now() - began) / 1000)
console.log(`${seeds.length - failed.length} of ${seeds.length} seeds passed in ${seconds} s: ${seeds.join(' ')}`)
for (const seed of failed)
  console.log(`failed: npm run faults -- --seed ${seed} --letters ${values.letters} --workers ${values.workers}`)
process.exitCode = failed.length === 0 ? 0 : 1

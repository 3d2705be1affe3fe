// npm run faults -- [--seeds N] [--seed NAME] [--letters N] [--workers N]: every test of a fault, at the moments that a seed names. Workers,
// API and database killed again and again in the middle of the letters; the database gone for a minute; disk full, gone or read-only; a mail
// server that hangs, puts off or refuses; Typst that loops or is killed; a job that kills its worker; a clock that leaps; two groups that tick
// at once, a newer version beside an older; two machines cut off the network (as root, on Linux; elsewhere that part is skipped, and vitest
// says so). `--letters` are those of the kills and of the network.
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
// Most of a fault is waiting: all the files at once, though there are fewer cores.
const tests = ['tests/faults', 'tests/command-line.test.ts', '--tags-filter', 'fault', '--maxWorkers', '7']
const secondsSince = (start: number): number => Math.round((performance.now() - start) / 1000)
const began = performance.now()
const failed = seeds.filter((seed, i) => {
  console.log(`${i + 1}/${seeds.length}  seed ${seed}, ${values.letters} letters, ${values.workers} workers`)
  const start = performance.now()
  const { status } = spawnSync('npx', ['vitest', 'run', ...tests, '--testTimeout', '300000'], {
    stdio: 'inherit',
    env: { ...process.env, FAULTS_SEED: seed, FAULTS_LETTERS: values.letters, FAULTS_WORKERS: values.workers },
  })
  console.log(`seed ${seed} ${status === 0 ? 'passed' : 'failed'} in ${secondsSince(start)} s`)
  return status !== 0
})
console.log(
  `${seeds.length - failed.length} of ${seeds.length} seeds passed in ${secondsSince(began)} s: ${seeds.join(' ')}`,
)
for (const seed of failed)
  console.log(`failed: npm run faults -- --seed ${seed} --letters ${values.letters} --workers ${values.workers}`)
process.exitCode = failed.length === 0 ? 0 : 1

// npm run faults -- [--seeds N] [--seed NAME] [--letters N] [--workers N]: workers, API and database killed at random moments,
// again and again; and workers while a mail server takes their messages.
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
const failed = seeds.filter((seed, i) => {
  console.log(`${i + 1}/${seeds.length}  seed ${seed}, ${values.letters} letters, ${values.workers} workers`)
  const { status } = spawnSync(
    'npx',
    ['vitest', 'run', 'tests/faults.test.ts', 'tests/faults-mail.test.ts', '-t', 'killed again and again'],
    {
      stdio: 'inherit',
      env: { ...process.env, FAULTS_SEED: seed, FAULTS_LETTERS: values.letters, FAULTS_WORKERS: values.workers },
    },
  )
  return status !== 0
})
for (const seed of failed)
  console.log(`failed: npm run faults -- --seed ${seed} --letters ${values.letters} --workers ${values.workers}`)
process.exitCode = failed.length === 0 ? 0 : 1

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openArchive, type StoredFile } from '../../documents/archive.ts'
import { normaliseInto } from '../../documents/exhibits/exhibits.ts'
import { assemblePack, type PackPart } from '../../documents/packs/pack.ts'
import { nativeTypst } from '../../documents/typst/typst.ts'
import { verifyFile } from '../../documents/proof/verify.ts'

// One step of a pack in a process of its own, so that its memory is told from the others': taking the exhibits in, assembling
// them, verifying what came out. The folder holds what one step leaves to the next.
const [step, folder, ...files] = process.argv.slice(2) as ['intake' | 'assemble' | 'verify', string, ...string[]]
const archive = openArchive(join(folder, 'archive'))
const list = join(folder, 'parts.json')

/** Milliseconds of processor of this process and of those it started. */
function processor(): number {
  const { user, system } = process.cpuUsage()
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  // Ticks of ten milliseconds, after the name, which may hold spaces.
  const ticks = children.map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '))
  return (user + system) / 1e3 + ticks.reduce((sum, fields) => sum + 10 * (Number(fields[11]) + Number(fields[12])), 0)
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; cpu: number; done: T }> {
  const [start, before] = [performance.now(), processor()]
  const done = await work()
  return { ms: performance.now() - start, cpu: processor() - before, done }
}

async function intake(): Promise<unknown> {
  const engine = nativeTypst()
  const parts: PackPart[] = []
  const { ms, cpu } = await timed(async () => {
    for (const [i, file] of files.entries()) {
      const original = await archive.putFile(file)
      const number = String(i + 1)
      await archive.drafting(async (drafts) => {
        const { pdf, pages } = await normaliseInto(drafts, original, { engine, fileName: basename(file) })
        const kept = 'path' in pdf ? await archive.adopt(pdf) : await archive.put(pdf)
        parts.push({
          role: 'exhibit',
          part: 'content',
          title: `PIÈCE ${number}`,
          name: `piece-${number.padStart(4, '0')}.pdf`,
          pdf: await archive.stored(kept),
          pages,
          exhibit: { number, type: 'PIÈCE', reference: number, date: null },
        })
      })
    }
  })
  await engine.close()
  writeFileSync(list, JSON.stringify(parts))
  return { ms, cpu }
}

async function assemble(): Promise<unknown> {
  const engine = nativeTypst()
  const at = Temporal.Instant.from('2026-03-02T09:30:00Z')
  const parts = JSON.parse(readFileSync(list, 'utf8')) as PackPart[]
  const parties = { demandeur: 'A', defendeur: 'B' }
  const told = { title: 'Mesure', court: 'Tribunal', parties, summary: [], missing: [], doubts: [] }
  const runs: { ms: number; cpu: number }[] = []
  let made: { pdf: StoredFile; zip: StoredFile } | undefined
  // The first one warms the program up, as a server that has made one is; each is another pack, of which nothing is known.
  for (let i = 0; i < 6; i++) {
    const out = join(folder, 'out')
    rmSync(out, { recursive: true, force: true })
    mkdirSync(out)
    const { ms, cpu, done } = await timed(() =>
      assemblePack({ ...told, reference: `BANC-${i}`, parts, at, engine }, out),
    )
    made = done
    runs.push({ ms, cpu })
  }
  await engine.close()
  return { first: runs[0]!, runs: runs.slice(1), bytes: made!.pdf.bytes + made!.zip.bytes, pdf: made!.pdf.bytes }
}

async function verify(): Promise<unknown> {
  const files = ['pack.zip', 'pack.pdf'].map((name) => join(folder, 'out', name))
  const { ms, cpu, done } = await timed(async () => [await verifyFile(files[0]!), await verifyFile(files[1]!)])
  if (done.some(({ ok }) => !ok)) throw new Error('a pack that does not verify measures nothing')
  return { ms, cpu }
}

console.log(JSON.stringify(await { intake, assemble, verify }[step]()))

import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { normaliseExhibit } from '../../documents/exhibits.ts'
import { assemblePack, type PackPart } from '../../documents/pack.ts'
import { sealPdf } from '../../documents/seal.ts'
import { nativeTypst } from '../../documents/typst.ts'
import { verifyFile } from '../../documents/verify.ts'

// One pack in a process of its own, so that its memory is told from the others': the folder, then the PDFs that join it.
const [out, ...files] = process.argv.slice(2) as [string, ...string[]]
const at = Temporal.Instant.from('2026-03-02T09:30:00Z')
const engine = nativeTypst()
const parts: PackPart[] = []
let normalise = 0
for (const [i, file] of files.entries()) {
  const bytes = new Uint8Array(readFileSync(file))
  const start = performance.now()
  const { pdf, pages } = await normaliseExhibit(bytes, { engine, fileName: basename(file) })
  normalise += performance.now() - start
  const number = String(i + 1)
  parts.push({
    role: 'exhibit',
    part: 'content',
    title: `PIÈCE ${number}`,
    name: `piece-${number.padStart(4, '0')}.pdf`,
    pdf,
    pages,
    exhibit: { number, type: 'PIÈCE', reference: number, date: null },
  })
}
const input = {
  title: 'Mesure',
  reference: 'BANC',
  court: 'Tribunal',
  parties: { demandeur: 'A', defendeur: 'B' },
  parts,
  summary: [],
  missing: [],
  doubts: [],
  at,
  engine,
}
const before = performance.now()
const { pdf, zip, manifest } = await assemblePack(input)
const assemble = performance.now() - before
// The seal is added at the end of the file: what stands before it is the pack unsealed, sealed again to tell its cost apart.
const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength)
const plain = pdf.slice(0, text.lastIndexOf('%%EOF', text.lastIndexOf('%%EOF') - 1) + 6)
const sealing = performance.now()
await sealPdf(plain, { at })
const seal = performance.now() - sealing
const checking = performance.now()
const verdicts = [await verifyFile(zip), await verifyFile(pdf)]
const verify = performance.now() - checking
if (verdicts.some(({ ok }) => !ok)) throw new Error('a pack that does not verify measures nothing')
writeFileSync(join(out, 'pack.pdf'), pdf)
await engine.close()
console.log(
  JSON.stringify({ normalise, assemble, seal, verify, bytes: zip.length + pdf.length, pages: manifest.merged.pages }),
)

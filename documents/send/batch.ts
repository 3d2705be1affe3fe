import { readFileSync } from 'node:fs'
import { type Day, dayFr } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { counted } from '../../schema/words.ts'
import { openStaticPdf } from '../exhibits/pdf.ts'
import type { TypstEngine } from '../typst/typst.ts'

export interface Paper {
  title: string
  pdf: Uint8Array
}
export interface BatchLetter {
  reference: string
  isRegistered: boolean
  /** By the norm, from the name down to the town or the country. */
  address: string[]
  doubts: Doubt[]
  papers: Paper[]
}
/** What a letter is on paper: printed pages, and sheets printed on both sides; its separator is not counted. */
export interface PaperCount {
  pages: number
  sheets: number
}

/** The pages of a letter's papers. Refuses as `openStaticPdf` does what cannot be printed as it is. */
export async function countPages(papers: readonly Paper[]): Promise<PaperCount & { flips: boolean[][] }> {
  const flips: boolean[][] = []
  for (const { title, pdf } of papers)
    flips.push((await openStaticPdf(pdf, title)).sizes.map(({ width, height }) => width > height))
  return {
    flips,
    pages: flips.reduce((sum, one) => sum + one.length, 0),
    sheets: flips.reduce((sum, one) => sum + Math.ceil(one.length / 2), 0),
  }
}

/** One PDF to print, for these letters in this order. Same letters, same number, same day: same bytes. */
export async function printBatch(input: {
  number: string
  agency: string
  day: Day
  at: Temporal.Instant
  letters: readonly BatchLetter[]
  engine: TypstEngine
}): Promise<{ pdf: Uint8Array; counts: PaperCount[] }> {
  const { letters, number, agency, day, at, engine } = input
  const files: Record<string, Uint8Array> = {}
  const onPaper: (PaperCount & { flips: boolean[][] })[] = []
  for (const letter of letters) onPaper.push(await countPages(letter.papers))
  const rows = letters.map((letter, i) => {
    const { pages, sheets, flips } = onPaper[i]!
    return {
      rank: String(i + 1),
      reference: letter.reference,
      kind: letter.isRegistered ? 'Recommandé avec avis de réception' : 'Lettre simple',
      address: letter.address,
      place: letter.address.slice(1).join(', '),
      pages: String(pages),
      sheets: String(sheets),
      counts: `${counted(pages, 'page')} sur ${counted(sheets, 'feuille')}, recto verso`,
      papers: letter.papers.map(({ title }) => title),
      doubts: letter.doubts.map(({ message }) => message),
      files: letter.papers.map(({ pdf }, n) => {
        const file = `/letter-${i}-${n}.pdf`
        files[file] = pdf
        return { file, flips: flips[n]! }
      }),
    }
  })
  const total = (of: keyof PaperCount): number => onPaper.reduce((sum, one) => sum + one[of], 0)
  const registered = letters.filter(({ isRegistered }) => isRegistered).length
  const pdf = await engine.compile({
    template: 'batch.typ',
    sources: { 'batch.typ': readFileSync(new URL('./batch.typ', import.meta.url), 'utf8') },
    data: {
      title: `Courrier à poster n° ${number}`,
      author: agency,
      day: `${agency}, le ${dayFr(day)}`,
      count: String(letters.length),
      totals: [
        { label: 'Plis', value: String(letters.length) },
        { label: 'dont recommandés', value: String(registered) },
        { label: 'Pages à mettre sous pli', value: String(total('pages')) },
        { label: 'Feuilles à mettre sous pli', value: String(total('sheets')) },
        { label: 'Feuilles de séparation', value: String(letters.length) },
      ],
      notice:
        'Imprimez ce fichier en recto verso, sur du A4, sans mise à l’échelle. Chaque pli suit sa feuille de séparation\u00a0; comptez ses feuilles avant de le fermer.',
      separator:
        'Feuille de séparation\u00a0: ne la mettez pas sous pli, sauf comme porte-adresse devant une lettre dont l’adresse ne se lit pas dans la fenêtre.',
      columns: ['N°', 'Référence', 'Envoi', 'Destination', 'Pages', 'Feuilles'],
      letters: rows,
    },
    files,
    pdf: { timestamp: at, standard: 'none', tagged: false },
  })
  return { pdf, counts: onPaper.map(({ pages, sheets }) => ({ pages, sheets })) }
}

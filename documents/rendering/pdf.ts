import { dayFr, parseDay } from '../../schema/days.ts'
import type { Block } from './blocks.ts'
import type { FilledLetter } from './fill.ts'
import { contactLines, envelopeOf, footerOf, callFacts, mentionOf, referencesOf, taglineOf, townOf } from './head.ts'
import type { TypstEngine, TypstJob } from '../typst/typst.ts'

/** A filled letter as PDF/A-2b, tagged, dated `at`. `layout` brings an older look with an older version. */
export async function renderPdf(
  filled: FilledLetter,
  engine: TypstEngine,
  at: Temporal.Instant,
  layout?: Readonly<Record<string, Uint8Array>>,
): Promise<Uint8Array> {
  return engine.compile(pdfJob(filled, at, layout))
}

/** The job that renderPdf hands to the engine: the letter's blocks as data, its look as the template. */
export function pdfJob(
  filled: FilledLetter,
  at: Temporal.Instant,
  layout?: Readonly<Record<string, Uint8Array>>,
): TypstJob {
  const template = layout?.['letter.typ']
  return {
    template: 'letter.typ',
    ...(template ? { sources: { 'letter.typ': Buffer.from(template).toString('utf8') } } : {}),
    data: pdfData(filled),
    pdf: { timestamp: at, standard: 'a-2b', tagged: true },
  }
}

function pdfData(filled: FilledLetter): Record<string, unknown> {
  const { facts, presentation, sender } = filled
  return {
    presentation,
    title: presentation === 'appel' ? filled.titre : filled.objet,
    author: sender.name,
    day: facts.date,
    heading: presentation === 'appel' ? filled.titre : filled.objet,
    objet: filled.objet,
    sender: [...sender.lines, ...contactLines(filled)],
    tagline: taglineOf(filled),
    recipient: envelopeOf(filled),
    mention: mentionOf(filled),
    'place-date': `${townOf(filled)}, le ${dayFr(parseDay(facts.date))}`,
    references: presentation === 'appel' ? callFacts(filled) : referencesOf(filled),
    blocks: ordered(filled.blocks).map((block) =>
      presentation !== 'lettre' && toSign(block) ? { ...block, room: true } : block,
    ),
    footer: footerOf(filled),
  }
}

/** A line of a form that ends where somebody signs: the height of a hand is left under it. */
export function toSign(block: Block): boolean {
  if (block.kind !== 'paragraph') return false
  return /((?<!date de )signature|avocat)[^:,]{0,60}:[\s….]*$/i.test(block.runs.map((run) => run.text).join(''))
}

/** The coupon goes last, to be cut off; a signature never stands on a page that says nothing of what is signed. */
export function ordered(blocks: Block[]): Block[] {
  const coupons = blocks.filter((block) => block.kind === 'coupon')
  const others = blocks.filter((block) => block.kind !== 'coupon')
  return [
    ...others.map((block, i) => {
      // The formula alone, or « Fait à … », says nothing of it: what comes before goes along.
      const next = others.slice(i + 1, i + 4).map(({ kind }) => kind)
      const signed = next.slice(0, 2).includes('signature') || next.includes('signatures')
      if (block.kind === 'list' && leads(others[i - 1], 'list')) return { ...block, led: true }
      if (block.kind !== 'paragraph') return block
      if (leads(block, next[0])) return { ...block, sticky: true, leads: next[0] === 'list' }
      return signed ? { ...block, sticky: true } : block
    }),
    ...coupons,
  ]
}

/** Words that only announce a list or a table, « Merci de nous envoyer : » or a title in bold, are no end of a page. */
function leads(block: Block | undefined, next: Block['kind'] | undefined): boolean {
  if (block?.kind !== 'paragraph' || (next !== 'list' && next !== 'table' && next !== 'quote')) return false
  const said = block.runs.filter(({ text }) => text.trim() !== '')
  return said.every(({ strong }) => strong) || /:\s*$/.test(said.at(-1)?.text ?? '')
}

import { dayFr, parseDay } from '../schema/days.ts'
import type { Block } from './blocks.ts'
import type { FilledLetter } from './fill.ts'
import { contactLines, footerOf, callFacts, mentionOf, referencesOf, taglineOf, townOf } from './letter-head.ts'
import type { TypstEngine, TypstJob } from './typst.ts'

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
  const { facts, presentation, sender, recipient } = filled
  return {
    presentation,
    title: presentation === 'appel' ? filled.titre : filled.objet,
    author: sender.name,
    day: facts.date,
    heading: presentation === 'appel' ? filled.titre : filled.objet,
    objet: filled.objet,
    sender: [...sender.lines, ...contactLines(filled)],
    tagline: taglineOf(filled),
    recipient: recipient?.lines ?? [],
    mention: mentionOf(filled),
    'place-date': `${townOf(filled)}, le ${dayFr(parseDay(facts.date))}`,
    references: presentation === 'appel' ? callFacts(filled) : referencesOf(filled),
    blocks: ordered(filled.blocks),
    footer: footerOf(filled),
  }
}

/** The coupon goes last, to be cut off; the words before a signature stay on its page. */
export function ordered(blocks: Block[]): Block[] {
  const coupons = blocks.filter((block) => block.kind === 'coupon')
  const others = blocks.filter((block) => block.kind !== 'coupon')
  return [
    ...others.map((block, i) => {
      const next = others[i + 1]?.kind
      return block.kind === 'paragraph' && (next === 'signature' || next === 'signatures')
        ? { ...block, sticky: true }
        : block
    }),
    ...coupons,
  ]
}

import { lineAt, type Prose } from './check-prose.ts'
import type { Add } from './check-subject.ts'
import type { Section } from './letter.ts'

const months = 'janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre'
const spelled =
  'deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize|vingt|trente|quarante|cinquante|soixante|quatre-vingts?|cents?|mille|millions?'
const gap = '[ \\u00a0\\u202f]'

const values: { pattern: RegExp; message: string; legal?: boolean; asked?: boolean }[] = [
  {
    pattern: new RegExp(
      `\\d{1,2}(?:er)?${gap}(?:${months})(?:${gap}\\d{4})?|\\d{1,2}[/.]\\d{1,2}[/.]\\d{4}|\\d{4}-\\d{2}-\\d{2}`,
      'giu',
    ),
    message: 'une date vient du dossier : {{ … | date_longue }}',
    legal: true,
  },
  {
    pattern: new RegExp(
      `\\d(?:[\\d.,]|${gap}(?=\\d))*${gap}?(?:€|euros?(?!\\p{L})|EUR(?!\\p{L})|ariary|Ar(?!\\p{L}))`,
      'gu',
    ),
    message: 'un montant vient du dossier : {{ … | euros }}',
  },
  {
    pattern: new RegExp(
      `(?<!\\p{L})(?:${spelled})(?:(?:${gap}|-|-et-|${gap}et${gap})(?:${spelled}))*${gap}(?:d['’])?(?:euros?|ariary)(?!\\p{L})`,
      'giu',
    ),
    message: 'un montant vient du dossier : {{ … | en_lettres }}',
  },
  {
    pattern: new RegExp(`\\d+(?:[.,]\\d+)?${gap}?(?:%|pour${gap}cent)`, 'gu'),
    message: 'un taux vient de la loi datée ou du dossier : {{ … | taux }}',
  },
  {
    pattern: new RegExp(`(?<!\\p{L})(?:${spelled})${gap}pour${gap}cent`, 'giu'),
    message: 'un taux vient de la loi datée ou du dossier : {{ … | taux }}',
    asked: true,
  },
  {
    pattern: new RegExp(
      `(?:sous|dans les|dans un délai de)${gap}(?:\\d+|${spelled})${gap}jours|` +
        `(?:pas avant|au moins|au plus tard|disposez de|pendant)${gap}(?:\\d+|${spelled})${gap}(?:jours|semaines|mois)`,
      'giu',
    ),
    message: 'un délai vient du dossier, {{ delaiJours | jours }}, ou de la loi datée, {{ droit.… }}',
    legal: true,
    asked: true,
  },
  {
    pattern: new RegExp(`L\\.?${gap}?441-(?:10|6)(?!\\d)`, 'gu'),
    message: 'l’article des pénalités a changé de numéro : {{ droit.penalitesArticle }}',
  },
  {
    pattern: new RegExp(
      `(?<=articles?${gap})(?:1153|1139|1254|1244-1|1326)(?![\\d-])(?=${gap}du${gap}code${gap}civil)`,
      'gu',
    ),
    message: 'ancien numéro du code civil : il vient de {{ droit.… }}',
  },
]

// « loi n° 68-1250 du 31 décembre 1968 » is the name of a text; the first and last days of a year or a winter are the law's.
const named =
  /(lois?|décrets?|arrêtés?|règlements?|directives?|circulaires?|ordonnances? n°|délibérations?|cassation|cass\.|conseil d['’]état|CJUE|conventions? (de|d['’])\p{Lu}?)[^.;]{0,90}$/iu
const fixedDays =
  /^(1er[\s\u00a0](janvier|juillet|novembre|avril)|31[\s\u00a0](décembre|mars|octobre)|30[\s\u00a0]juin)$/u

/** Dates, sums, rates and articles written by hand, that a case or the dated law should bring; with `delays`, times to act and rates in words. */
export function checkValues(prose: Prose, add: Add, delays = false): void {
  for (const { pattern, message, legal, asked } of values) {
    if (asked && !delays) continue
    for (const { index, 0: found } of prose.text.matchAll(pattern)) {
      const before = prose.text.slice(Math.max(0, index - 100), index)
      if (legal && (named.test(before) || fixedDays.test(found))) continue
      if (/^100[ \u00a0]?%/.test(found)) continue
      add(lineAt(prose, index), 'valeur-en-dur', `« ${found.trim()} » : ${message}`)
    }
  }
}

/** A term of the contract that a text falls back on when the file holds none: nobody may be held to a clause unseen. */
export function checkSupposed({ text, line }: Section, add: Add): void {
  for (const { index, 0: found, 1: words } of text.matchAll(/\|\s*default:\s*'([^']*)'/g)) {
    if (!/clause|conditions générales|accepté|stipul|au contrat/i.test(words!)) continue
    const row = line + text.slice(0, index).split('\n').length - 1
    add(
      row,
      'valeur-en-dur',
      `« ${found.replace(/^\|\s*/, '')} » suppose ce que dit le contrat : citez la donnée sans « default »`,
    )
  }
}

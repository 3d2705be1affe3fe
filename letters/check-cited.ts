import { unaccented } from '../schema/words.ts'
import { articleKeys } from './article-keys.ts'
import { lineAt, type Prose } from './check-prose.ts'
import type { Add } from './check-subject.ts'

// Codes as letters name them in full, and as « bases » writes them.
const codes: Record<string, string> = {
  'code civil': 'C. civ.',
  'code de commerce': 'C. com.',
  'code de la consommation': 'C. conso.',
  'code pénal': 'C. pén.',
  'code du travail': 'C. trav.',
  'code des assurances': 'C. assur.',
  "code des procédures civiles d'exécution": 'CPCE',
  'code de procédure civile': 'CPC',
  'code général des impôts': 'CGI',
  'code monétaire et financier': 'CMF',
  'code de la commande publique': 'CCP',
  'code de justice administrative': 'CJA',
  'règlement général sur la protection des données': 'RGPD',
}
const abbreviated = String.raw`CPCE|CPC|CGI|CMF|CCP|CJA|RGPD|C\. (?:civ|com|conso|pén|trav|assur)\.`
const act = String.raw`(?:loi|décret|règlement|directive)(?: \((?:CE|UE)\))?(?: n°)? \d+[-/]\d+`
const names = `${Object.keys(codes).join('|')}|${abbreviated}|${act}`

const number = String.raw`(?:[LRDA]\.? ?\*?)?\d+(?:er|-\d+)*(?: bis)?(?![\d-])`
const aside = String.raw`(?:,? (?:alinéas? \d+(?: et \d+)?|(?:premier|dernier) alinéa|paragraphes? \d+|§ \d+|et suivants|\d+°|[IVX]+(?!\p{L})))*`
const list = `${number}${aside}(?:(?:,|,? et|,? ou|,? à) ${number}${aside})*`
// One space of a pattern is any of a text, with the seams of conditions.
const spaced = (pattern: string): RegExp =>
  new RegExp(
    pattern
      .replaceAll(/ (?!\?)/g, '[\\s\\u00a0\\u202f\\u200b]+')
      .replaceAll(' ?', '[\\s\\u00a0\\u202f\\u200b]*')
      .replaceAll("'", "['’]"),
    'gu',
  )
const cited = spaced(
  `(?<!\\p{L})articles? (?<after>${list})(?:,? (?:du|de la) (?<name>${names}))?|(?<before>${names})(?: du \\d+(?:er)? \\p{L}+ \\d{4})?,?[\\s\\u00a0](?:art\\. |articles? )?(?<then>${list})`,
)
const lettered = /(?<![\p{L}\d.-])[LRDA](?:\.[\s\u00a0\u202f]?\*?|(?=\d))\d{3,4}(?:-\d+)*(?![\d-])/gu
// An article of what the parties signed is no article of law.
const signed =
  /^[\s\u200b,]*(?:des (?:conditions|présentes)|du (?:contrat|mandat|bail|protocole)|de (?:la convention(?! de )|l['’]acte)|ci-)/u

interface Cited {
  /** « l441-10 », « 1343-5 ». */
  number: string
  /** « ccom », where it is told. */
  code: string | undefined
}

/** Articles that a text cites and no legal basis of it names: what a reader is told is among what was checked. */
export function checkCited(prose: Prose, bases: readonly string[], add: Add): void {
  const known = bases.flatMap((basis) => basis.split(';').map(basisOf))
  for (const { words, at, article } of citedIn(prose.text)) {
    if (!known.some((covers) => covers(article)))
      add(
        lineAt(prose, at),
        'article-sans-base',
        `« ${words} » : ${article.number} n’est ni dans « bases », ni dans l’article d’une clause appelée`,
      )
  }
}

function citedIn(text: string): { words: string; at: number; article: Cited }[] {
  const found: { words: string; at: number; end: number; article: Cited }[] = []
  for (const { index: at, 0: whole, groups } of text.matchAll(cited)) {
    const { after, name = groups!.before, then } = groups!
    if (signed.test(text.slice(at + whole.length))) continue
    const words = whole.replaceAll('\u200b', '')
    for (const number of numbersOf(after ?? then!))
      if (name !== undefined || !isName(number, text))
        found.push({ words, at, end: at + whole.length, article: { number, code: name && codeOf(name) } })
  }
  for (const { index: at, 0: words } of text.matchAll(lettered)) {
    if (found.some((other) => at >= other.at && at < other.end)) continue
    for (const number of numbersOf(words)) found.push({ words, at, end: at, article: { number, code: undefined } })
  }
  return found
}

// « l’article 700 » is what a judge allows for costs, « l’article 2 » a heading of the deed itself.
const isName = (number: string, text: string): boolean =>
  number === '700' ||
  (/^\d{1,2}$/.test(number) && new RegExp(`^[#*\\s>]*(?:Article )?${number}(?:er)?[. ]`, 'mu').test(text))

function numbersOf(list: string): string[] {
  const bare = list.replaceAll(new RegExp(spaced(aside), 'gu'), '')
  return [...bare.matchAll(/(?:[LRDA]\.?[\s\u00a0\u202f]?\*?)?\d+(?:-\d+)*/g)].map(([number]) =>
    number.replaceAll(/[^\p{L}\d-]/gu, '').toLowerCase(),
  )
}

const codeOf = (name: string): string => {
  const plain = name.replaceAll('\u200b', '').replaceAll('’', "'").replaceAll(/\s+/g, ' ')
  return articleKeys(`1 ${codes[plain] ?? plain.replace(/ \((?:CE|UE)\)/, '').replace(' n°', '')}`)[0]!.replace(
    / 1$/,
    '',
  )
}

// Whether a basis names an article: by itself, in « L126-1 à L126-5 », in « 1382 et s. », as a part of an act named whole.
function basisOf(text: string): (article: Cited) => boolean {
  const keys = articleKeys(text)
  const named = keys.flatMap((key) => {
    const match = /^(?!(?:loi|decret|directive|reglement) )(?:(\S+) )?([lrda]?\d+(?:-\d+)*)$/.exec(key)
    return match ? [{ code: match[1], number: match[2]! }] : []
  })
  const plain = keys[0]!.replaceAll(/[. ]/g, '')
  // « règlement (UE) 655/2014 » alone: its articles are small numbers, said without the act.
  const whole = /^(?:reglement|loi|directive|decret)/.test(plain)
  if (named.length === 0)
    return ({ number, code }) =>
      (code === undefined ? whole && /^\d{1,2}$/.test(number) : plain.includes(code)) ||
      numbersOf(unaccented(text).toUpperCase()).includes(number)
  const onwards = /et s\./.test(text)
  const range = / à /.test(text)
  return ({ number, code }) => {
    const same = named.filter((each) => code === undefined || each.code === code)
    const [stem, last] = split(number)
    const near = same.map((each) => split(each.number)).filter(([other]) => other === stem)
    const below = near.some(([, first]) => first <= last)
    return (
      same.some((each) => each.number === number) ||
      (below && (onwards || (range && near.some(([, end]) => end >= last))))
    )
  }
}

function split(number: string): [string, number] {
  const [, stem, last] = /^(.*?)(\d+)$/.exec(number)!
  return [stem!, Number(last)]
}

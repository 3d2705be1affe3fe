import { findIn, type Entry } from './check-lexicon.ts'
import { lineAt, type Prose } from './check-prose.ts'
import { partOf, toPayer, type Add, type Subject } from './check-subject.ts'
import { allowedTo, denies, clauseAround } from './check-words.ts'
import type { Section } from './letter.ts'

/** Typography that the filling cannot set right: it puts no-break spaces, it does not guess a missing one. */
export function checkTypography(section: Section, add: Add): void {
  section.text.split('\n').forEach((row, i) => {
    const bare = row.replace(/\{%.*?%\}/g, '\u200b').replace(/\{\{.*?\}\}/g, '¤')
    const addresses = bare.replace(/\S*(:\/\/|@|www\.)\S*/g, 'adresse')
    const table = /^\s*\|/.test(row)
    for (const [pattern, message] of typography) {
      const found = pattern.exec(addresses)
      if (found && !(table && /espaces|tiret/.test(message)))
        add(section.line + i, 'typographie', `« ${found[0].trim()} » : ${message}`)
    }
  })
}

const typography: [RegExp, string][] = [
  [/"[^"]*"?/, 'écrivez « et », avec des espaces'],
  [/“[^”]*”(?=[^»]*$)(?<!«[^»]*)/, 'les guillemets sont « et »'],
  [/(?<!\.)\.{2,3}(?!\.)/, 'trois points font un seul signe : …'],
  [/(?<=[^\s]) {2,}(?=[^\s])/, 'une seule espace entre les mots (espaces doubles)'],
  [/\t/, 'des espaces, pas de tabulation'],
  [/[\p{L}\p{N}¤)][;!?](?=[\s*»)]|$)/u, 'une espace devant ; ! ? (elle devient insécable)'],
  [/[\p{L}\p{N}¤)]\*{0,2}:(?=[\s*]|$)/u, 'une espace devant : (elle devient insécable)'],
  [/[\p{N}¤][€%]/u, 'une espace devant € et % (elle devient insécable)'],
  [/«(?=[^\s\u00a0\u202f])|(?<=[^\s\u00a0\u202f])»/, 'des espaces à l’intérieur des guillemets « … »'],
  [/[\p{L}¤] +,|[\p{L}¤] +\.(?=\s|$)/u, 'pas d’espace devant la virgule ni le point'],
  [/[\p{L}],(?=\p{L})/u, 'une espace après la virgule'],
  [/\p{L}['’] (?=\p{L})/u, 'pas d’espace après l’apostrophe'],
  [/[!?]{2,}|[;:,]{2,}/, 'un seul signe de ponctuation'],
  [/(?<=[\p{L}¤»)]) - (?=\S)/u, 'écrivez un tiret demi-cadratin : –'],
  [/—/, 'écrivez un tiret demi-cadratin : –'],
  [
    /(?<![\p{L}])(co|Co|so|So|man|b|v|V|n|)(eurs?|oeuvres?|oeurs?|oeuds?|oeil|oeux)(?![\p{L}])(?<=oe\p{L}+)/u,
    'la ligature œ',
  ],
  [
    /(?<![\p{L}])(Etat|Etant|Etre|Ecrire|Ecrivez|Etudier|Echéance|Echéancier|Echelonnement|Eviter|Elément|Eléments|Evidemment|Egalement|Etaler|Etalement|Etablir|Etabli|Ecart|Edition|Emission|Enoncé|Epuisé)(?![\p{L}])/u,
    'une capitale accentuée (É)',
  ],
  [
    /(?<=^|[.!?»] |\*\*|> )A (?=(ce|cet|cette|la|le|l['’]|les|défaut|compter|titre|réception|votre|vos|nos|notre|propos|quelle|qui|partir|ajouter|joindre|savoir|payer)(?![\p{L}]))/u,
    'une capitale accentuée (À)',
  ],
  [/(?<![\p{L}])(Mr|Mrs)\.?(?= )/u, 'écrivez M.'],
  [/(?<![\p{L}])(Mme|Mmes|Mlle)\./u, 'Mme s’écrit sans point'],
  [/(?<![\p{L}\p{N}])\d{1,2}[hH]\d{0,2}(?![\p{L}\p{N}])/u, 'une espace autour de h : 15 h 30'],
  [/\d+(ère|ème|ième|ier)(?![\p{L}])/u, 'écrivez 1re, 2e, 1er'],
  [/(?<![\p{L}])etc(…|\.\.\.)/u, 'etc. s’écrit avec un seul point'],
]

const capitals = /(?<![\p{L}])\p{Lu}{4,}(?:[ '’-]+(?:\p{Lu}{1,3}[ '’-]+)*\p{Lu}{4,})+(?![\p{L}])/gu

/** Words: borrowed ones, wrong ones, those outside the letter's degree of tone. */
export function checkStyle(subject: Subject): void {
  const { letter, library, add } = subject
  const title = partOf('titre', { text: letter.titre, line: subject.lineOf('titre') }, library)
  for (const part of [title, ...subject.parts]) {
    checkTypography(part.section, add)
    const prose = part.prose()
    checkVocabulary(prose, subject)
    if (letter.droit !== 'EU' || !letter.donnees.includes('langue')) checkAnglicisms(prose, add)
    if (part === title) continue
    if (toPayer(letter) || letter.destinataire === 'tiers') checkTone(prose, subject, part.name === 'objet')
    if (!toPayer(letter) || letter.canaux.includes('acte-prive')) continue
    for (const { index, 0: found } of prose.text.matchAll(capitals))
      add(lineAt(prose, index), 'typographie', `« ${found} » : pas de mots en capitales, on ne crie pas`)
  }
  if (letter.ton === 7 && (toPayer(letter) || ['tiers', 'creancier', 'operateur'].includes(letter.destinataire))) {
    add(subject.lineOf('ton'), 'ton', 'le ton 7 est réservé aux écrits destinés au juge, au greffe et aux mandataires')
  }
}

export function checkAnglicisms(prose: Prose, add: Add): void {
  for (const { entry, at, found } of findIn('anglicismes', prose.text)) {
    if (!addressed(prose.text, at)) add(lineAt(prose, at), 'anglicisme', `« ${found} » : écrivez « ${entry.dire} »`)
  }
}

// « https://… » and « nom@… » are addresses, not words.
const addressed = (text: string, at: number): boolean => /[@/.]$/.test(text.slice(Math.max(0, at - 1), at))

function checkVocabulary(prose: Prose, { letter, add }: Subject): void {
  for (const { entry, at, found } of findIn('vocabulaire', prose.text)) {
    if (!allowedTo(letter, entry)) add(lineAt(prose, at), 'vocabulaire', `« ${found} » : écrivez « ${entry.dire} »`)
  }
}

function checkTone(prose: Prose, { letter, add }: Subject, objet: boolean): void {
  if (letter.ton < 3 && objet && /mise en demeure/i.test(prose.text))
    add(
      lineAt(prose, 0),
      'ton',
      `« mise en demeure » en objet : à partir du ton 3 ; ce courrier est au ton ${letter.ton}`,
    )
  for (const { entry, at, found } of findIn('ton', prose.text)) {
    if (within(entry, letter.ton)) continue
    if (entry.de && entry.de !== 8 && denies(clauseAround(prose.text, at, found.length).replace(found, ''))) continue
    const limit = entry.de === 8 ? 'jamais' : entry.de ? `à partir du ton ${entry.de}` : `jusqu’au ton ${entry.a}`
    add(lineAt(prose, at), 'ton', `« ${found} » (${entry.raison}) : ${limit} ; ce courrier est au ton ${letter.ton}`)
  }
}

const within = ({ de = 1, a = 7 }: Entry, ton: number): boolean => ton >= de && ton <= a

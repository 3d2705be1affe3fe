import type { Library } from './catalogue.ts'
import { shapeOf } from './check-facts.ts'
import { lineAt, proseOf, type Prose } from './check-prose.ts'
import type { Add, Subject } from './check-subject.ts'

const elided =
  /(?<![\p{L}'’-])(de|que|jusque|lorsque|puisque|quoique|ne|se|je|le|la|du|au)[ \u00a0][\s\u200b*«(\u00a0]*$/iu
// What the clauses of elision themselves write: « d' » in one branch, « de » in the other.
const chosen = /(?<!\p{L})(d|qu|l)['’][\u200b\s]*(de|que|le|la)\s\u200b?$/iu
// The other way round: « l' », « d' » before what may begin with a consonant.
const apostrophe = /(?<!\p{L})(d|qu|l|n|s|jusqu|lorsqu|puisqu)['’][\u200b*]*$/iu
// « à Le Havre »: a town may begin with its article.
const contracted = /(?<!\p{L})(?<!aux ¤[\s\u200b]*)(à)[ \u00a0][*\u200b]*$/iu
const town = /(?:^|\.)(?:ville|lieu|barreau)$/
// Texts that begin with a figure, « Madame » or « Monsieur », whatever the case.
const settled = new Set(['telephone', 'capital', 'heure', 'autreHeure', 'siren', 'siret', 'rcs', 'numero', 'civilite'])

const clauses: Record<string, string> = {
  de: "« d' » ou « de » : {% render 'de-nom', nom: … %}",
  que: "« qu' » ou « que » : {% render 'que-nom', nom: … %}",
  à: "« à », « au » ou « aux » : {% render 'a-ville', ville: … %}",
}

/** A short word printed, elided or not, before a text of the case that may begin with a vowel: « de Établissements ». */
export function checkElision(prose: Prose, library: Library, add: Add): void {
  const seen = new Set<number>()
  for (const { path, at, said } of texts(prose, library)) {
    const words = prose.text.slice(Math.max(0, at - 30), at)
    const word = (
      elided.exec(words) ??
      apostrophe.exec(words) ??
      (town.test(path) ? contracted.exec(words) : null)
    )?.[1]
    if (!word || chosen.test(words) || !isWords(path.split('.')) || seen.has(at)) continue
    seen.add(at)
    const remedy = clauses[word.toLowerCase()] ?? 'tournez la phrase sans article ni élision devant la donnée'
    const first = /^à$/i.test(word) ? 'un article, « Le Havre »' : 'une voyelle ou non'
    const message = `« ${word} » devant ${said}, qui peut commencer par ${first} ; ${remedy}`
    add(lineAt(prose, at), 'elision', message)
  }
}

interface Text {
  path: string
  at: number
  /** How a fault names it. */
  said: string
}

/** What is printed of the case: by the text itself, and at the head of the clauses it calls. */
function texts(prose: Prose, library: Library): Text[] {
  const own = prose.outputs.filter(({ cut }) => !cut).map((found) => ({ ...found, said: `{{ ${found.path} }}` }))
  const called = prose.calls.flatMap(({ clause, at }) =>
    heads(clause, library).map((path) => ({ path, at, said: `{% render '${clause}' %}` })),
  )
  return [...own, ...called]
}

/** The facts a clause may begin with: nothing but other facts stands before them. */
function heads(id: string, library: Library): string[] {
  const known = read.get(library.clauses) ?? new Map<string, string[]>()
  read.set(library.clauses, known)
  let found = known.get(id)
  if (!found) known.set(id, (found = readHeads(id, library)))
  return found
}

const read = new WeakMap<Library['clauses'], Map<string, string[]>>()

function readHeads(id: string, library: Library): string[] {
  const clause = library.clauses.get(id)
  if (!clause) return []
  const { text, outputs } = proseOf(clause.body, library, {}, true)
  const first = /^[\s\u200b¤*«]*/u.exec(text)![0].length
  return outputs.filter(({ at, cut }) => at < first && !cut).map(({ path }) => path)
}

function isWords(path: string[]): boolean {
  if (path[0] === 'droit' || settled.has(path.at(-1)!)) return false
  const shape = shapeOf(path)
  // What a clause is given by who calls it is no fact: a name, a town, a reason.
  if (!shape && path.length === 1) return true
  return shape?.type === 'string' && !shape.enum && !shape.pattern && !shape.format
}

const names = new Set(['creancier.nom', 'debiteur.nom', 'agence.nom', 'tiers.nom', 'tiersSaisi.nom', 'nom'])
const masculine =
  /^¤[*\u200b]*(?: (?:n['’])?(?:est|sera|serait|était|soit|reste|demeure)(?: pas| plus| donc| aussi)? (\p{L}+é|prêt|présent|absent|tenu|venu|intervenu|parvenu|établi|inscrit|mis|surpris|contraint|convaincu|seul)|, (prêt|présent|obligé|tenu|intervenu|venu|disposé|représenté|assisté|domicilié|immatriculé|établi|dénommé|informé|né))(?!\p{L}|\u200b+e)/u

const complement = /(?<!\p{L})(à|de|du|par|pour|envers|contre|chez|avec|sur)[\s\u00a0*\u200b]+$/iu

/** A masculine word said of a name that may be a woman's or a company's: « Pépinières du Garlaban est prêt ». */
export function checkAgreement(prose: Prose, library: Library, add: Add): void {
  for (const { path, at, said } of texts(prose, library)) {
    const found = names.has(path) ? masculine.exec(prose.text.slice(at, at + 60)) : null
    if (!found) continue
    const [words, after, apart] = found
    // « le bien confié à X est prêt »: something else is.
    if (!words.includes(',') && complement.test(prose.text.slice(Math.max(0, at - 12), at))) continue
    add(
      lineAt(prose, at),
      'accord',
      `« ${after ?? apart} » s’accorde avec ${said}, dont le genre varie : dites « le créancier », ou autrement`,
    )
  }
}

// « tenu{% if … %}e{% endif %} » agrees: after the word stand the seam of the condition and its « e ».
const addressed =
  /(?<!\p{L})vous (?:(?:ne |n['’]|vous )?(?:êtes|étiez|serez|seriez|soyez|restez|resterez|demeurez)|(?:n['’])?avez été)(?: pas| plus| donc| aussi| encore| déjà| bien| ni)? (?!resté)(\p{L}+é|tenu|prêt|présent|absent|seul|inscrit|mis|venu|convaincu|contraint)(?![\p{L}(·-]|\u200b+e)/giu

/** A masculine word said to a person who may be a woman: « vous êtes tenu ». */
export function checkAddressed(prose: Prose, { letter, add }: Pick<Subject, 'letter' | 'add'>): void {
  if (!persons.has(letter.destinataire)) return
  for (const { index, 0: words, 1: word } of prose.text.matchAll(addressed))
    add(
      lineAt(prose, index),
      'accord',
      `« ${words} » : le destinataire peut être une femme ; ajoutez {% if debiteur.civilite == 'Madame' %}e{% endif %} après « ${word} », ou dites-le autrement`,
    )
}

const persons = new Set(['debiteur', 'debiteur-consommateur', 'caution', 'codebiteur', 'heritier'])

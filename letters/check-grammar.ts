import { shapeOf } from './check-facts.ts'
import { lineAt, type Prose } from './check-prose.ts'
import type { Add } from './check-subject.ts'

const elided =
  /(?<![\p{L}'’-])(de|que|jusque|lorsque|puisque|quoique|ne|se|je|le|la|du|au)[ \u00a0][\s\u200b*«(\u00a0]*$/iu
// What the clauses of elision themselves write: « d' » in one branch, « de » in the other.
const chosen = /(?<!\p{L})(d|qu|l)['’][\u200b\s]*(de|que|le|la)\s\u200b?$/iu
// The other way round: « l' », « d' » before what may begin with a consonant.
const apostrophe = /(?<!\p{L})(d|qu|l|n|s|jusqu|lorsqu|puisqu)['’][\u200b*]*$/iu
// Texts that begin with a figure, « Madame » or « Monsieur », whatever the case.
const settled = new Set(['telephone', 'capital', 'heure', 'autreHeure', 'siren', 'siret', 'rcs', 'numero', 'civilite'])

const clauses: Record<string, string> = {
  de: "« d' » ou « de » : {% render 'de-nom', nom: … %}",
  que: "« qu' » ou « que » : {% render 'que-nom', nom: … %}",
}

/** A short word printed, elided or not, before a text of the case that may begin with a vowel: « de Établissements ». */
export function checkElision(prose: Prose, add: Add): void {
  for (const { path, at } of prose.outputs) {
    const before = prose.text.slice(Math.max(0, at - 30), at)
    const word = (elided.exec(before) ?? apostrophe.exec(before))?.[1]
    if (!word || chosen.test(before) || !isWords(path.split('.'))) continue
    const remedy = clauses[word.toLowerCase()] ?? 'tournez la phrase sans article ni élision devant la donnée'
    add(
      lineAt(prose, at),
      'elision',
      `« ${word} » devant {{ ${path} }}, qui peut commencer par une voyelle ou non ; ${remedy}`,
    )
  }
}

function isWords(path: string[]): boolean {
  if (path[0] === 'droit' || settled.has(path.at(-1)!)) return false
  const shape = shapeOf(path)
  return shape?.type === 'string' && !shape.enum && !shape.pattern && !shape.format
}

const names = new Set(['creancier.nom', 'debiteur.nom', 'agence.nom', 'tiers.nom', 'tiersSaisi.nom'])
const masculine =
  /^¤[*\u200b]*(?: (?:n['’])?(?:est|sera|serait|était|soit|reste|demeure)(?: pas| plus| donc| aussi)?|,) (prêt|présent|obligé|tenu|intervenu|venu|disposé|représenté|assisté|domicilié|immatriculé|établi|dénommé|informé)(?!\p{L})/u

const complement = /(?<!\p{L})(à|de|du|par|pour|envers|contre|chez|avec|sur)[\s\u00a0*\u200b]+$/iu

/** A masculine word said of a name that may be a woman's or a company's: « Pépinières du Garlaban est prêt ». */
export function checkAgreement(prose: Prose, add: Add): void {
  for (const { path, at } of prose.outputs) {
    const found = names.has(path) ? masculine.exec(prose.text.slice(at, at + 60)) : null
    if (!found) continue
    const [words, word] = found
    // « le bien confié à X est prêt »: something else is.
    if (!words.includes(',') && complement.test(prose.text.slice(Math.max(0, at - 12), at))) continue
    const message = `« ${word} » s’accorde avec {{ ${path} }}, dont le genre varie : dites « le créancier », ou autrement`
    add(lineAt(prose, at), 'accord', message)
  }
}

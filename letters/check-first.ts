import type { Library } from './catalogue.ts'
import { clauseNodes, nodesOf } from './check-engine.ts'
import { lexicon } from './check-lexicon.ts'
import { always, pathOf, type Node } from './check-paths.ts'
import { lineAt, proseOf } from './check-prose.ts'
import { beforeDue, toDebtor, type Subject } from './check-subject.ts'
import type { Clause, Section } from './letter.ts'

const firstClause = 'premiere-lettre-r124-4'
// Those bound with the debtor have their own: « garant-premiere-lettre-r124-4 ».
const bearsMentions = (id: unknown): boolean => typeof id === 'string' && id.endsWith(firstClause)
const lawClause = 'l111-8'

/** R124-4 CPCE: the first letter bears its five mentions, every later approach recalls its reference and its date. */
export function checkFirst(subject: Subject): void {
  const { letter, library, add } = subject
  const bears = (assumed: Record<string, boolean>) =>
    everyPath(letter.body, library, (node) => node.name === 'render' && bearsMentions(node.file), assumed)
  if (letter.premiere_lettre !== 'jamais') {
    checkNothingBefore(subject)
    const [line, first] = [subject.lineOf('premiere_lettre'), letter.premiere_lettre === 'toujours']
    if (!bears(first ? {} : { premiereLettre: false })) {
      const how = first ? '' : ' (dans {% if premiereLettre %}…{% else %})'
      add(line, 'premiere-lettre', `les mentions de R. 124-4 manquent : {% render '${firstClause}' %}${how}`)
    } else {
      const mentions = [...library.clauses.values()].find(
        ({ id }) => letter.body.text.includes(`'${id}'`) && bearsMentions(id),
      )
      const law = library.clauses.get(lawClause)
      if (!listsClaims(letter.body))
        add(
          line,
          'premiere-lettre',
          `le fondement renvoie au tableau de la lettre, qui n'en a pas : {% bloc 'factures' %}`,
        )
      const missing = mentions ? missingMentions(mentions, library) : []
      if (missing.length)
        add(line, 'premiere-lettre', `la clause « ${mentions?.id} » ne dit plus : ${missing.join(', ')}`)
      if (law && !verbatim(law.body.text)) {
        add(line, 'l111-8', `la clause « ${lawClause} » n'est plus le texte de la loi (L. 111-8 CPCE, alinéas 2 et 3)`)
      }
    }
  } else if (toDebtor(letter) && letter.body.text.includes(`'${firstClause}'`)) {
    add(
      subject.lineOf('premiere_lettre'),
      'premiere-lettre',
      'ce courrier porte les mentions de R. 124-4 : dites « possible »',
    )
  }
  for (const { section } of subject.parts) checkLaw(section, (line, message) => add(line, 'l111-8', message))
  if (recalls(subject)) checkRecall(subject)
}

/** The mentions name one invoice; several, by the table that the letter has: ours, or one of its own. */
const listsClaims = ({ text }: Section): boolean => /bloc '(factures|termes)'|^\|.*\|$/m.test(text)

// The first letter follows no other: what came before it is told only where another was the first.
function checkNothingBefore({ letter, library, add }: Subject): void {
  const prose = proseOf(letter.body, library, { premiereLettre: false }, true)
  const told = prose.outputs.find(({ path }) => path.startsWith('relancesAnterieures'))
  if (told)
    add(
      lineAt(prose, told.at),
      'premiere-lettre',
      'des démarches antérieures dans la première lettre : mettez-les sous {% if premiereLettre %}',
    )
}

const silent = ['cloture', 'procedures-collectives', 'saisie-bancaire', 'saisie-conservatoire-biens']

// Not an approach « en vue du recouvrement amiable »: before the due date, in the creditor's own name, deeds both
// sign, closures and answers that ask for nothing, enforcement of a title.
function recalls({ letter }: Subject): boolean {
  if (!toDebtor(letter) || letter.droit === 'MG' || letter.expediteur === 'creancier') return false
  if (letter.premiere_lettre === 'toujours' || beforeDue(letter)) return false
  if (letter.famille === 'rgpd-et-conformite') return false
  if (letter.donnees.includes('premiereLettre')) return true
  if (silent.includes(letter.famille) || letter.canaux.every((channel) => channel === 'acte-prive')) return false
  const asks = /bloc '(paiement|decompte|decompte-termes|coupon)'|engagement-coordonnees-paiement|totaux\.total/.test(
    letter.source,
  )
  return letter.premiere_lettre === 'possible' || /^J\+/.test(letter.moment ?? '') || asks
}

function checkRecall(subject: Subject): void {
  const { letter, library, add } = subject
  if (!letter.donnees.includes('premiereLettre')) {
    add(
      subject.lineOf('donnees'),
      'rappel-premiere-lettre',
      'déclarez « premiereLettre », que toute démarche rappelle (R. 124-4)',
    )
    return
  }
  for (const { name, section } of subject.parts) {
    if (name === 'objet') continue
    const missing = ['reference', 'date'].filter(
      (key) =>
        !everyPath(
          section,
          library,
          (node) => node.name === undefined && pathOf(node.value) === `premiereLettre.${key}`,
          { premiereLettre: true },
        ),
    )
    if (missing.length === 0) continue
    const words = missing.map((key) => (key === 'date' ? 'la date' : 'la référence')).join(' et ')
    const where = name === 'corps' ? '' : ` dans « ## ${name} »`
    const how = name === 'corps' ? "{% render 'rappel-premiere-lettre' %}" : 'ajoutez-les à ce texte'
    add(section.line, 'rappel-premiere-lettre', `${words} de la première lettre manquent${where} (R. 124-4) : ${how}`)
  }
}

function everyPath(
  section: Section,
  library: Library,
  found: (node: Node) => boolean,
  assumed: Record<string, boolean>,
): boolean {
  return always(nodesOf(section.text, library), found, assumed, clauseNodes(library))
}

// The five mentions of R124-4 that a clause no longer bears.
function missingMentions(clause: Clause, library: Library): string[] {
  const prose = proseOf(clause.body, library, {}, true)
  const prints = (path: string) => prose.outputs.some((output) => output.path.startsWith(path))
  const mentions: [string, boolean][] = [
    ['le nom et l’adresse du cabinet', prints('agence.nom') && prints('agence.adresse')],
    ['« qui exerce une activité de recouvrement amiable »', /activité de recouvrement amiable/.test(prose.text)],
    ['le nom et l’adresse du créancier', prints('creancier.nom') && prints('creancier.adresse')],
    ['le fondement', /fondement/i.test(prose.text)],
    ['le principal', prints('totaux.principal')],
    ['les intérêts', prints('totaux.interets')],
    ['les autres accessoires', /accessoires/.test(prose.text)],
    ['la somme à payer', prints('totaux.total') && /doit être (payée|réglée)/.test(prose.text)],
    ['comment payer', /virement|ordre|lien|chèque/.test(prose.text)],
    ['les alinéas 2 et 3 de L. 111-8', clause.body.text.includes(`'${lawClause}'`)],
  ]
  return mentions.filter(([, there]) => !there).map(([name]) => name)
}

const plain = (text: string): string =>
  text
    .replace(/^[ \t]*>+/gm, ' ')
    .replace(/[*_«»]/g, ' ')
    .replace(/’/g, "'")
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .trim()

// Whether a text is, word for word, paragraphs 2 and 3 of L111-8.
const verbatim = (text: string): boolean => plain(text) === plain(lexicon.textes[lawClause]!.alineas.join(' '))

/** A text that begins to quote L111-8 must quote it whole. */
export function checkLaw(section: Section, report: (line: number, message: string) => void): void {
  const whole = plain(section.text)
  for (const alinea of lexicon.textes[lawClause]!.alineas.map(plain)) {
    const opening = alinea.split(' ').slice(0, 5).join(' ')
    if (!whole.includes(opening) || whole.includes(alinea)) continue
    const row = section.text.split('\n').findIndex((text) => plain(text).includes(opening))
    report(section.line + Math.max(0, row), `L. 111-8 CPCE se cite mot pour mot : {% render '${lawClause}' %}`)
  }
}

/** The two clauses of R124-4 themselves. */
export function checkFirstClauses(clause: Clause, library: Library, add: Subject['add']): void {
  if (clause.id === lawClause && !verbatim(clause.body.text)) {
    add(clause.body.line, 'l111-8', "ce n'est plus le texte de L. 111-8 CPCE, alinéas 2 et 3, mot pour mot")
  }
  if (!bearsMentions(clause.id)) return
  for (const mention of missingMentions(clause, library)) {
    add(clause.body.line, 'premiere-lettre', `mention de R. 124-4 manquante : ${mention}`)
  }
}

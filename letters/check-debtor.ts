import { findIn, lexicon } from './check-lexicon.ts'
import { lineAt, proseOf, type Prose } from './check-prose.ts'
import { sentencesOf } from './check-sentences.ts'
import { afterTitle, toPayer, type Subject } from './check-subject.ts'
import { allowedTo, because, clauseAround, denies, supposes } from './check-words.ts'

/** What a letter to someone who is asked to pay must not look like, announce, charge or threaten. */
export function checkDebtor(subject: Subject): void {
  const { letter, library } = subject
  if (!toPayer(letter) && letter.destinataire !== 'tiers') return
  for (const { section, prose: read } of subject.parts) {
    const prose = read()
    checkActs(subject, prose)
    checkHeadings(subject, prose)
    checkThreats(subject, prose)
    if (!toPayer(letter)) continue
    // A deed both sides sign has its terms: homologation, waiver of action.
    if (!afterTitle(letter) && !letter.canaux.includes('acte-prive')) checkCourt(subject, prose)
    if (!afterTitle(letter) && letter.droit === 'FR') checkCosts(subject, prose)
    if (letter.destinataire === 'debiteur' || letter.destinataire === 'debiteur-consommateur') {
      checkConsumer(subject, proseOf(section, library, consumer, true))
    }
  }
}

function checkActs({ letter, add }: Subject, prose: Prose): void {
  const titled = afterTitle(letter)
  for (const { entry, at, found } of findIn('actes', prose.text)) {
    if ((titled && !entry.toujours) || allowedTo(letter, entry)) continue
    const around = clauseAround(prose.text, at, found.length)
    if (!entry.toujours && (denies(around) || excused(around))) continue
    add(lineAt(prose, at), 'acte-imite', `« ${found} »${because(entry)} ; dites-le en mots ordinaires`)
  }
}

const authority =
  /(?<![\p{L}])(tribunal|tribunaux|cour d['’]\p{L}+|greffe|juge|juridiction|huissiers?|commissaires? de justice|république|ministère|parquet|préfecture|trésor public)(?![\p{L}])/iu

// A title of its own on the page is what makes a sheet look like a court's.
function checkHeadings({ letter, add }: Subject, prose: Prose): void {
  if (afterTitle(letter)) return
  for (const row of prose.text.matchAll(/^[ \t>\u200b]*(#{1,6} .*|\*\*[^*]+\*\*|[^\p{Ll}\n]{8,})[ \t]*$/gmu)) {
    const found = authority.exec(row[1]!)
    if (found && !/[.?:]\**$/.test(row[1]!.trim())) {
      add(
        lineAt(prose, row.index),
        'acte-imite',
        `« ${found[0]} » en titre imite un acte (433-13 C. pén.) ; ôtez ce titre`,
      )
    }
  }
}

function checkCourt({ letter, add }: Subject, prose: Prose): void {
  if (!lexicon.any.judiciaire.test(prose.text)) return
  // Abroad, a formal notice is the last writing: what follows depends on another law.
  const last = letter.ton >= 6 || [letter.famille, letter.etape].includes('dernier-avis') || abroad(letter)
  for (const sentence of sentencesOf(prose)) {
    for (const { entry, at, found } of findIn('judiciaire', sentence.text)) {
      if (allowedTo(letter, entry)) continue
      const around = clauseAround(sentence.text, at, found.length)
      if (denies(around) || excused(around) || excused(sentence.text) || excused(sentence.lead)) continue
      if (last && (supposes(sentence.text) || supposes(sentence.lead))) continue
      const how = last
        ? 'dites-le au conditionnel (« pourrait demander »)'
        : 'avant un dernier avis, ne l’évoquez pas (rien n’est décidé)'
      add(
        lineAt(prose, sentence.at + at),
        'mot-judiciaire',
        `« ${found} » sans titre ni accord enregistré du créancier (L. 121-2 C. conso.) : ${how}`,
      )
    }
  }
}

const abroad = ({ famille, ton }: Subject['letter']): boolean => famille === 'international' && ton >= 5

// « Vous pouvez encore éviter le tribunal » threatens; « vous pouvez saisir un juge » informs.
const excused = (words: string): boolean =>
  !/évite/i.test(words) && lexicon.excuses.some((pattern) => words.search(pattern) >= 0)

function checkCosts({ letter, add }: Subject, prose: Prose): void {
  for (const { entry, at, found } of findIn('frais', prose.text)) {
    const around = clauseAround(prose.text, at, found.length)
    if (denies(around) || allowedTo(letter, entry)) continue
    // « Si un titre était obtenu, le juge pourrait mettre les dépens à votre charge » : the last notice informs.
    if (letter.ton >= 6 && entry !== lexicon.frais[0] && supposes(around)) continue
    add(lineAt(prose, at), 'frais', `« ${found} »${because(entry)} ; ôtez-les, ou dites qu’aucuns frais ne sont dus`)
  }
  // What a mediator or an expert chosen together costs is no cost of recovery.
  const shared = letter.donnees.includes('mediation') || letter.donnees.includes('expert')
  for (const { path, at } of prose.outputs) {
    if (shared && path.startsWith('frais.')) continue
    if (path === 'totaux.frais' || path.startsWith('frais.') || path.startsWith('honoraires.')) {
      add(lineAt(prose, at), 'frais', `« ${path} » : sans titre exécutoire, aucuns frais au débiteur (L. 111-8 CPCE)`)
    }
  }
}

// What the file of a consumer never holds; a letter to « debiteur » must hide it by its conditions.
const consumer = {
  'debiteur.type': 'consommateur',
  'totaux.indemnite': '0.00',
  '*.indemnite': false,
  'debiteur.formeJuridique': false,
  'debiteur.siren': false,
  'debiteur.siret': false,
  'debiteur.rcs': false,
}

function checkConsumer({ letter, add }: Subject, prose: Prose): void {
  const remedy =
    letter.destinataire === 'debiteur'
      ? "mettez-le sous {% if debiteur.type == 'professionnel' %}"
      : 'ôtez-le de ce courrier à un consommateur'
  const seen = new Set<string>()
  const report = (at: number, message: string) => {
    const line = lineAt(prose, at)
    if (!seen.has(`${line} ${message}`)) add(line, 'consommateur', message)
    seen.add(`${line} ${message}`)
  }
  for (const { entry, at, found } of findIn('consommateur', prose.text)) {
    if (!denies(clauseAround(prose.text, at, found.length))) report(at, `« ${found} »${because(entry)} ; ${remedy}`)
  }
  for (const { path, at } of prose.outputs) {
    if (!lexicon.donnees_professionnelles.includes(path)) continue
    report(at, `« {{ ${path} }} » ne vaut qu’entre professionnels (L. 441-10 C. com.) ; ${remedy}`)
  }
}

function checkThreats({ letter, add }: Subject, prose: Prose): void {
  for (const { entry, at, found } of findIn('menaces', prose.text)) {
    if ((entry.sans_titre && afterTitle(letter)) || allowedTo(letter, entry)) continue
    if (denies(clauseAround(prose.text, at, found.length))) continue
    add(lineAt(prose, at), 'menace', `« ${found} »${because(entry)} ; le dossier ne permet pas de le dire`)
  }
}

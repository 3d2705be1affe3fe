import { findEntry, lexicon } from './check-lexicon.ts'
import { lineAt, proseOf, sentencesOf, type Prose, type Sentence } from './check-prose.ts'
import { afterTitle, toPayer, type Subject } from './check-subject.ts'
import { allowedTo, because, clauseAround, denies, supposes } from './check-words.ts'

/** What a letter to someone who is asked to pay must not look like, announce, charge or threaten. */
export function checkDebtor(subject: Subject): void {
  const { letter, library } = subject
  if (!toPayer(letter) && letter.destinataire !== 'tiers') return
  for (const { section } of subject.parts) {
    const prose = proseOf(section, library)
    const sentences = sentencesOf(prose)
    checkActs(subject, prose)
    checkHeadings(subject, prose)
    checkThreats(subject, prose)
    if (!toPayer(letter)) continue
    if (!afterTitle(letter)) checkCourt(subject, prose, sentences)
    if (!afterTitle(letter) && letter.droit === 'FR') checkCosts(subject, prose)
    if (letter.destinataire === 'debiteur' || letter.destinataire === 'debiteur-consommateur') {
      checkConsumer(subject, proseOf(section, library, consumer, true))
    }
  }
}

function checkActs({ letter, add }: Subject, prose: Prose): void {
  const titled = afterTitle(letter)
  for (const entry of lexicon.actes) {
    if ((titled && !entry.toujours) || allowedTo(letter, entry)) continue
    for (const { at, found } of findEntry(entry, prose.text)) {
      const around = clauseAround(prose.text, at, found.length)
      if (!entry.toujours && (denies(around) || excused(around))) continue
      add(lineAt(prose, at), 'acte-imite', `« ${found} »${because(entry)} ; dites-le en mots ordinaires`)
    }
  }
}

const authority =
  /(?<![\p{L}])(tribunal|tribunaux|cour d['’]|greffe|juge|juridiction|huissiers?|commissaires? de justice|république|ministère|parquet|préfecture|trésor public)(?![\p{L}])/iu

// A title of its own on the page is what makes a sheet look like a court's.
function checkHeadings({ letter, add }: Subject, prose: Prose): void {
  if (afterTitle(letter)) return
  for (const row of prose.text.matchAll(/^[ \t>\u200b]*(#{1,6} .*|\*\*[^*]+\*\*|[^\p{Ll}\n]{8,})[ \t]*$/gmu)) {
    const found = authority.exec(row[1]!)
    if (found && !/[.?:]\**$/.test(row[1]!.trim())) {
      add(lineAt(prose, row.index), 'acte-imite', `« ${found[0]} » en titre imite un acte (433-13 C. pén.) ; ôtez ce titre`)
    }
  }
}

function checkCourt({ letter, add }: Subject, prose: Prose, sentences: Sentence[]): void {
  const last = letter.ton >= 6 || letter.famille === 'dernier-avis' || letter.etape === 'dernier-avis'
  for (const sentence of sentences) {
    for (const entry of lexicon.judiciaire) {
      if (allowedTo(letter, entry)) continue
      for (const { at, found } of findEntry(entry, sentence.text)) {
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
}

const excused = (words: string): boolean => lexicon.excuses.some((pattern) => words.search(pattern) >= 0)

function checkCosts({ letter, add }: Subject, prose: Prose): void {
  for (const entry of lexicon.frais) {
    if (allowedTo(letter, entry)) continue
    for (const { at, found } of findEntry(entry, prose.text)) {
      const around = clauseAround(prose.text, at, found.length)
      if (denies(around)) continue
      // « Si un titre était obtenu, le juge pourrait mettre les dépens à votre charge » : the last notice informs.
      if (letter.ton >= 6 && entry.mot !== lexicon.frais[0]!.mot && supposes(around)) continue
      add(lineAt(prose, at), 'frais', `« ${found} »${because(entry)} ; ôtez-les, ou dites qu’aucuns frais ne sont dus`)
    }
  }
  for (const { path, at } of prose.outputs) {
    if (path === 'totaux.frais' || path.startsWith('frais.') || path.startsWith('honoraires.')) {
      add(lineAt(prose, at), 'frais', `« ${path} » : sans titre exécutoire, aucuns frais au débiteur (L. 111-8 CPCE)`)
    }
  }
}

// What the file of a consumer never holds; a letter to « debiteur » must hide it by its conditions.
const consumer = {
  'debiteur.type': 'consommateur',
  'totaux.indemnite': '0.00',
  'debiteur.formeJuridique': false,
  'debiteur.siren': false,
  'debiteur.siret': false,
  'debiteur.rcs': false,
}

function checkConsumer({ letter, add }: Subject, prose: Prose): void {
  const remedy =
    letter.destinataire === 'debiteur'
      ? 'mettez-le sous {% if debiteur.type == \'professionnel\' %}'
      : 'ôtez-le de ce courrier à un consommateur'
  const seen = new Set<string>()
  const report = (at: number, message: string) => {
    const line = lineAt(prose, at)
    if (!seen.has(`${line} ${message}`)) add(line, 'consommateur', message)
    seen.add(`${line} ${message}`)
  }
  for (const entry of lexicon.consommateur) {
    for (const { at, found } of findEntry(entry, prose.text)) {
      if (denies(clauseAround(prose.text, at, found.length))) continue
      report(at, `« ${found} »${because(entry)} ; ${remedy}`)
    }
  }
  for (const { path, at } of prose.outputs) {
    if (!lexicon.donnees_professionnelles.includes(path)) continue
    report(at, `« {{ ${path} }} » ne vaut qu’entre professionnels (L. 441-10 C. com.) ; ${remedy}`)
  }
}

function checkThreats({ letter, add }: Subject, prose: Prose): void {
  for (const [index, entry] of lexicon.menaces.entries()) {
    if ((entry.sans_titre && afterTitle(letter)) || allowedTo(letter, entry)) continue
    for (const { at, found } of findEntry(entry, prose.text)) {
      if (denies(clauseAround(prose.text, at, found.length))) continue
      const same = lexicon.menaces.slice(0, index).some((other) => findEntry(other, found).length > 0)
      if (!same) add(lineAt(prose, at), 'menace', `« ${found} »${because(entry)} ; le dossier ne permet pas de le dire`)
    }
  }
}

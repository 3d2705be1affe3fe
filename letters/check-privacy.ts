import { findIn, lexicon, type Entry } from './check-lexicon.ts'
import { clauseAt, lineAt, proseOf, type Prose } from './check-prose.ts'
import { beforeDue, isSms, type Subject } from './check-subject.ts'
import { because, clauseAround, denies } from './check-words.ts'

/** Nobody but the debtor learns of the debt: third parties, answering machines, the lit screen of a telephone. */
export function checkPrivacy(subject: Subject): void {
  const { letter, library } = subject
  for (const { name, section } of subject.parts) {
    const prose = () => proseOf(section, library, {}, true)
    if (letter.destinataire === 'tiers') {
      if (!mayKnow(subject)) checkThirdParty(subject, prose())
    } else if (isSms(subject, name) && letter.droit !== 'MG') {
      if (letter.destinataire !== 'creancier') checkSms(subject, prose())
    } else if (name !== 'objet' && (letter.destinataire === 'operateur' || name === 'appel')) {
      checkMessages(subject, prose())
    }
  }
}

// Bound to secrecy, party to the deed, or named by the law: the catalogue says which, in the letter's own head.
function mayKnow({ letter }: Subject): boolean {
  if ('discret' in letter && letter.discret === 'oui') return false
  const head = [letter.id.replaceAll('-', ' '), letter.titre, letter.usage, letter.adresse_a ?? '', ...letter.donnees]
  return lexicon.tiers_informes.some((pattern) => head.join(' ; ').search(pattern) >= 0)
}

function checkThirdParty(subject: Subject, prose: Prose): void {
  report(subject, prose, (entry) => !entry.sms, 'ce tiers ne doit rien apprendre du dossier')
  for (const { path, at } of prose.outputs) {
    const root = path.split('.')[0]!
    if (reveals(path) || lexicon.donnees_nominatives.includes(root)) {
      subject.add(lineAt(prose, at), 'tiers', `« {{ ${path} }} » apprend la dette à un tiers (9 C. civ.) ; ôtez-le`)
    }
  }
}

function checkSms(subject: Subject, prose: Prose): void {
  const early = beforeDue(subject.letter)
  const chosen = (entry: Entry) => !early || !entry.avant_echeance
  report(subject, prose, chosen, 'un SMS se lit sur un écran verrouillé')
  for (const { path, at } of prose.outputs) {
    const names = lexicon.donnees_nominatives.includes(path.split('.')[0]!)
    // Before the due date an SMS says who sends it, by the one clause that knows which names must not be read.
    if (early && names && clauseAt(prose, at) !== 'sms-creancier') {
      const remedy = "appelez {% render 'sms-creancier' %}, qui tait les noms révélateurs"
      subject.add(lineAt(prose, at), 'tiers', `« {{ ${path} }} » dans un SMS, lu sur un écran verrouillé ; ${remedy}`)
    } else if ((names && !early) || (reveals(path) && !/^factures\.\d+\.echeance$/.test(path))) {
      subject.add(lineAt(prose, at), 'tiers', `« {{ ${path} }} » dans un SMS, lu sur un écran verrouillé ; ôtez-le`)
    } else if (!early && path.startsWith('factures.')) {
      subject.add(lineAt(prose, at), 'tiers', `« {{ ${path} }} » nomme la facture dans un SMS ; rappelez la référence`)
    }
  }
}

// What a call script makes the operator leave on a machine or say to someone else stands between « ».
function checkMessages(subject: Subject, prose: Prose): void {
  const wholly = /repondeur|tiers-decroche|standard/.test(subject.letter.id)
  const quotes: { from: number; to: number }[] = []
  for (const quote of prose.text.matchAll(/«[^»]*»/g)) {
    const before = prose.text.slice(prose.text.lastIndexOf('\n', quote.index) + 1, quote.index)
    const other = /(répondeur|messagerie|boîte vocale|message vocal|standard|tiers|proche|collègue)[^.«]*$/i.test(
      before,
    )
    // « *« Je n'ai rien reçu. »* » in italics is what the debtor answers.
    const forbidden =
      /(jamais|ne pas|interdit|banni|éviter|proscri|exclu)[^\n]*\n(\s*\n)?([-*] [^\n]*\n)*[-*] [^\n]*$/i.test(
        prose.text.slice(0, quote.index).slice(-400),
      )
    if (forbidden) continue
    if ((wholly || other) && prose.text[quote.index - 1] !== '*')
      quotes.push({ from: quote.index, to: quote.index + quote[0].length })
  }
  if (quotes.length === 0) return
  const inside = (at: number) => quotes.some(({ from, to }) => at >= from && at < to)
  const early = beforeDue(subject.letter)
  report(
    subject,
    prose,
    (entry) => !entry.sms && !(early && entry.avant_echeance),
    'ce message est entendu par d’autres',
    inside,
  )
  for (const { path, at } of prose.outputs) {
    if (
      inside(at) &&
      !beforeDue(subject.letter) &&
      (reveals(path) || lexicon.donnees_nominatives.includes(path.split('.')[0]!))
    )
      subject.add(lineAt(prose, at), 'tiers', `« {{ ${path} }} » dans un message que d’autres entendent ; ôtez-le`)
  }
}

const reveals = (path: string): boolean =>
  lexicon.donnees_revelatrices.some((known) => path === known || path.startsWith(`${known}.`))

function report(
  subject: Subject,
  prose: Prose,
  chosen: (entry: Entry) => boolean,
  why: string,
  inside: (at: number) => boolean = () => true,
): void {
  for (const { entry, at, found } of findIn('revelateurs', prose.text)) {
    if (!chosen(entry) || !inside(at) || denies(clauseAround(prose.text, at, found.length))) continue
    subject.add(lineAt(prose, at), 'tiers', `« ${found} »${because(entry)} ; ${why}`)
  }
}

import { expect, test } from 'vitest'
import { loadLibrary } from '../letters/catalogue.ts'
import { exampleFacts } from '../letters/example.ts'

type Facts = Record<string, unknown>
interface Segment {
  facture: string
  du: string
  au: string
  jours: number
  base: string
  taux: string
  montant: string
}

const cents = (value: unknown): number => Math.round(Number(value ?? 0) * 100)
const sumOf = (list: Facts[], key: string): number => list.reduce((sum, each) => sum + cents(each[key]), 0)

/** What the parts of one object must make: the key on the left is the sum, or the difference, of those on the right. */
const sums: { whole: string; plus: string[]; minus?: string[] }[] = [
  { whole: 'total', plus: ['principal', 'interets', 'indemnite', 'penalite', 'frais'] },
  { whole: 'total', plus: ['montantEchu', 'montantAEchoir'] },
  { whole: 'ttc', plus: ['ht', 'tva'] },
  { whole: 'net', plus: ['brut'], minus: ['honoraires'] },
  { whole: 'difference', plus: ['facturee'], minus: ['payee'] },
  { whole: 'resteAVivre', plus: ['ressources'], minus: ['charges'] },
]

/** Where the sums of a case contradict each other, as a reader with a calculator would find. */
function contradictions(facts: Facts): string[] {
  const found: string[] = []
  const same = (where: string, says: unknown, makes: number, slack = 0) => {
    if (Math.abs(cents(says) - makes) > slack) found.push(`${where} : ${String(says)}, et non ${makes / 100}`)
  }
  visit(facts, '', (value, path) => {
    for (const { whole, plus, minus = [] } of sums) {
      if (!(whole in value && plus[0]! in value && [...minus].every((key) => key in value))) continue
      const made = plus.reduce((sum, key) => sum + cents(value[key]), 0)
      same(`${path}.${whole}`, value[whole], made - minus.reduce((sum, key) => sum + cents(value[key]), 0))
    }
    const { lignes, total } = value
    if (Array.isArray(lignes) && total !== undefined && (lignes as Facts[])[0]?.montant !== undefined)
      same(`${path}.total`, total, sumOf(lignes as Facts[], 'montant'))
  })
  const invoices = (facts.factures ?? []) as (Facts & { numero: string })[]
  const numbers = invoices.map(({ numero }) => numero)
  const { paiement, dossier } = facts.references as { paiement?: string; dossier: string }
  // As a case names it: the number of its one invoice, or its own.
  const rightful = numbers.length > 1 ? dossier : numbers[0]
  if (paiement && rightful && paiement !== rightful) found.push(`références : ${paiement}, et non ${rightful}`)
  const totals = facts.totaux as (Facts & { segments?: Segment[]; arreteAu: string; devise: string }) | undefined
  if (!totals) return found
  if (invoices.length > 0) same('totaux.principal', totals.principal, sumOf(invoices, 'solde'))
  const { segments = [] } = totals
  // An ariary has no cents in use.
  const slack = totals.devise === 'MGA' ? 50 : 1
  if (segments.length > 0) same('totaux.interets', totals.interets, sumOf(segments as never, 'montant'))
  for (const each of segments) {
    const days = Temporal.PlainDate.from(each.du).until(each.au).days + 1
    if (days !== each.jours) found.push(`${each.du} – ${each.au} : ${each.jours} jours, et non ${days}`)
    same(`intérêts du ${each.du}`, each.montant, (cents(each.base) * Number(each.taux) * days) / 36_500, slack)
    if (!numbers.includes(each.facture)) found.push(`intérêts du ${each.du} : ${each.facture} n’est pas là`)
  }
  const running = segments.filter(({ au }) => au === totals.arreteAu)
  const daily = running.reduce((sum, { base, taux }) => sum + (cents(base) * Number(taux)) / 36_500, 0)
  if (running.length > 0) same('totaux.interetParJour', totals.interetParJour, daily, slack)
  return found
}

function visit(value: unknown, path: string, see: (value: Facts, path: string) => void): void {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) see(value as Facts, path)
  for (const [key, inner] of Object.entries(value)) visit(inner, path ? `${path}.${key}` : key, see)
}

test('the sums, days and invoice numbers that an example shows agree with each other', () => {
  const found = [...loadLibrary().letters.values()].flatMap((letter) =>
    contradictions(exampleFacts(letter)).map((each) => `${letter.id} (${letter.exemple ?? 'usuel'}) ${each}`),
  )
  expect(found).toEqual([])
})

test('a sum, a day or a number that does not agree is found', () => {
  const letter = loadLibrary().letters.get('injonction-requete-tribunal-commerce')!
  const wrong: [string, (facts: { totaux: Facts & { segments: Segment[] } } & Facts) => void][] = [
    ['totaux.total', ({ totaux }) => (totaux.total = '547.25')],
    ['totaux.principal', ({ factures }) => ((factures as Facts[])[0]!.solde = '470.14')],
    ['totaux.interets', ({ totaux }) => totaux.segments.pop()],
    ['145 jours, et non 146', ({ totaux }) => (totaux.segments[1]!.jours = 145)],
    ['intérêts du 2026-04-01', ({ totaux }) => (totaux.segments[0]!.taux = '11.15')],
    ['totaux.interetParJour', ({ totaux }) => (totaux.interetParJour = '0.31')],
    ['références', (facts) => ((facts.references as Facts).paiement = 'F-2026-0999')],
    ['echeancier.total', ({ echeancier }) => ((echeancier as { lignes: Facts[] }).lignes[0]!.montant = '1.00')],
  ]
  for (const [words, change] of wrong) {
    const facts = exampleFacts(letter) as never
    change(facts)
    expect(contradictions(facts).join('\n'), words).toContain(words)
  }
})

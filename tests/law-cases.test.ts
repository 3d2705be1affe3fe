import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { easter, holiday, parseZone } from '../procedures/law/calendar.ts'
import { serviceCost } from '../procedures/law/costs.ts'
import { competentCourt } from '../procedures/law/court.ts'
import { durationFr } from '../procedures/law/deadline.ts'
import { distance } from '../procedures/law/distance.ts'
import { commercialClaim } from '../procedures/law/legal-form.ts'
import { limitation } from '../procedures/law/limitation.ts'
import { parsePercent, percentText } from '../procedures/law/claim.ts'
import { findEntry, legalCost, legalValue } from '../procedures/law/values.ts'
import { dayOf, parseDay, serial } from '../schema/days.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { parseYaml } from '../schema/validate.ts'

const cases = <T>(name: string) =>
  parseYaml(readFileSync(new URL(`./cases/${name}.yaml`, import.meta.url), 'utf8'), `${name}.yaml`) as T

interface Rate {
  id: string
  le: [string, string]
  pour?: string
  valeur: string
  plancher?: string
  penalites?: string
  doute?: string
}

describe('a rate of the law', () => {
  test.each(cases<Rate[]>('rates'))('$id, $pour, from $le is $valeur %', (line) => {
    for (const on of line.le.map((day) => parseDay(day))) {
      const found = legalValue(line.id, on, line.pour)
      expect(percentText(parsePercent(found.value))).toBe(percentText(parsePercent(line.valeur)))
      expect(found.confirmed).toBe(line.doute !== 'oui')
      expect(found.doubt === null).toBe(found.confirmed)
      if (line.plancher) {
        const floor = BigInt(legalValue('penalites-plancher', parseDay('2026-01-01')).value)
        expect(percentText(parsePercent(found.value) * floor)).toBe(percentText(parsePercent(line.plancher)))
      }
      if (line.penalites) {
        const points = parsePercent(legalValue('penalites-points', on).value)
        expect(percentText(parsePercent(found.value) + points)).toBe(percentText(parsePercent(line.penalites)))
      }
    }
  })
})

interface Calendar {
  paques: string[]
  mobiles: Record<string, string[]>
  zones: { zone: string; fixes: string[]; mobiles: string[] }[]
}
const calendar = cases<Calendar>('calendar')

describe('the holidays', () => {
  test.each(calendar.paques)('have Easter on %s', (day) => {
    expect(easter(Number(day.slice(0, 4))).toString()).toBe(day)
  })

  const years = [
    ...new Set(Object.values(calendar.mobiles).flatMap((days) => days.map((day) => day.slice(0, 4)))),
  ].sort()
  const each = calendar.zones.flatMap((zone) => years.map((year) => ({ ...zone, year })))
  test.each(each)('of $zone in $year are these, and no other day of it', ({ zone, fixes, mobiles, year }) => {
    const moving = mobiles.flatMap((name) => calendar.mobiles[name]!.filter((day) => day.startsWith(year)))
    expect(moving).toHaveLength(mobiles.length)
    const expected = new Set([...fixes.map((day) => `${year}-${day}`), ...moving])
    const [first, last] = [serial(parseDay(`${year}-01-01`)), serial(parseDay(`${year}-12-31`))]
    const whole = Array.from({ length: last - first + 1 }, (_, i) => dayOf(first + i))
    expect(whole.filter((day) => holiday(day, parseZone(zone))).map(String)).toEqual([...expected].sort())
  })
})

interface Far {
  tribunal: string
  demeure?: string
  remis?: string
  mois: number
  article?: string
  doute?: string
}

test.each(cases<Far[]>('distance'))(
  'a court in $tribunal gives who lives in $demeure $mois months more (handed over in $remis)',
  ({ tribunal, demeure, remis, mois, article, doute }) => {
    const found = distance({
      court: parseZone(tribunal),
      residence: demeure,
      ...(remis === undefined ? {} : { servedAt: remis }),
      on: parseDay('2026-10-01'),
    })
    expect(found.added?.months ?? 0).toBe(mois)
    if (article) expect(found.why.join(' ')).toContain(article)
    else expect(found.why).toEqual([])
    const doubts = found.doubts.map((doubt) => doubt.message).join(' ')
    if (doute) expect(doubts).toContain(doute)
    else expect(doubts).toBe('')
  },
)

interface Limited {
  id: string
  sorte: string
  depuis: string
  fin: string
  article?: string
  doute?: 'oui' | 'non'
  note?: string
  interruptions?: { le: string; cause: string; jusqu_au?: string }[]
  suspensions?: { du: string; au: string; cause: string; article: string }[]
}

describe('limitation', () => {
  test.each(cases<Limited[]>('limitation'))('$id: $sorte from $depuis ends on $fin ($note)', (line) => {
    const found = limitation({
      kind: line.sorte,
      due: parseDay(line.depuis),
      interruptions: (line.interruptions ?? []).map(({ le, cause, jusqu_au: until }) => ({
        on: parseDay(le),
        cause,
        ...(until === undefined ? {} : { until: parseDay(until) }),
      })),
      suspensions: (line.suspensions ?? []).map(({ du, au, cause, article }) => ({
        from: parseDay(du),
        to: parseDay(au),
        cause,
        article,
      })),
    })
    expect(found.expires.toString()).toBe(line.fin)
    if (line.article) expect(found.article).toBe(line.article)
    if (line.doute) expect(found.doubts.length > 0 ? 'oui' : 'non').toBe(line.doute)
    expect(found.why[0]).toContain(durationFr(found.duration))
    expect(found.why.at(-1)).toContain('sans report au jour ouvrable suivant')
  })
})

interface Competent {
  id: string
  debiteur?: 'consumer' | 'public'
  commerciale: boolean
  code_postal: string
  ville: string
  le: string
  nom: string
  formation?: string
  doute?: string
}

test.each(cases<Competent[]>('courts'))('$id: on $le, for a debtor of $ville, $nom', (line) => {
  const found = competentCourt({
    debtor: line.debiteur ?? 'business',
    commercial: line.commerciale,
    postalCode: line.code_postal,
    city: line.ville,
    on: parseDay(line.le),
  })
  expect(found.nom).toBe(line.nom)
  if (line.formation) expect(found.formation).toContain(line.formation)
  if (line.doute) expect(found.doubts.map((doubt) => doubt.message).join(' ')).toContain(line.doute)
})

interface Costs {
  greffe: { pour: string; le: string; euros: string; doute?: string }[]
  signification: { creance: string; euros: string; note?: string }[]
  valeurs: { id: string; pour?: string; le: string; valeur: string | null; doute?: string }[]
}
const costs = cases<Costs>('costs')

test.each(costs.valeurs)('$id $pour is $valeur on $le', ({ id, pour, le, valeur, doute }) => {
  const found = findEntry(id, parseDay(le), pour)
  expect(found?.value ?? null).toBe(valeur)
  if (doute) expect(found?.doubt).not.toBeNull()
})

describe('what an order costs', () => {
  test.each(costs.greffe)('at the clerk’s, for $pour: $euros €', ({ pour, le, euros, doute }) => {
    const found = legalCost('greffe-injonction-payer', parseDay(le), pour)
    expect(amount(found.cents!)).toBe(euros)
    expect(found.doubt?.message ?? '').toMatch(doute ?? /^$/)
  })

  test.each(costs.signification)('served, for a claim of $creance €: $euros €', ({ creance, euros }) => {
    const found = serviceCost(parseAmount(creance), parseDay('2026-11-22'))
    expect(amount(found.cents!)).toBe(euros)
    expect(found.doubts).not.toEqual([])
  })
})

interface Forms {
  id: string
  creancier: string
  debiteur?: string
  nom_debiteur?: string
  le: string
  commerce: 'oui' | 'non'
  article?: string
  doute?: string
  note?: string
}

test.each(cases<Forms[]>('competence'))('$id: $creancier against $debiteur $nom_debiteur, on $le', (line) => {
  const debtor = { name: line.nom_debiteur ?? 'Le Pont', legalForm: line.debiteur }
  const found = commercialClaim({ name: 'La Source', legalForm: line.creancier }, debtor, parseDay(line.le))
  expect(found.commercial ? 'oui' : 'non').toBe(line.commerce)
  if (line.article) expect(found.article).toContain(line.article)
  const said = found.doubts.map(({ message }) => message).join(' ')
  expect(said).toMatch(line.doute ? new RegExp(line.doute) : /^$/)
})

import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Channel } from '../../letters/letter.ts'
import { type Day, daysBetween, latest } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { newCode } from '../../schema/random.ts'
import { type LetterOrder, writeLetter } from '../mail/correspondence.ts'
import { isLatestBroken } from '../cases/exchanges/promise-standing.ts'
import { gatherExhibits } from '../cases/exhibits/exhibit-gather.ts'
import { isFounding, listedExhibit, readExhibits } from '../cases/exhibits/exhibits.ts'
import { issueInvoices } from '../cases/intake/invoices.ts'
import { isReturned } from '../mail/returned.ts'
import { requestConsent } from '../judicial/consents/consent-requests.ts'
import { isBusinessDay, nextBusinessDay, nextWorkingDay, type Zone } from '../law/calendar.ts'
import { forDebtor } from './scenario.ts'
import type { Turn } from './turn.ts'

/** The letter, call or visit of a step, with what is joined to it. */
export async function approach(turn: Turn): Promise<void> {
  const { office, sql, onDay, file, step, rule, agency } = turn
  const kind = file.debtor.kind
  if (rule.jour === 'emission') await issueInvoices(office, sql, onDay, file)
  const delaiJours = forDebtor(rule.delai, kind)
  const isVisit = rule.canal === 'visite'
  const id = (isLatestBroken(file, onDay) ? forDebtor(rule.si_promesse, kind) : null) ?? forDebtor(rule.lettre, kind)!
  const { canaux, destinataire, donnees } = letterOf(loadLibrary(), id)
  const order: LetterOrder = {
    letter: id,
    channel: isVisit ? paperOf(canaux) : rule.canal!,
    recipient: rule.canal === 'appel' || (isVisit && destinataire === 'operateur') ? 'operateur' : 'debiteur',
    stepId: step.id,
    agency,
    author: 'system',
    facts: {
      ...delayFacts(delaiJours, onDay.add({ days: rule.marge_postale ?? 0 })),
      ...(isVisit ? visitFacts(turn) : {}),
      ...(donnees.includes('piecesJointes') ? await exhibitFacts(turn) : {}),
    },
    ...(rule.canal === 'lrar' || rule.canal === 'lre' ? { coupon: newCode(office.random) } : {}),
  }
  const written = await writeLetter(office, sql, onDay, file, order)
  let now = written.file
  for (const joined of rule.joindre ?? []) {
    const letter = forDebtor(joined, kind)
    if (letter === null) continue
    const channel = isVisit
      ? paperOf(letterOf(loadLibrary(), letter).canaux)
      : order.channel === 'lrar' || order.channel === 'lre'
        ? 'formulaire'
        : order.channel
    const enclosed = { ...order, letter, channel, attachedTo: written.id }
    now = (await writeLetter(office, sql, onDay, now, enclosed)).file
  }
}

/** The papers that found the claim, as the letter lists and encloses them; the letters already sent are not among them. */
async function exhibitFacts({ office, sql, onDay, file }: Turn): Promise<NonNullable<LetterOrder['facts']>> {
  await gatherExhibits(office, sql, onDay, file)
  const pieces = (await readExhibits(sql, file.case.id)).filter(isFounding)
  if (pieces.length === 0) return {}
  return {
    piecesJointes: pieces.map((exhibit, i) => ({ id: exhibit.id, ...listedExhibit(exhibit, i + 1) })),
  } as NonNullable<LetterOrder['facts']>
}

/** What the agent takes along: a paper to hand over, an order to show, a sheet to fill in. Nothing of it goes by itself. */
function paperOf(canaux: readonly Channel[]): LetterOrder['channel'] {
  return (['visite', 'acte-prive', 'formulaire'] as const).find((channel) => canaux.includes(channel)) ?? 'formulaire'
}

function visitFacts({ agency, onDay, file }: Turn): NonNullable<LetterOrder['facts']> {
  const { manager } = agency.identity
  const { address, phone } = file.debtor
  if (address === null || isReturned(file.debtor, 'postal')) {
    throw new DomainError('no_address', `Le dossier ${file.case.number} n'a pas d'adresse où se présenter.`, {
      remedy: 'Confiez le dossier à la cellule de recherche, puis validez une adresse (validateAddress).',
    })
  }
  return {
    agent: {
      nom: manager.name,
      ordreMission: `${file.case.number}-V${onDay.toString().replaceAll('-', '')}`,
      telephone: manager.phone,
    },
    visite: {
      date: onDay.toString(),
      lieu: [...address.lines, [address.postalCode, address.city].filter(Boolean).join(' ')].join(', '),
      ...(phone === null ? {} : { creneau: `à convenir au ${phone}` }),
    },
  } as NonNullable<LetterOrder['facts']>
}

function delayFacts(delaiJours: number | null, from: Day): NonNullable<LetterOrder['facts']> {
  if (delaiJours === null) return {}
  return { delaiJours, dateLimite: { date: from.add({ days: delaiJours }).toString() } }
}

/**
 * The creditor reads the very letter before it leaves, and has two business days at least to object: days that the letter
 * still has to wait for that are given back, for the case to be put off by them.
 */
export async function tellCreditorFirst({ office, sql, onDay, file, step, rule }: Turn): Promise<number> {
  const late = Math.max(0, daysBetween(step.plannedOn, onDay))
  const sent = file.steps.find(({ key }) => key === rule.id)!.nominalOn.add({ days: late })
  const sendOn = sendingDay(onDay, sent, file.case.zone)
  const order: LetterOrder = {
    letter: rule.prevenir!.lettre,
    channel: 'email',
    recipient: 'creancier',
    stepId: step.id,
    facts: {
      dateLimite: { date: businessDayBefore(sendOn, file.case.zone).toString() },
      dateEffet: sendOn.toString(),
    },
    author: 'system',
  }
  const written = await writeLetter(office, sql, onDay, file, order)
  await writeLetter(office, sql, onDay, written.file, {
    ...order,
    letter: forDebtor(rule.lettre, file.debtor.kind)!,
    channel: rule.canal!,
    attachedTo: written.id,
    shownAs: 'projet',
    facts: delayFacts(forDebtor(rule.delai, file.debtor.kind), sendOn.add({ days: rule.marge_postale ?? 0 })),
  })
  return nextWorkingDay(sent, file.case.zone).equals(sendOn) ? 0 : daysBetween(sent, sendOn)
}

/** Full business days that a creditor has between being told and the letter. */
const objectionDays = 2

function sendingDay(toldOn: Day, wanted: Day, zone: Zone): Day {
  let last = toldOn
  for (let n = 0; n < objectionDays; n++) last = nextBusinessDay(last.add({ days: 1 }), zone)
  return nextWorkingDay(latest(wanted, last.add({ days: 1 })), zone)
}

function businessDayBefore(day: Day, zone: Zone): Day {
  let last = day.subtract({ days: 1 })
  while (!isBusinessDay(last, zone)) last = last.subtract({ days: 1 })
  return last
}

/** What the court needs, written and put before the creditor to sign. */
export async function askAgreement({ office, sql, onDay, file, step, rule }: Turn): Promise<void> {
  await requestConsent(office, sql, onDay, {
    file,
    procedure: forDebtor(rule.procedure, file.debtor.kind)!,
    stepId: step.id,
    ceiling: parseAmount(rule.plafond_frais ?? '0'),
    expiresOn: onDay.add({ days: rule.validite ?? 30 }),
    author: 'system',
  })
}

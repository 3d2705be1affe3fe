import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Channel } from '../../letters/letter.ts'
import { after, type Day, dayFr, daysBetween, latest } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { newCode } from '../../schema/random.ts'
import { type Agency, readAgency, refuseUnready } from '../cases/agency.ts'
import { approachesLately, type Contact, type Lately, nextContactDay } from '../cases/contacts.ts'
import { type Wish, wishesOf } from '../cases/contact-preferences.ts'
import { type LetterOrder, writeLetter } from '../cases/correspondence.ts'
import { requireMandate } from '../cases/creditors.ts'
import { gatherExhibits } from '../cases/exhibit-gather.ts'
import { type ExhibitKind, exhibitKinds, readExhibits } from '../cases/exhibits.ts'
import { type CaseFile, caseParts, readCase, type Step } from '../cases/file.ts'
import { placeHold, shiftCase } from '../cases/holds.ts'
import { issueInvoices } from '../cases/invoices.ts'
import { record } from '../cases/journal.ts'
import { isReturned } from '../cases/returned.ts'
import { requestConsent } from '../judicial/consent.ts'
import { publicWays } from '../judicial/public-debtor.ts'
import type { Office } from '../office.ts'
import { ruleAddedFor } from './choose.ts'
import { forDebtor, loadScenario, type Scenario, type ScenarioStep, scenarioStep } from './scenario.ts'
import { offsetOf } from './scenario-check.ts'
import { heldOnRefusal } from './refusal.ts'
import { suspension } from './suspension.ts'

export type StepOutcome = 'done' | 'held' | 'already'

/**
 * Does one step of the timeline, once: the case is locked, looked at again on that day, and letter, out-tray and step
 * are recorded in one transaction. A refusal of the law or of the file does not fail in silence: it holds the case and
 * says why.
 */
export async function doStep(office: Office, stepId: string, onDay: Day): Promise<StepOutcome> {
  return heldOnRefusal(
    office,
    onDay,
    (sql) => attempt(office, sql, stepId, onDay),
    async (sql) => {
      const caseId = await claim(sql, stepId)
      if (caseId !== null) await sql`update steps set queued_for = null where id = ${stepId}`
      return caseId
    },
  )
}

/** Locks the case of a step that is still to do; null when it is done, left out, or its case closed. */
async function claim(sql: Sql, stepId: string): Promise<string | null> {
  // The case is locked first, here as in every act on it: no two of them ever wait for each other. What is read next, in
  // its own statement, is as whoever held the lock left it.
  const [, [found]] = await Promise.all([
    sql`select 1 from cases where id = (select case_id from steps where id = ${stepId}) for update`,
    sql<{ caseId: string }[]>`
      select s.case_id from steps s join cases c on c.id = s.case_id
      where s.id = ${stepId} and s.done_on is null and s.skipped_on is null and c.closed_on is null`,
  ])
  return found?.caseId ?? null
}

async function attempt(office: Office, sql: Sql, stepId: string, onDay: Day): Promise<StepOutcome> {
  const caseId = await claim(sql, stepId)
  if (caseId === null) return 'already'
  const [file, added, agency] = await Promise.all([readCase(sql, caseId), ruleAddedFor(sql, stepId), readAgency(sql)])
  const step = file.steps.find((candidate) => candidate.id === stepId)!
  const why = suspension(file, onDay)
  if (why) {
    const isRecorded = file.holds.some((hold) => hold.releasedOn === null)
    if (!isRecorded) await placeHold(sql, office.random, onDay, { caseId, ...why }, 'system')
    await sql`update steps set queued_for = null where id = ${stepId}`
    return 'held'
  }
  // A job left from before the case was put off: the tick will queue the step again on its new day.
  if (after(step.plannedOn, onDay)) {
    await sql`update steps set queued_for = null where id = ${stepId}`
    return 'already'
  }
  const scenario = loadScenario(file.case.scenario)
  const rule = added ?? scenarioStep(scenario, step.key)
  const comesBefore = precedesFirstLetter(scenario, rule)
  if (comesBefore && after(onDay, file.case.anchorOn)) {
    const why = `L'échéance du ${dayFr(file.case.anchorOn)} est passée : la première lettre d'abord.`
    return passOver(office, sql, onDay, file, step, why)
  }
  refuseUnready(agency, onDay)
  if (!file.mandate || after(file.mandate.signedOn, onDay)) await requireMandate(sql, file.creditor.id, onDay)
  const hasNoWay = rule.action === 'demander-accord' && forDebtor(rule.procedure, file.debtor.kind) === null
  if (rule.action === 'decider' || hasNoWay)
    return putBefore(office, sql, onDay, file, step, rule, file.debtor.kind === 'public' ? publicWays(onDay) : '')
  if (
    rule.lettre &&
    rule.canal !== 'appel' &&
    rule.canal !== 'visite' &&
    !step.key.endsWith('.prevenir') &&
    (await waitForAnswer(sql, onDay, file, step))
  )
    return 'held'
  if (step.key.endsWith('.prevenir')) await tellCreditorFirst(office, sql, onDay, file, step, rule)
  else if (rule.action) await askAgreement(office, sql, onDay, file, step, rule)
  else {
    const [wishes, lately] = await Promise.all([
      wishesOf(sql, file.case.id),
      approachesLately(sql, onDay, file.case.id),
    ])
    const canal = wishedChannel(file, rule, wishes)
    if (canal === null) {
      const why = `Le débiteur refuse d'être joint par ce canal (${rule.canal}).`
      return passOver(office, sql, onDay, file, step, why)
    }
    if (await waitForTurn(sql, onDay, file, step, { ...rule, canal }, lately)) return 'held'
    await approach(office, sql, onDay, file, step, { ...rule, canal }, agency)
  }
  await Promise.all([
    sql`update steps set done_on = ${onDay} where id = ${stepId}`,
    record(sql, onDay, {
      caseId: file.case.id,
      kind: 'step_done',
      detail: { step: step.key, planned: step.plannedOn.toString() },
      author: 'system',
    }),
  ])
  // What precedes the due date hangs on it alone; from the first letter on, intervals are kept.
  if (!comesBefore) await shiftCase(sql, file.case.id, daysBetween(step.plannedOn, onDay))
  return 'done'
}

/** A letter never overtakes the time that the one before it gave to answer: the step and those after it wait. */
async function waitForAnswer(sql: Sql, onDay: Day, file: CaseFile, step: Step): Promise<boolean> {
  const until = file.documents
    .filter(
      (document) =>
        document.recipient === 'debiteur' &&
        document.attachedTo === null &&
        document.stepId !== null &&
        document.answerBy !== null,
    )
    .map((document) => document.answerBy!)
    .reduce<Day | null>((last, day) => (last === null ? day : latest(last, day)), null)
  if (until === null || Temporal.PlainDate.compare(until, onDay) < 0) return false
  await sql`update steps set queued_for = null where id = ${step.id}`
  await shiftCase(sql, file.case.id, daysBetween(step.nominalOn, until) + 1)
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'step_postponed',
    detail: { step: step.key, why: `La lettre précédente laisse répondre jusqu'au ${dayFr(until)}.` },
    author: 'system',
  })
  return true
}

/** Too many approaches in a week, or a call on a closed day: the step and those after it move, and are never lost. */
async function waitForTurn(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  rule: ScenarioStep,
  contacts: Lately['contacts'],
): Promise<boolean> {
  const by: Contact = rule.canal === 'appel' || rule.canal === 'visite' ? rule.canal : 'ecrit'
  const { on, why } = nextContactDay({ zone: file.case.zone, kind: file.debtor.kind, contacts }, by, onDay)
  if (why === null) return false
  await sql`update steps set queued_for = null where id = ${step.id}`
  await shiftCase(sql, file.case.id, daysBetween(step.nominalOn, on))
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'step_postponed',
    detail: { step: step.key, why },
    author: 'system',
  })
  return true
}

/** The amicable phase has said what it had to say: the case waits for a person, and comes back until one has decided. */
async function putBefore(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  rule: ScenarioStep,
  ways = '',
): Promise<StepOutcome> {
  await sql`update steps set queued_for = null where id = ${step.id}`
  await placeHold(
    sql,
    office.random,
    onDay,
    {
      caseId: file.case.id,
      cause: 'decision',
      reason: `Le parcours amiable est au bout : décidez de la suite avec le créancier (étape « ${step.key} »).${ways && ` ${ways}`}`,
      reviewOn: onDay.add({ days: rule.validite ?? 15 }),
    },
    'system',
  )
  return 'held'
}

/** In a law that knows no first letter, what comes before the due date. */
function precedesFirstLetter({ etapes }: Scenario, rule: ScenarioStep): boolean {
  if (!etapes.includes(rule)) return false
  const first = etapes.findIndex((step) => step.premiere_lettre)
  return first === -1 ? offsetOf(rule) < 0 : etapes.indexOf(rule) < first
}

/** The step's channel, or the one that the debtor wishes in its place; null when none is left. The first letter is a letter. */
function wishedChannel(
  file: CaseFile,
  rule: ScenarioStep,
  wishes: Map<string, Wish>,
): NonNullable<ScenarioStep['canal']> | null {
  const canal = rule.canal!
  const { canaux } = letterOf(loadLibrary(), forDebtor(rule.lettre, file.debtor.kind)!)
  const hasEmail = file.debtor.email !== null && !isReturned(file.debtor, 'email')
  if (canal === 'lettre' && !rule.premiere_lettre && wishes.get('email') === 'prefere' && hasEmail)
    return canaux.includes('email') ? 'email' : canal
  if (canal === 'lrar' && wishes.get('lre') === 'prefere' && hasEmail && canaux.includes('lre')) return 'lre'
  if (wishes.get(canal) !== 'refuse') return canal
  return (canal === 'email' || canal === 'sms') && canaux.includes('lettre') ? 'lettre' : null
}

/** A step that may no longer be done is left out with its reason, and the next one due takes its day. */
async function passOver(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  why: string,
): Promise<StepOutcome> {
  await sql`update steps set skipped_on = ${onDay}, skipped_why = ${why} where id = ${step.id}`
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'step_skipped',
    detail: { step: step.key, why },
    author: 'system',
  })
  const next = file.steps.find((each) => each.rank > step.rank && each.doneOn === null && each.skippedOn === null)
  return next && !after(next.plannedOn, onDay) ? attempt(office, sql, next.id, onDay) : 'already'
}

async function approach(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  rule: ScenarioStep,
  agency: Agency,
): Promise<void> {
  const kind = file.debtor.kind
  if (rule.jour === 'emission') await issueInvoices(office, sql, onDay, file)
  const delaiJours = forDebtor(rule.delai, kind)
  const isVisit = rule.canal === 'visite'
  const id = (file.promises.length > 0 ? forDebtor(rule.si_promesse, kind) : null) ?? forDebtor(rule.lettre, kind)!
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
      ...(isVisit ? visitFacts(agency, onDay, file) : {}),
      ...(donnees.includes('piecesJointes') ? await exhibitFacts(office, sql, onDay, file) : {}),
    },
    ...(rule.canal === 'lrar' || rule.canal === 'lre' ? { coupon: newCode(office.random) } : {}),
  }
  const written = await writeLetter(office, sql, onDay, file, order)
  for (const joined of rule.joindre ?? []) {
    const letter = forDebtor(joined, kind)
    if (letter === null) continue
    // Of the case, locked since it was read, the letter before this one changed nothing else.
    const documents = (await caseParts.documents(sql, [file.case.id])).get(file.case.id) ?? []
    await writeLetter(
      office,
      sql,
      onDay,
      { ...file, documents },
      {
        ...order,
        letter,
        channel: isVisit
          ? paperOf(letterOf(loadLibrary(), letter).canaux)
          : order.channel === 'lrar' || order.channel === 'lre'
            ? 'formulaire'
            : order.channel,
        attachedTo: written.id,
      },
    )
  }
}

/** The papers that found the claim, as the letter lists and encloses them; the letters already sent are not among them. */
async function exhibitFacts(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
): Promise<NonNullable<LetterOrder['facts']>> {
  await gatherExhibits(office, sql, onDay, file)
  const pieces = (await readExhibits(sql, file.case.id)).filter((exhibit) => foundation.has(exhibit.kind))
  if (pieces.length === 0) return {}
  return {
    piecesJointes: pieces.map((exhibit, i) => ({
      id: exhibit.id,
      numero: i + 1,
      type: exhibitKinds[exhibit.kind],
      reference: exhibit.reference,
      ...(exhibit.datedOn === null ? {} : { date: exhibit.datedOn.toString() }),
      pages: exhibit.pages,
      prouve: exhibit.proves,
    })),
  } as NonNullable<LetterOrder['facts']>
}
const foundation = new Set<ExhibitKind>([
  'contrat',
  'devis',
  'commande',
  'cgv',
  'bon-de-livraison',
  'facture',
  'avoir',
  'accord',
])

/** What the agent takes along: a paper to hand over, an order to show, a sheet to fill in. Nothing of it goes by itself. */
function paperOf(canaux: readonly Channel[]): LetterOrder['channel'] {
  return (['visite', 'acte-prive', 'formulaire'] as const).find((channel) => canaux.includes(channel)) ?? 'formulaire'
}

function visitFacts(agency: Agency, onDay: Day, file: CaseFile): NonNullable<LetterOrder['facts']> {
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

/** The creditor reads the very letter before it leaves, and has until then to object. */
async function tellCreditorFirst(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  rule: ScenarioStep,
): Promise<void> {
  const objectBy = onDay.add({ days: rule.prevenir!.avance })
  const order: LetterOrder = {
    letter: rule.prevenir!.lettre,
    channel: 'email',
    recipient: 'creancier',
    stepId: step.id,
    facts: { dateLimite: { date: objectBy.toString() } },
    author: 'system',
  }
  const written = await writeLetter(office, sql, onDay, file, order)
  await writeLetter(office, sql, onDay, file, {
    ...order,
    letter: forDebtor(rule.lettre, file.debtor.kind)!,
    channel: rule.canal!,
    attachedTo: written.id,
    shownAs: 'projet',
    facts: delayFacts(forDebtor(rule.delai, file.debtor.kind), objectBy.add({ days: rule.marge_postale ?? 0 })),
  })
}

async function askAgreement(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  step: Step,
  rule: ScenarioStep,
): Promise<void> {
  await requestConsent(office, sql, onDay, {
    file,
    procedure: forDebtor(rule.procedure, file.debtor.kind)!,
    stepId: step.id,
    ceiling: parseAmount(rule.plafond_frais ?? '0'),
    expiresOn: onDay.add({ days: rule.validite ?? 30 }),
    author: 'system',
  })
}

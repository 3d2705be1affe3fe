import { contentHash } from '../../documents/packs/manifest.ts'
import { after, type Day, latest } from '../../schema/days.ts'
import { type Fragment, json, type Sql } from '../../schema/db.ts'
import { guards } from '../../schema/guards.ts'
import { loadScenario, scenarioIds } from '../amicable/scenario.ts'
import type { Finding } from './doctor.ts'
import { doubleChecks } from './doubles.ts'
import { erasureChecks } from './erasure.ts'
import { courtSilence, progressOf } from '../judicial/case-progress.ts'
import { type OpenProcedure, readProcedureEvents } from '../judicial/open-procedures.ts'
import { leftUnsaid } from '../mail/still-true.ts'
import type { Office } from '../office.ts'

/** A statement that answers one row a fault; `what` completes the sentence. */
export interface Check {
  code: string
  find: (sql: Sql, onDay: Day) => Fragment
  say: (what: string) => string
  remedy: string
}
interface Row {
  number: string | null
  what: string
  subject: string | null
}

/** A hold whose day has passed waits for a person, who finds it in the work of the day: so long at most, a rule of the house, in days. */
const reviewPatience = 14

export async function rowFindings(office: Office, onDay: Day): Promise<Finding[]> {
  const { sql } = office
  return [
    ...(await run(sql, onDay, [...lifeChecks, ...houseChecks, ...jobChecks, ...doubleChecks, ...erasureChecks])),
    ...(await orphanProcedures(sql, onDay)),
    ...(await unknownSteps(sql)),
    ...(await unboundContent(sql)),
  ]
}

/** The open cases that nothing carries on any more: no dated next act, no hold that ends. `subject` is the case's id. */
export async function orphans(sql: Sql, onDay: Day): Promise<Finding[]> {
  return [...(await run(sql, onDay, lifeChecks)), ...(await orphanProcedures(sql, onDay))]
}

async function run(sql: Sql, onDay: Day, checks: Check[]): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) {
    const rows = await sql<Row[]>`${check.find(sql, onDay)}`
    for (const { number, what, subject } of rows) {
      findings.push({ code: check.code, case: number, message: check.say(what), remedy: check.remedy, subject })
    }
  }
  return findings
}

/** What a case can wait for, each with its day: a step, a hold, an answer of the creditor. Procedures are looked at one by one. */
const awaited = (sql: Sql, onDay: Day) => sql`
  (exists (select from steps s where s.case_id = c.id and s.done_on is null and s.skipped_on is null)
   or exists (select from holds h where h.case_id = c.id and h.released_on is null)
   or exists (select from consent_requests r left join consents d on d.request_id = r.id
              where r.case_id = c.id and r.expires_on >= ${onDay} and coalesce(d.decision, 'given') = 'given'
                and not exists (select from consent_ends e where e.request_id = r.id)
                and not exists (select from procedures p where p.consent_id = r.id)))`

const lifeChecks: Check[] = [
  {
    code: 'orphan',
    find: (sql, onDay) => sql`
      select c.number, 'ouvert le ' || c.opened_on as what, c.id as subject from cases c
      where c.closed_on is null and not exists (select from procedures p where p.case_id = c.id) and not ${awaited(sql, onDay)}
      order by c.number`,
    say: (what) =>
      `Le dossier, ${what}, n'attend plus rien : ni étape, ni suspension, ni accord demandé, ni procédure.`,
    remedy: "Demandez l'accord du créancier, suspendez le dossier avec une date, ou fermez-le avec son motif.",
  },
  {
    code: 'hold_overdue',
    find: (sql, onDay) => sql`
      select c.number, h.cause || ', à revoir le ' || min(h.review_on) as what, c.id as subject
      from cases c join holds h on h.case_id = c.id and h.released_on is null
      where c.closed_on is null
      group by c.id, h.cause having max(h.review_on) < ${onDay}::date - ${reviewPatience}::int order by c.number`,
    say: (what) => `La suspension (${what}) n'a été revue par personne : le dossier n'avance plus.`,
    remedy: 'Levez-la, prolongez-la avec son motif, ou fermez le dossier.',
  },
  {
    code: 'step_overdue',
    find: (sql, onDay) => sql`
      select c.number, s.key || ' du ' || s.planned_on as what, c.id as subject
      from steps s join cases c on c.id = s.case_id and c.closed_on is null
      where s.done_on is null and s.skipped_on is null and s.planned_on < ${onDay}::date - 1 and s.queued_for is null
        and not exists (select from holds h where h.case_id = c.id and h.released_on is null)
        and not exists (select from steps e where e.case_id = s.case_id and e.rank < s.rank and e.done_on is null and e.skipped_on is null)
        -- Its approver has it in the list of the day, and answers by a rule of their own.
        and not exists (select from approvals a where a.step_id = s.id and a.decision is null)
      order by c.number`,
    say: (what) => `L'étape ${what} est en retard et rien ne l'a mise au travail.`,
    remedy: 'Vérifiez que « courtois serve » ou « courtois tick » tourne : il rattrape tout ce qui est dû.',
  },
]

const houseChecks: Check[] = [
  {
    code: 'closed_with_steps',
    find: (sql) => sql`
      select c.number, string_agg(s.key, ', ' order by s.rank) as what, c.id as subject
      from cases c join steps s on s.case_id = c.id and s.done_on is null and s.skipped_on is null
      where c.closed_on is not null group by c.id order by c.number`,
    say: (what) => `Le dossier est clos et garde des étapes à faire : ${what}.`,
    remedy: 'Passez ces étapes avec leur motif.',
  },
]

const jobChecks: Check[] = [
  {
    code: 'step_without_job',
    find: (sql, onDay) => sql`
      select c.number, s.key || ', mise au travail le ' || s.queued_for as what, s.id as subject
      from steps s join cases c on c.id = s.case_id and c.closed_on is null
      where s.queued_for is not null and s.done_on is null and s.skipped_on is null and s.planned_on <= ${onDay}
        and not exists (select from holds h where h.case_id = c.id and h.released_on is null)
        and not exists (select from graphile_worker.jobs j where j.key = 'step:' || s.id)
      order by c.number`,
    say: (what) => `L'étape ${what}, n'est ni faite ni en file : son travail a disparu.`,
    remedy: 'courtois doctor --repair la remet au travail.',
  },
  {
    code: 'dead_job',
    find: (sql) => sql`
      select coalesce(cs.number, cd.number) as number, j.key as subject,
             j.task_identifier || ' (' || j.attempts || ' essais) : ' || left(coalesce(j.last_error, 'sans message'), 200) as what
      from graphile_worker.jobs j
      left join steps s on j.key = 'step:' || s.id left join cases cs on cs.id = s.case_id
      left join documents d on j.key = 'send:' || d.id left join cases cd on cd.id = d.case_id
      where j.attempts >= j.max_attempts and j.locked_at is null
      order by j.id`,
    say: (what) => `Un travail a épuisé ses essais : ${what}.`,
    remedy: 'Corrigez la cause dite par le message, puis courtois doctor --repair lui rend ses essais.',
  },
  {
    code: 'letter_without_job',
    find: (sql) => sql`
      select c.number, d.reference as what, d.id as subject
      from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
      where o.state = 'ready' and not exists (select from graphile_worker.jobs j where j.key = 'send:' || d.id)
      order by d.reference`,
    say: (what) => `La lettre ${what} est prête et rien ne l'envoie : son travail a disparu.`,
    remedy: 'courtois doctor --repair la remet à l’envoi.',
  },
  {
    code: 'sending_unfinished',
    find: (sql) => sql`
      select c.number, d.reference || ' (' || o.channel || '), écrite le ' || d.written_on as what, d.id as subject
      from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
      where o.state = 'sending' and not exists (select from graphile_worker.jobs j where j.key = 'send:' || d.id)
      order by d.reference`,
    say: (what) => `L'envoi de ${what}, a commencé et n'est pas confirmé : parti ou non, nul ne le sait.`,
    remedy:
      'Demandez au canal (serveur de courrier, bac de départ) s’il l’a reçue, puis dites-le (settleSending) : rien ne la renvoie avant.',
  },
  {
    code: 'letter_withdrawn',
    find: (sql) => sql`
      select c.number, d.reference || ' (' || o.channel || ')' as what, d.id as subject
      from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
      where o.state = 'withdrawn' and ${leftUnsaid(sql)}
      order by d.reference`,
    say: (what) =>
      `La lettre ${what} a été retirée avant son envoi, et le dossier suit de nouveau son cours sans elle.`,
    remedy:
      'Écrivez-la de nouveau (resendLetter) si elle est encore due\u00a0; sans la première lettre, rien d’autre ne part.',
  },
  {
    code: 'guard_missing',
    find: (sql) => sql`
      select null as number, g.name || ' » de la table « ' || g.table_name as what, null as subject
      from jsonb_to_recordset(${json(
        sql,
        guards().map(({ table, name }) => ({ table_name: table, name })),
      )}) as g(table_name text, name text)
      where not exists (select from pg_trigger t join pg_class k on k.oid = t.tgrelid
                        where t.tgname = g.name and k.relname = g.table_name and t.tgenabled <> 'D' and k.relnamespace = 'public'::regnamespace)
        and not exists (select from pg_index i join pg_class k on k.oid = i.indexrelid join pg_class o on o.oid = i.indrelid
                        where k.relname = g.name and o.relname = g.table_name and i.indisvalid and i.indisunique
                          and k.relnamespace = 'public'::regnamespace)
      union all
      -- What creditors and bailiffs may see of a table that has such a rule.
      select null, 'viewer » de la table « ' || k.relname, null from pg_class k join pg_policy p on p.polrelid = k.oid and p.polname = 'viewer'
      where k.relnamespace = 'public'::regnamespace and not k.relrowsecurity
      order by 2`,
    say: (what) => `La base a perdu son garde-fou « ${what} ».`,
    remedy: 'Rétablissez-le d’après schema/migrations, puis cherchez qui l’a ôté et ce qui est passé depuis.',
  },
]

/** A case before a court waits for its next time limit, for its filing, or for news of what was last done. */
async function orphanProcedures(sql: Sql, onDay: Day): Promise<Finding[]> {
  const open = await sql<(OpenProcedure & { number: string; limitationOn: Day })[]>`
    select p.id, p.case_id, p.procedure, p.consent_id, p.court, p.opened_on, c.number, c.limitation_on
    from procedures p join cases c on c.id = p.case_id and c.closed_on is null
    where not ${awaited(sql, onDay)} order by c.number, p.opened_on`
  const alive = new Set<string>()
  for (const procedure of open) if (await hasNextDay(sql, onDay, procedure)) alive.add(procedure.caseId)
  const orphans = new Map(
    open.filter(({ caseId }) => !alive.has(caseId)).map((procedure) => [procedure.caseId, procedure]),
  )
  return [...orphans.values()].map(({ number, procedure, caseId }) => ({
    code: 'orphan_procedure',
    case: number,
    message: `La procédure « ${procedure} » est ouverte et n'a plus de prochaine échéance.`,
    remedy: 'Enregistrez ce qui a eu lieu, relancez le greffe ou le commissaire de justice, ou fermez le dossier.',
    subject: caseId,
  }))
}

async function hasNextDay(sql: Sql, onDay: Day, open: OpenProcedure & { limitationOn: Day }): Promise<boolean> {
  // A path that is closed has no day left, whatever periods its events once started.
  const { due, notBefore } = await progressOf(sql, open, onDay)
  if (due.length + notBefore.length > 0) return true
  const events = await readProcedureEvents(sql, open.id)
  const last = events.reduce((day, event) => latest(day, event.happenedOn), open.openedOn)
  // Not filed yet: the last day is that of prescription. Filed: news is expected.
  return (events.length === 0 && !after(onDay, open.limitationOn)) || !after(onDay, last.add({ days: courtSilence }))
}

/** A step that the program no longer knows would hold its case for ever. */
async function unknownSteps(sql: Sql): Promise<Finding[]> {
  const used = await sql<{ scenario: string; key: string; number: string }[]>`
    select c.scenario, s.key, min(c.number) as number from steps s join cases c on c.id = s.case_id and c.closed_on is null
    where s.done_on is null and s.skipped_on is null and not exists (select from step_additions a where a.step_id = s.id)
    group by 1, 2 order by 1, 2`
  const known = new Set(scenarioIds().flatMap((id) => loadScenario(id).etapes.map((step) => `${id} ${step.id}`)))
  return used
    .filter(({ scenario, key }) => !known.has(`${scenario} ${key.replace(/\.prevenir$/, '')}`))
    .map(({ scenario, key, number }) => ({
      code: 'unknown_step',
      case: number,
      message: `Le scénario « ${scenario} » n'a pas l'étape « ${key} » qui est à faire.`,
      remedy: 'Choisissez un autre scénario pour ce dossier (chooseScenario), ou remettez le fichier de celui-ci.',
      subject: null,
    }))
}

interface FrozenPart {
  name: string
  part: string
  sha256: string
  docx: string | null
  original: { name: string; sha256: string } | null
}

/** The hash that the creditor signs is that of the frozen content, counted again from its parts. */
async function unboundContent(sql: Sql): Promise<Finding[]> {
  const requests = await sql<
    { id: string; number: string; requestedOn: Day; contentSha256: string; said: string; content: FrozenPart[] }[]
  >`
    select r.id, c.number, r.requested_on, r.content_sha256, r.statement ->> 'contentSha256' as said, r.content
    from consent_requests r join cases c on c.id = r.case_id where c.purged_on is null order by c.number, r.id`
  return requests
    .filter(({ content, contentSha256, said }) => said !== contentSha256 || hashOf(content) !== contentSha256)
    .map(({ id, number, requestedOn }) => ({
      code: 'consent_unbound',
      case: number,
      message: `La demande d’accord du ${requestedOn} ne porte plus l’empreinte de son contenu.`,
      remedy: 'Ne déposez rien sur cet accord : faites une nouvelle demande, et comparez avec la sauvegarde.',
      subject: id,
    }))
}

const hashOf = (content: FrozenPart[]): string =>
  contentHash(
    content
      .filter((part) => part.part === 'content')
      .flatMap((part) => [
        { name: part.name, sha256: part.sha256 },
        ...(part.docx ? [{ name: part.name.replace(/(\.pdf)?$/, '.docx'), sha256: part.docx }] : []),
        ...(part.original ? [{ name: `originaux/${part.original.name}`, sha256: part.original.sha256 }] : []),
      ]),
  )

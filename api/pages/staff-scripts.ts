import type { Context as HttpContext, Hono } from 'hono'
import { type CallSituation, isOurCall } from '../../procedures/cases/exchanges/call-script-rules.ts'
import {
  type CaseScript,
  readCalled,
  type ReadScript,
  readScript,
  scriptCalled,
  scriptsOf,
} from '../../procedures/cases/exchanges/call-scripts.ts'
import { factMeaning } from '../../procedures/judicial/packs/paper-facts.ts'
import type { MissingFact } from '../../procedures/mail/hand-letter-facts.ts'
import type { Context } from '../context.ts'
import { type CaseRow, requireCase } from '../graphql/cases.ts'
import { asRefusal } from '../metrics.ts'
import { noteReading } from '../readings.ts'
import { factFields, typedFacts } from './fact-fields.ts'
import { type Doors, ownForm } from './guard.ts'
import { count, h, type Html, said, send } from './page.ts'
import { refusal as refused } from './portal-upload.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { allowedTo, type FrameOf, type WithStaff } from './staff-door.ts'
import { callForm } from './staff-forms.ts'
import { type Typed } from './typed.ts'

const path = '/bureau/scripts'

const situations: [situation: CallSituation, name: string][] = [
  ['incoming', 'Le débiteur appelle'],
  ['outgoing', 'Nous appelons'],
  ['reaching', 'Quelqu’un d’autre répond, ou un répondeur'],
  ['objection', 'Il objecte'],
  ['agreement', 'Il veut payer'],
  ['distress', 'L’appel devient difficile'],
]

/** `/bureau/scripts`: what to say on the telephone in a case, by situation; one script filled in from it. */
export function mountStaffScripts(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'recordCall')
  app.get(path, (c) =>
    allowed(c, async (who) => {
      const frame = await frameOf(c, who)
      const found = await caseOf(who.ctx, c.req.query('dossier'))
      const letter = (c.req.query('lettre') ?? '').slice(0, 100)
      return letter ? showScript(c, who.ctx, frame, found, letter) : send(c, await listPage(who.ctx, frame, found))
    }),
  )
  // What the case does not know is typed in a form, and kept nowhere.
  app.post(path, (c) =>
    allowed(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      const found = await caseOf(who.ctx, typed['dossier'])
      return showScript(c, who.ctx, await frameOf(c, who), found, typed['lettre'] ?? '', typed)
    }),
  )
}

async function caseOf(ctx: Context, id = ''): Promise<CaseRow> {
  const found = await requireCase(ctx, id)
  noteReading(ctx, found.id, 'bureau')
  return found
}

async function showScript(
  c: HttpContext,
  { sql, day }: Context,
  frame: StaffFrame,
  found: CaseRow,
  id: string,
  typed: Typed = {},
): Promise<Response> {
  const script = scriptCalled(await readCalled(sql, found.id), id)
  const read = await readTyped(() => readScript(sql, day, script, typedFacts(script.letter.donnees, typed)))
  const isRefused = read.refusal !== null && typed['lettre'] !== undefined
  return send(c, scriptPage(frame, found, script, read, typed), isRefused ? 422 : 200)
}

/** What was typed may be no fact at all. */
async function readTyped(read: () => Promise<ReadScript>): Promise<ReadScript> {
  try {
    return await read()
  } catch (error) {
    asRefusal(error)
    return { text: null, refusal: error, missing: [] }
  }
}

async function listPage({ sql, day }: Context, frame: StaffFrame, found: CaseRow): Promise<Html> {
  const called = await readCalled(sql, found.id)
  const read = await Promise.all(
    scriptsOf(called).map(async (script) => ({ ...script, ...(await readScript(sql, day, script)) })),
  )
  // What only lacks a fact that a person may give can still be opened.
  const isOpen = ({ refusal, missing }: ReadScript) => refusal === null || missing.some(({ act }) => act === null)
  const groups = situations.map(([situation, name]) => ({
    name,
    scripts: read.filter((each) => each.situation === situation && isOpen(each)),
  }))
  const stopped = read.filter((each) => !isOpen(each))
  return staffPage(
    frame,
    'Scripts d’appel',
    h`<h1>Scripts d’appel, dossier ${found.number}</h1><p class="lead">${called.file.debtor.name}, pour ${called.file.creditor.name}. Chaque script s’ouvre rempli avec ce dossier\u00a0; l’ouvrir n’y écrit rien.</p>
${groups.filter(({ scripts }) => scripts.length > 0).map(({ name, scripts }) => h`<section><h2>${name}</h2><ul class="doors">${scripts.map((script) => line(found, script))}</ul></section>`)}
${stopped.length > 0 ? h`<details><summary>${count(stopped.length, 'script')} à ne pas lire aujourd’hui</summary><ul class="log">${stopped.map((each) => h`<li><span class="on">${said(each.letter.titre)}</span><span>${said(whyNot(each))}</span></li>`)}</ul></details>` : ''}
<p>${back(found)}</p>`,
  )
}

const line = ({ id }: CaseRow, { letter }: CaseScript): Html =>
  h`<li><a href="${path}?dossier=${id}&amp;lettre=${letter.id}">${said(letter.titre)}</a><span>${said(letter.usage)}</span></li>`

const back = ({ number }: CaseRow): Html =>
  h`<a href="/bureau?q=${encodeURIComponent(number)}">Revenir au dossier ${number}</a>`

function scriptPage(
  frame: StaffFrame,
  found: CaseRow,
  { letter, situation }: CaseScript,
  { text, refusal, missing }: ReadScript,
  typed: Typed,
): Html {
  const wanted = [...new Set(missing.filter(({ act }) => act === null).map(({ key }) => key.split(/[.[]/)[0]!))]
  return staffPage(
    frame,
    letter.titre,
    h`<h1>${said(letter.titre)}</h1><p class="lead">${said(letter.usage)}</p>${missing.length > 0 ? h`<p class="note" role="status">${lack(missing)}</p>` : refused(refusal ?? undefined)}
${text === null ? '' : h`<pre class="script">${text}</pre>`}${wanted.length > 0 ? completion(frame, found, letter.id, wanted, typed) : ''}
${text === null || found.closedOn ? '' : noting(frame, found, situation, isOurCall(letter))}
<p><a href="${path}?dossier=${found.id}">Choisir un autre script</a> · ${back(found)}</p>`,
  )
}

/** What it lacks, in words for people: to be recorded by its act, or typed here. */
function lack(missing: MissingFact[]): string {
  const of = (isRecorded: boolean) =>
    missing.filter(({ act }) => (act !== null) === isRecorded).map(({ key }) => factMeaning(key) ?? key)
  const [recorded, typed] = [of(true), of(false)]
  return [
    ...(recorded.length > 0 ? [`À enregistrer d’abord au dossier\u00a0: ${recorded.join('\u00a0; ')}.`] : []),
    ...(typed.length > 0 ? [`Le dossier ne sait pas\u00a0: ${typed.join('\u00a0; ')}.`] : []),
  ].join(' ')
}

const whyNot = ({ refusal, missing }: ReadScript): string => (missing.length > 0 ? lack(missing) : refusal!.message)

const completion = (frame: StaffFrame, found: CaseRow, letter: string, wanted: string[], typed: Typed): Html =>
  h`<form action="${path}" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="dossier" value="${found.id}"><input type="hidden" name="lettre" value="${letter}">
${factFields(wanted, typed, (key) => factMeaning(key) ?? key)}<p class="row"><button>Remplir le script</button></p></form>`

/** Where only one of the two can be meant; what comes up in any call is noted from the case. */
function noting(frame: StaffFrame, { id }: CaseRow, situation: CallSituation, isOurs: boolean): Html {
  if (situation === 'incoming') return callForm(frame, id, 'incoming')
  return isOurs ? callForm(frame, id, 'outgoing') : h``
}

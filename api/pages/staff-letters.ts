import type { Context as HttpContext, Hono } from 'hono'
import type { Letter } from '../../letters/letter.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { factMeaning } from '../../procedures/judicial/packs/paper-facts.ts'
import type { MissingFact } from '../../procedures/mail/hand-letter-facts.ts'
import { isLegalLetter } from '../../procedures/mail/hand-letter-rules.ts'
import { type HandWritten, possibleLetters, whatStops, writeByHand } from '../../procedures/mail/hand-letters.ts'
import type { Office } from '../../procedures/office.ts'
import { DomainError } from '../../schema/errors.ts'
import { isLegal } from '../auth.ts'
import type { Context } from '../context.ts'
import { type CaseRow, requireCase } from '../graphql/cases.ts'
import { requireDocument } from '../graphql/documents.ts'
import { requireOwnLetter } from '../graphql/hand-letters.ts'
import { matches } from '../graphql/library.ts'
import { once } from '../graphql/once.ts'
import { asRefusal } from '../metrics.ts'
import { noteReading } from '../readings.ts'
import { channels, recipients } from '../site/words.ts'
import { factFields, typedFacts } from './fact-fields.ts'
import { type Doors, ownForm } from './guard.ts'
import { h, type Html, raw, said, send } from './page.ts'
import { refusal } from './portal-upload.ts'
import { type StaffFrame, staffPage } from './staff-board.ts'
import { onceByForm } from './staff-confirm.ts'
import { allowedTo, type FrameOf, type Told, type WithStaff } from './staff-door.ts'
import { searchOf, type Typed } from './typed.ts'

const path = '/bureau/ecrire'

/** `/bureau/ecrire`: any letter of the library that fits a case, chosen, completed, seen and written. */
export function mountStaffLetters(app: Hono, house: Doors, withStaff: WithStaff, frameOf: FrameOf): void {
  const allowed = allowedTo(withStaff, 'writeLetter')
  const show = async (c: HttpContext, ctx: Context, frame: StaffFrame, id: string, told: Told = {}) => {
    const found = await requireCase(ctx, told.typed?.['dossier'] ?? c.req.query('dossier') ?? '')
    noteReading(ctx, found.id, 'bureau')
    const page = id ? await letterPage(ctx, frame, found, id, told) : await choicePage(ctx, frame, found, searchOf(c))
    return send(c, page, told.error ? 422 : 200)
  }
  app.get(path, (c) =>
    allowed(c, async (who) => {
      const written = c.req.query('ecrit')
      if (written !== undefined) return send(c, await writtenPage(who.ctx, await frameOf(c, who), written))
      return show(c, who.ctx, await frameOf(c, who), (c.req.query('lettre') ?? '').slice(0, 100))
    }),
  )
  app.post(path, (c) =>
    allowed(c, async (who) => {
      const typed = await ownForm(house, c, who.sessionId)
      try {
        const { shown, documentId } = await write(who.ctx, typed)
        if (!shown) return c.redirect(`${path}?ecrit=${documentId}`, 303)
        const type = shown.format === 'pdf' ? 'application/pdf' : 'text/plain; charset=utf-8'
        return c.body(new Uint8Array(shown.bytes), 200, {
          'content-type': type,
          'content-disposition': 'inline; filename="projet"',
          'cache-control': 'no-store',
        })
      } catch (error) {
        asRefusal(error)
        return show(c, who.ctx, await frameOf(c, who), typed['lettre'] ?? '', { typed, error })
      }
    }),
  )
}

/** Writes it, or shows what it would be: the same act as the mutation of the API. */
async function write(ctx: Context, typed: Typed): Promise<Pick<HandWritten, 'shown' | 'documentId'>> {
  const letter = letterOf(loadLibrary(), typed['lettre'] ?? '')
  requireOwnLetter(ctx, letter.id)
  const dryRun = typed['geste'] !== 'ecrire'
  let shown: HandWritten['shown'] = null
  const run = async (office: Office, author: string) => {
    const { id: caseId } = await requireCase(ctx, typed['dossier'] ?? '', office.sql)
    const facts = typedFacts(letter.donnees, typed)
    const order = { caseId, letter: letter.id, channel: typed['canal'] ?? '', facts, dryRun }
    const written = await writeByHand(office, ctx.day, order, author)
    if (written.missing.length > 0) throw lacks(written.missing)
    shown = written.shown
    return { documentId: written.documentId }
  }
  const { documentId } = dryRun
    ? await once(ctx, 'writeLetter', { ...typed, idempotencyKey: null }, run)
    : await onceByForm(ctx, 'writeLetter', typed, run)
  return { shown, documentId }
}

const lacks = (missing: MissingFact[]): DomainError =>
  new DomainError('facts_missing', `Il manque\u00a0: ${missing.map(({ key }) => meaningOf(key)).join('\u00a0; ')}.`, {
    remedy: 'Remplissez ces champs, puis regardez de nouveau.',
    facts: { missing: missing.map(({ key }) => key) },
  })

const meaningOf = (key: string): string => factMeaning(key) ?? key

/** Many letters fit a case: a word finds the one that is meant. */
const mostListed = 40

async function choicePage(ctx: Context, frame: StaffFrame, found: CaseRow, text: string): Promise<Html> {
  const fitting = (await possibleLetters(ctx.sql, found.id)).filter(
    ({ letter }) => (isLegal(ctx.viewer) || !isLegalLetter(letter)) && matches(letter, { text }),
  )
  const line = (letter: Letter) =>
    h`<li><span class="on">${recipients[letter.destinataire]}</span><span><a href="${path}?dossier=${found.id}&amp;lettre=${letter.id}">${said(letter.titre)}</a><br>${said(letter.usage)}</span></li>`
  return staffPage(
    frame,
    'Écrire un courrier',
    h`<h1>Écrire un courrier, dossier ${found.number}</h1>
<form class="filter" action="${path}" method="get" role="search"><input type="hidden" name="dossier" value="${found.id}"><p><label for="q">De quoi s’agit-il\u00a0? Un mot du titre ou de l’usage</label><input id="q" type="search" name="q" value="${text}" maxlength="100" autocomplete="off"></p><p><button>Trouver</button></p></form>
${fitting.length === 0 ? h`<p class="note" role="status">Aucun courrier ne correspond.</p>` : h`<ul class="log">${fitting.slice(0, mostListed).map(({ letter }) => line(letter))}</ul>`}
${fitting.length > mostListed ? h`<p class="meta">Et ${fitting.length - mostListed} de plus\u00a0: précisez.</p>` : ''}`,
  )
}

async function letterPage(
  ctx: Context,
  frame: StaffFrame,
  found: CaseRow,
  id: string,
  { typed = {}, error }: Told,
): Promise<Html> {
  requireOwnLetter(ctx, id)
  const letter = letterOf(loadLibrary(), id)
  const { refusal: stop, missing, givable } = await whatStops(ctx.sql, ctx.day, { caseId: found.id, letter })
  const recorded = missing.filter(({ act }) => act !== null)
  const wanted = [...new Set(missing.filter(({ act }) => act === null).map(({ key }) => key.split(/[.[]/)[0]!))]
  const others = givable.filter((key) => !wanted.includes(key))
  const canaux = letter.canaux.filter((each) => each !== 'script-telephone')
  const form = h`<form action="${path}" method="post"><input type="hidden" name="jeton" value="${frame.token}"><input type="hidden" name="cle" value="${frame.key()}"><input type="hidden" name="dossier" value="${found.id}"><input type="hidden" name="lettre" value="${letter.id}">
<p><label for="canal">Par</label><select id="canal" name="canal">${canaux.map((each) => h`<option value="${each}"${typed['canal'] === each ? raw(' selected') : ''}>${channels[each]}</option>`)}</select></p>
${factFields(wanted, typed, meaningOf)}${others.length > 0 ? h`<details><summary>À ajouter s’il y a lieu</summary>${factFields(others, typed, meaningOf)}</details>` : ''}
<p class="row"><button class="plain" name="geste" value="voir" formtarget="_blank">Voir</button> <button name="geste" value="ecrire">Écrire</button></p></form>`
  return staffPage(
    frame,
    letter.titre,
    h`<h1>${said(letter.titre)}</h1><p class="lead">${said(letter.usage)} Dossier ${found.number}.</p>${refusal(error ?? stop ?? undefined)}
${recorded.length > 0 ? h`<div class="note"><p>À enregistrer d’abord au dossier\u00a0:</p><ul>${recorded.map(({ key }) => h`<li>${meaningOf(key)}</li>`)}</ul></div>` : ''}${stop ? '' : form}
<p><a href="${path}?dossier=${found.id}">Choisir un autre courrier</a></p>`,
  )
}

/** Where it is, and whether a person has to post it. */
async function writtenPage(ctx: Context, frame: StaffFrame, documentId: string): Promise<Html> {
  const { id, reference, caseId } = await requireDocument(ctx, documentId)
  noteReading(ctx, caseId, 'bureau')
  const [row] = await ctx.sql<{ isKept: boolean; hasWord: boolean }[]>`
    select not exists (select from dispatches o where o.document_id = d.id) as is_kept, editable is not null as has_word
    from documents d where id = ${id}`
  const file = `/bureau/courriers/${id}`
  return staffPage(
    frame,
    'Courrier écrit',
    h`<h1>Courrier ${reference}</h1><p class="good" role="status">${row!.isKept ? 'Il est écrit et gardé au dossier\u00a0: à vous de le remettre ou de le poster.' : 'Il est écrit, et part.'}</p>
<p><a href="${file}">Le lire</a>${row!.hasWord ? h` · <a href="${file}?file=docx">Le fichier Word</a>` : ''} · <a href="${path}?dossier=${caseId}">En écrire un autre</a> · <a href="/bureau">Revenir au jour</a></p>`,
  )
}

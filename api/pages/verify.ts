import type { Hono } from 'hono'
import { verifyFile } from '../../documents/proof/verify.ts'
import { readAgency } from '../../procedures/cases/agency.ts'
import { disagreement, knownByCode, knownByHash, type KnownFile } from '../../procedures/retention/known-files.ts'
import { DomainError } from '../../schema/errors.ts'
import { aboutCase } from '../../schema/trace.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { contactOf } from './contact.ts'
import { type FormFile, receiveForm } from './form-files.ts'
import { countAttempt, type Doors } from './guard.ts'
import { type Contact, contactBlock, dated, h, type Html, layout, send } from './page.ts'

const limit = { max: 30, minutes: 10 }
const fileLimit = { max: 10, minutes: 10 }
// An export of a case is read whole, and by anybody's request.
const mostHeld = 16 << 20
// What a form adds to the file that it carries.
const margin = 1 << 20

/** A code as a person copies it: spaces, case and the look-alikes of Crockford's alphabet are forgiven; null when it is none. */
export function readCode(text: string): string | null {
  const letters = text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(letters) ? letters.match(/.{4}/g)!.join('-') : null
}

/** The hash of a pack, as its manifest and its receipt print it. */
const readHash = (text: string): string | null =>
  /^[0-9a-f]{64}$/i.test(text.trim()) ? text.trim().toLowerCase() : null

/** `/verifier` and `/verifier/:code`: is this letter, this pack ours, and untouched? Says nothing of who owes what to whom. */
export function mountVerify(app: Hono, house: Doors): void {
  const { sql } = house.office
  app.get('/verifier', async (c) => {
    const typed = c.req.query('code')
    if (typed !== undefined) {
      const code = readHash(typed) ?? readCode(typed)
      if (code) return c.redirect(`/verifier/${code}`, 303)
      return send(c, form(contactOf(await readAgency(sql)), typed), 400)
    }
    return send(c, form(contactOf(await readAgency(sql))))
  })

  app.post('/verifier', async (c) => {
    await countAttempt(house, c, 'verifier-fichier', fileLimit)
    const length = Number(c.req.header('content-length') ?? NaN)
    if (!(length <= house.maxUpload + margin)) throw tooLong(house.maxUpload)
    return house.office.archive.drafting(async (folder) => {
      const { files, refused } = await receiveForm(c, folder, { files: 1, fileBytes: house.maxUpload })
      if (refused) throw refused
      const [file] = files
      if (!file) throw noFile()
      return send(c, filePage(contactOf(await readAgency(sql)), await checked(house, file)))
    })
  })

  app.get('/verifier/:code', async (c) => {
    await countAttempt(house, c, 'verifier', limit)
    const contact = contactOf(await readAgency(sql))
    const text = c.req.param('code')
    const [hash, code] = [readHash(text), readCode(text)]
    const found = hash ? await knownByHash(sql, hash) : code ? await knownByCode(sql, code) : undefined
    if (!found) return send(c, unknown(contact, text), 404)
    aboutCase(found.caseId)
    return send(c, known(contact, hash ?? code!, found, await disagreement(house.office, found)))
  })
}

interface Checked {
  name: string
  /** Null when it is nothing that can be verified. */
  ok: boolean | null
  sentence: string
  found: KnownFile | undefined
}

/** The file itself, by its own hashes and seal, and then whether this house made it. */
async function checked({ office }: Doors, { name, path, sha256 }: FormFile): Promise<Checked> {
  const found = await knownByHash(office.sql, sha256)
  if (found) aboutCase(found.caseId)
  try {
    return { name, found, ...(await verifyFile(path, mostHeld)) }
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'not_verifiable')) throw error
    return { name, found, ok: null, sentence: error.message }
  }
}

const tooLong = (most: number): DomainError =>
  new DomainError('body_too_large', `Ce fichier dépasse ${Math.floor(most / 1_000_000)}\u00a0Mo.`, {
    remedy:
      'Vérifiez-le sur votre ordinateur avec la commande «\u00a0courtois verify\u00a0», ou demandez-nous de le faire.',
  })

const noFile = (): DomainError =>
  new DomainError('empty_file', 'Aucun fichier n’a été choisi.', {
    remedy: 'Choisissez le fichier pack.zip ou pack.pdf, ou la lettre, tels que reçus.',
  })

const families: Record<string, string> = {
  'envoi-facture': 'envoi de facture',
  'avant-echeance': 'rappel avant échéance',
  'relance-cordiale': 'lettre de relance',
  'relance-ferme': 'lettre de relance',
  'mise-en-demeure': 'mise en demeure',
  'dernier-avis': 'dernier avis',
  engagements: 'lettre sur un engagement de paiement',
  contestations: 'réponse à une contestation',
  recherche: 'demande de coordonnées',
  'incidents-paiement': 'lettre sur un incident de paiement',
  'garants-et-tiers': 'lettre à un garant ou à un tiers',
  creancier: 'lettre à notre client',
  cloture: 'lettre de clôture',
  'rgpd-et-conformite': 'information sur les données personnelles',
  'commissaires-de-justice': 'lettre à un commissaire de justice',
}

const ways: Record<string, string> = {
  lettre: 'lettre simple',
  lrar: 'lettre recommandée avec avis de réception',
  lre: 'lettre recommandée électronique',
  email: 'courriel',
  sms: 'message',
  formulaire: 'formulaire joint à une lettre',
  'acte-prive': 'acte écrit',
}

/** The family of the letter, never its own title: a title may tell what the matter is. */
function kindOf({ letter, channel, version }: KnownFile): string {
  if (letter === null || channel === null) return `Dossier de procédure, version ${version}`
  const family = loadLibrary().letters.has(letter) ? letterOf(loadLibrary(), letter).famille : ''
  const kind = families[family] ?? 'document de procédure'
  return `${kind[0]!.toUpperCase()}${kind.slice(1)} (${ways[channel] ?? channel})`
}

function field(code = ''): Html {
  return h`<form action="/verifier" method="get" class="code">
<label for="code">Code de la lettre</label>
<p class="hint" id="aide">Douze lettres et chiffres, en bas de la première page\u00a0: «\u00a0Cette lettre est-elle authentique\u00a0? Code…\u00a0» D’un dossier de procédure, son empreinte\u00a0: les soixante-quatre chiffres et lettres de son manifeste ou de son reçu.</p>
<p class="row"><input id="code" name="code" value="${code}" required autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="80" aria-describedby="aide"><button>Vérifier</button></p>
</form>`
}

const fileField = h`<form action="/verifier" method="post" enctype="multipart/form-data" class="code">
<label for="fichier">Ou le fichier reçu</label>
<p class="hint" id="aide-fichier">Lettre en PDF, pack.zip, pack.pdf ou export d’un dossier, tel que reçu. Il est vérifié octet par octet, et n’est pas gardé.</p>
<p class="row"><input id="fichier" name="fichier" type="file" required accept=".pdf,.zip,.json" aria-describedby="aide-fichier"><button>Vérifier</button></p>
</form>`

const page = (contact: Contact, title: string, body: unknown): Html =>
  layout({
    title,
    brand: contact.name,
    body,
    foot: h`<p>Cette page ne dit rien de l’affaire dont parle la lettre\u00a0: ni le montant, ni les personnes.</p>${contactBlock(contact)}`,
  })

function form(contact: Contact, wrong?: string): Html {
  return page(
    contact,
    'Cette lettre est-elle authentique\u00a0?',
    h`<h1>Cette lettre est\u2011elle authentique\u00a0?</h1>
<p class="lead">Vous avez reçu une lettre à notre en-tête. Son code permet de savoir si elle vient bien de nous.</p>
${wrong === undefined ? '' : h`<p class="alert" role="alert">Ce code n’est pas complet\u00a0: il compte douze lettres et chiffres, comme 7K3M-Q2XZ-9T4C.</p>`}
${field(wrong)}
${fileField}`,
  )
}

function known(contact: Contact, code: string, found: KnownFile, wrong: string | null): Html {
  const isPack = found.version !== null
  const what = isPack ? 'Ce dossier' : 'Cette lettre'
  return page(
    contact,
    `${what} vient de nous`,
    h`<h1>${what} vient bien de nous</h1>
<dl class="facts">
<div><dt>${isPack ? 'Empreinte' : 'Code'}</dt><dd><code${isPack ? h` class="hash"` : ''}>${code}</code></dd></div>
<div><dt>${isPack ? 'Établi par' : 'Écrite par'}</dt><dd>${contact.name}</dd></div>
<div><dt>${isPack ? 'Établi le' : 'Datée du'}</dt><dd>${dated(found.madeOn)}</dd></div>
<div><dt>Référence</dt><dd>${found.reference}</dd></div>
<div><dt>Nature</dt><dd>${kindOf(found)}</dd></div>
</dl>
${
  wrong === null
    ? h`<p class="good" role="status">Notre exemplaire est intact\u00a0: son empreinte concorde, et le journal du dossier aussi.</p>`
    : h`<p class="alert" role="alert">${wrong} Appelez-nous avant de vous fier à ce document.</p>`
}
<p>Comparez ces mentions à ${isPack ? 'votre exemplaire' : 'votre lettre'}. Si l’une d’elles diffère, ou si l’on vous demande de payer sur un autre compte que celui ${isPack ? 'du dossier' : 'de la lettre'}, appelez-nous avant tout paiement.</p>
<p><a href="/verifier">Vérifier autre chose</a></p>`,
  )
}

function unknown(contact: Contact, code: string): Html {
  return page(
    contact,
    'Code inconnu',
    h`<h1>Nous ne reconnaissons pas ce code</h1>
<p class="alert" role="status">Aucune lettre de notre cabinet ne porte le code «\u00a0${code.slice(0, 40)}\u00a0».</p>
<p>Relisez-le, puis essayez de nouveau. S’il reste inconnu, la lettre ne vient peut-être pas de nous\u00a0: ne payez rien et appelez-nous au numéro ci-dessous, plutôt qu’à celui de la lettre.</p>
${field(readCode(code) ?? code.slice(0, 40))}`,
  )
}

function filePage(contact: Contact, { name, ok, sentence, found }: Checked): Html {
  const [title, isGood] =
    ok === null
      ? ['Ce fichier ne peut pas être vérifié', false]
      : !ok
        ? ['Ce fichier a été modifié', false]
        : found
          ? ['Ce fichier est intact et vient de nous', true]
          : ['Ce fichier est intact, mais nous ne le connaissons pas', false]
  const advice = isGood
    ? found?.copyOf
      ? h`Il est, octet pour octet, la copie que nous remettons au créancier\u00a0: le code de réponse, remis au seul débiteur, y est masqué, et rien d’autre ne change. La lettre envoyée a pour empreinte <code class="hash">${found.copyOf}</code>.`
      : 'Il est, octet pour octet, celui de nos archives.'
    : ok
      ? 'Il se tient de lui-même, mais nos archives ne gardent aucun document de cette empreinte\u00a0: appelez-nous avant de vous y fier.'
      : 'Ne vous y fiez pas avant de nous avoir appelés.'
  return page(
    contact,
    title,
    h`<h1>${title}</h1>
<p class="${isGood ? 'good' : 'alert'}" role="status">${sentence}</p>
<dl class="facts">
<div><dt>Fichier</dt><dd>${name}</dd></div>
${found ? h`<div><dt>Référence</dt><dd>${found.reference}</dd></div><div><dt>Nature</dt><dd>${kindOf(found)}</dd></div><div><dt>${found.version === null ? 'Datée du' : 'Établi le'}</dt><dd>${dated(found.madeOn)}</dd></div>` : ''}
</dl>
<p>${advice}</p>
<p><a href="/verifier">Vérifier autre chose</a></p>`,
  )
}

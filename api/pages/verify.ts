import type { Hono } from 'hono'
import { readAgency } from '../../procedures/cases/agency.ts'
import type { Day } from '../../schema/days.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { contactOf } from './contact.ts'
import { countAttempt, type Doors } from './guard.ts'
import { type Contact, contactBlock, dated, h, type Html, layout, send } from './page.ts'

const limit = { max: 30, minutes: 10 }

/** A code as a person copies it: spaces, case and the look-alikes of Crockford's alphabet are forgiven; null when it is none. */
export function readCode(text: string): string | null {
  const letters = text
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(letters) ? letters.match(/.{4}/g)!.join('-') : null
}

interface Genuine {
  reference: string
  writtenOn: Day
  letter: string
  channel: string
}

/** `/verifier` and `/verifier/:code`: is this letter ours? Says nothing of who owes what to whom. */
export function mountVerify(app: Hono, house: Doors): void {
  app.get('/verifier', async (c) => {
    const typed = c.req.query('code')
    if (typed !== undefined) {
      const code = readCode(typed)
      if (code) return c.redirect(`/verifier/${code}`, 303)
      return send(c, form(contactOf(await readAgency(house.office.sql)), typed), 400)
    }
    return send(c, form(contactOf(await readAgency(house.office.sql))))
  })

  app.get('/verifier/:code', async (c) => {
    await countAttempt(house, c, 'verifier', limit)
    const contact = contactOf(await readAgency(house.office.sql))
    const code = readCode(c.req.param('code'))
    const found = code && (await genuine(house, code))
    return found ? send(c, known(contact, code, found)) : send(c, unknown(contact, c.req.param('code')), 404)
  })
}

async function genuine(house: Doors, code: string): Promise<Genuine | undefined> {
  // A call sheet bears a code too, and is no letter; what was only shown to the creditor was not sent.
  const [found] = await house.office.sql<Genuine[]>`
    select reference, written_on, letter, channel from documents where code = ${code} and channel <> 'appel'`
  return found
}

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
function kindOf({ letter, channel }: Genuine): string {
  const family = loadLibrary().letters.has(letter) ? letterOf(loadLibrary(), letter).famille : ''
  const kind = families[family] ?? 'document de procédure'
  return `${kind[0]!.toUpperCase()}${kind.slice(1)} (${ways[channel] ?? channel})`
}

function field(code = ''): Html {
  return h`<form action="/verifier" method="get" class="code">
<label for="code">Code de la lettre</label>
<p class="hint" id="aide">Douze lettres et chiffres, en bas de la première page\u00a0: «\u00a0Cette lettre est-elle authentique\u00a0? Code…\u00a0»</p>
<p class="row"><input id="code" name="code" value="${code}" required autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" aria-describedby="aide"><button>Vérifier</button></p>
</form>`
}

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
    h`<h1>Cette lettre est-elle authentique\u00a0?</h1>
<p class="lead">Vous avez reçu une lettre à notre en-tête. Son code permet de savoir si elle vient bien de nous.</p>
${wrong === undefined ? '' : h`<p class="alert" role="alert">Ce code n’est pas complet\u00a0: il compte douze lettres et chiffres, comme 7K3M-Q2XZ-9T4C.</p>`}
${field(wrong)}`,
  )
}

function known(contact: Contact, code: string, found: Genuine): Html {
  return page(
    contact,
    'Cette lettre vient de nous',
    h`<h1>Cette lettre vient bien de nous</h1>
<dl class="facts">
<div><dt>Code</dt><dd><code>${code}</code></dd></div>
<div><dt>Écrite par</dt><dd>${contact.name}</dd></div>
<div><dt>Datée du</dt><dd>${dated(found.writtenOn)}</dd></div>
<div><dt>Référence</dt><dd>${found.reference}</dd></div>
<div><dt>Nature</dt><dd>${kindOf(found)}</dd></div>
</dl>
<p>Comparez ces mentions à votre lettre. Si l’une d’elles diffère, ou si l’on vous demande de payer sur un autre compte que celui de la lettre, appelez-nous avant tout paiement.</p>
<p><a href="/verifier">Vérifier une autre lettre</a></p>`,
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

import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { checkClause, checkLetter } from '../letters/check.ts'
import { readLibrary } from '../letters/check-library.ts'
import { lexicon } from '../letters/check-lexicon.ts'
import type { Fault } from '../letters/check-subject.ts'
import { shinglesOf } from '../letters/check-twins.ts'
import { factsFor } from '../scripts/commands/letter.ts'

const { library, faults: unreadable } = readLibrary()
const courtois = fileURLToPath(new URL('../scripts/courtois.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'courtois-check-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

type Edit = (text: string) => string
interface Seed {
  rule: string
  letter: string
  edit: Edit
  /** The line the fault is expected on: the one that holds these words; without it, the first one that changed. */
  at?: string
}

const swap =
  (from: string, to: string): Edit =>
  (text) => {
    if (!text.includes(from)) throw new Error(`the seed finds no « ${from} »`)
    return text.replace(from, to)
  }
const head =
  (key: string, value: string): Edit =>
  (text) =>
    text.replace(new RegExp(`^${key}:.*$`, 'm'), `${key}: ${value}`)
/** A paragraph of its own before the closing formula of the letter. */
const say = (words: string): Edit => {
  return (text) => {
    const closing = /^(\{% render 'politesse' %\}|Nous vous prions d|Bien à vous|\{% bloc 'signature' %\})/m
    if (!closing.test(text)) throw new Error('the seed finds no closing formula')
    return text.replace(closing, (found) => `${words}\n\n${found}`)
  }
}
const seed = (rule: string, letter: string, edit: Edit, at?: string): Seed => ({
  rule,
  letter,
  edit,
  ...(at ? { at } : {}),
})

const [first, formal, last] = ['relance-cordiale-pro', 'mise-en-demeure-pro', 'dernier-avis-pro']
const [firstConsumer, formalConsumer, lastConsumer] = [
  'relance-cordiale-particulier',
  'mise-en-demeure-particulier',
  'dernier-avis-particulier',
]
const [anyDebtor, neutral] = ['contestation-accuse-reception', 'recherche-contact-neutre']
const [early, sms] = ['avant-echeance-sms-trois-jours', 'relance-cordiale-sms']
const forty =
  'Nous vous rappelons avec toute la courtoisie qui convient que la somme indiquée plus haut reste à ce jour entièrement due au créancier qui nous a confié le soin de vous écrire et de recueillir vos observations sur les factures que vous avez reçues.'

const seeds: Seed[] = [
  // The head
  seed('en-tete', first, head('ton', '9')),
  seed('en-tete', first, head('destinataire', 'voisin')),
  seed('en-tete', first, head('premiere_lettre', 'peut-être')),
  seed('en-tete', first, head('canaux', '[pigeon]')),
  seed('en-tete', first, swap('titre: ', 'titre: un : deux')),
  seed('en-tete', first, (text) => text.replace(/^usage:.*\n/m, ''), '---'),
  seed('identifiant', first, head('id', 'relance-cordiale-autre')),
  seed('suite-inconnue', first, head('suite', 'courrier-qui-n-existe-pas')),
  seed('suite-inconnue', anyDebtor, head('suite', 'mise-en-demeure-pro\nsuite_autres: [courrier-qui-n-existe-pas]')),
  seed('suite-autre', firstConsumer, head('suite', 'relance-ferme-pro')),
  seed('suite-autre', first, head('suite', 'mise-en-demeure-particulier')),
  seed('suite-autre', anyDebtor, head('suite', 'mise-en-demeure-pro')),
  seed('suite-autre', anyDebtor, head('suite', 'mise-en-demeure-pro\nsuite_autres: [relance-ferme-pro]')),
  seed('suite-autre', first, head('suite', 'madagascar-premiere-relance')),
  seed('canal-sans-texte', first, head('canaux', '[lettre, sms]')),
  seed('canal-sans-texte', first, (text) => `${text}\n## sms\n\nAppelez-nous.\n`, '## sms'),
  seed('ton', first, head('ton', '7')),
  // Placeholders
  seed('donnee-inconnue', first, swap('donnees: [', 'donnees: [humeurs, ')),
  seed('donnee-inutilisee', first, swap('donnees: [', 'donnees: [promesse, ')),
  seed('fait-inconnu', first, say('{{ creancier.nomm }} vous remercie.')),
  seed('fait-non-declare', first, say('Votre promesse du {{ promesse.date | date_longue }} est notée.')),
  seed('fait-non-declare', last, swap(', miseEnDemeure', ''), '{{ miseEnDemeure.date'),
  seed('syntaxe', first, say('{% if dateLimite %}Merci.')),
  seed('syntaxe', first, say('{{ totaux.total | dollars }}')),
  seed('clause-inconnue', first, say("{% render 'clause-qui-n-existe-pas' %}")),
  seed('bloc-inconnu', first, say("{% bloc 'tableau' %}")),
  seed('clause-inconnue', first, say("{% assign nom = 'salutation' %}{% render nom %}")),
  // R124-4 and L111-8
  seed('premiere-lettre', first, swap("{% render 'premiere-lettre-r124-4' %}", ''), 'premiere_lettre:'),
  seed(
    'premiere-lettre',
    formalConsumer,
    swap("{% else %}{% render 'premiere-lettre-r124-4' %}", ''),
    'premiere_lettre:',
  ),
  seed('premiere-lettre', first, swap('{% if premiereLettre %}', '{% if dateLimite %}'), 'premiere_lettre:'),
  seed('premiere-lettre', last, say("{% render 'premiere-lettre-r124-4' %}"), 'premiere_lettre:'),
  seed(
    'l111-8',
    formal,
    say('Les frais de recouvrement entrepris sans titre exécutoire restent souvent à la charge du créancier.'),
  ),
  seed('l111-8', formal, say(lexicon.textes['l111-8']!.alineas[1]!.replace('tout ou partie', 'une partie'))),
  seed('rappel-premiere-lettre', last, swap("{% render 'rappel-premiere-lettre' %}", ''), "{% render 'salutation' %}"),
  seed(
    'rappel-premiere-lettre',
    last,
    swap("{% render 'rappel-premiere-lettre' %}", 'Lettre {{ premiereLettre.reference }}.'),
    "{% render 'salutation' %}",
  ),
  seed(
    'rappel-premiere-lettre',
    anyDebtor,
    swap(
      "{% render 'rappel-premiere-lettre' %}",
      "{% if contestation.canal %}{% render 'rappel-premiere-lettre' %}{% endif %}",
    ),
    "{% render 'salutation' %}",
  ),
  seed('rappel-premiere-lettre', last, swap('[premiereLettre, ', '['), 'donnees:'),
  seed('rappel-premiere-lettre', sms, swap(' du {{ premiereLettre.date | date_courte }}', ''), 'Bonjour, ici'),
  seed(
    'premiere-lettre',
    formal,
    swap('{% if premiereLettre and relancesAnterieures %}', '{% if relancesAnterieures %}'),
    "{% render 'demarches-anterieures' %}",
  ),
  // The look of an act
  seed('acte-imite', formal, say('COMMANDEMENT DE PAYER')),
  seed('acte-imite', formal, say('La présente vaut sommation de payer.')),
  seed('acte-imite', formal, say('Cette lettre vous est remise à la requête de {{ creancier.nom }}.')),
  seed('acte-imite', formal, say('RÉPUBLIQUE FRANÇAISE')),
  seed('acte-imite', formal, say('## Tribunal de commerce de Lyon')),
  seed('acte-imite', formal, say("Vu l'article 1344 du code civil, par ces motifs, payez.")),
  seed('acte-imite', formal, say('Cet exploit vous est signifié ce jour.')),
  seed('acte-imite', formal, say("**Étude d'huissiers de justice**")),
  seed('acte-imite', first, say('# Cour d’appel de Lyon')),
  seed('acte-imite', formal, say('Le présent acte vous est délivré ce jour.')),
  seed('acte-imite', 'injonction-information-debiteur', say('AU NOM DU PEUPLE FRANÇAIS')),
  // Court words
  seed('mot-judiciaire', formal, say('Le dossier sera remis au tribunal.')),
  seed('mot-judiciaire', first, say('Sans réponse, des poursuites seront engagées.')),
  seed('mot-judiciaire', formal, say('Une injonction de payer sera demandée.')),
  seed('mot-judiciaire', last, swap('pourrait notamment demander une injonction', 'demandera une injonction')),
  seed('mot-judiciaire', lastConsumer, swap('pourrait abandonner, attendre, ou demander', 'va demander')),
  seed('mot-judiciaire', anyDebtor, say('Si vous ne payez pas, vous serez assigné devant le juge.')),
  seed('mot-judiciaire', anyDebtor, say('La seule issue sera le tribunal.')),
  seed('mot-judiciaire', formal, say('Vous pouvez encore éviter le tribunal en payant.')),
  seed('mot-judiciaire', formal, say('Nous confierons votre dossier à la justice.')),
  seed('mot-judiciaire', lastConsumer, say('Vous recevrez une citation à comparaître.')),
  seed('mot-judiciaire', formal, say('Notre service juridique engagera la procédure.')),
  // Costs
  seed('frais', formal, say('Des frais de dossier de quinze euros sont ajoutés.')),
  seed('frais', firstConsumer, say('Les frais de relance sont à votre charge.')),
  seed('frais', formal, say('Frais de recouvrement : {{ totaux.frais | euros }}.')),
  seed('frais', firstConsumer, say('Le coût de ce courrier vous incombe.')),
  seed('frais', formal, say('Un supplément de gestion vous sera compté.')),
  seed('frais', anyDebtor, say('Nos honoraires de recouvrement vous seront facturés.')),
  // Consumers
  seed('consommateur', firstConsumer, say("Une indemnité forfaitaire s'ajoute à la somme.")),
  seed('consommateur', formalConsumer, say('Quarante euros vous sont réclamés pour le retard.')),
  seed('consommateur', formalConsumer, say("L'article L. 441-10 du code de commerce s'applique.")),
  seed('consommateur', lastConsumer, say('Les pénalités de retard continuent de courir.')),
  seed('consommateur', firstConsumer, say("{% render 'penalites-rappel' %}")),
  seed('consommateur', anyDebtor, say('Les pénalités courent (article {{ droit.penalitesArticle }}).')),
  seed(
    'consommateur',
    anyDebtor,
    say("{% if debiteur.type == 'consommateur' %}Une pénalité de retard est due.{% endif %}"),
  ),
  seed('consommateur', anyDebtor, say('{{ totaux.indemnite | euros }} sont dus pour le retard.')),
  // Threats
  seed('menace', formal, say('Un huissier se présentera à votre porte.')),
  seed('menace', lastConsumer, say('Nous procéderons à la saisie de vos biens.')),
  seed('menace', lastConsumer, say('Nous informerons votre employeur de la situation.')),
  seed('menace', formal, say('Votre fichage comme mauvais payeur sera demandé.')),
  seed('menace', formal, say('Nous déposerons plainte.')),
  seed('menace', lastConsumer, say('Vos comptes seront bloqués.')),
  seed('menace', lastConsumer, say('Votre salaire sera saisi.')),
  seed('menace', formal, say('Vos voisins seront informés de votre situation.')),
  seed('menace', lastConsumer, say('Nous appellerons votre employeur.')),
  seed('menace', formal, say('Votre dirigeant en répondra sur ses biens personnels.')),
  seed('menace', first, say('Nos agents passeront à votre domicile.')),
  // Third parties
  seed('tiers', neutral, swap('Merci de votre attention.', 'Cela concerne une dette ancienne.')),
  seed('tiers', neutral, swap('Merci de votre attention.', 'Il reste {{ totaux.total | euros }} à payer.')),
  seed('tiers', neutral, swap('Merci de votre attention.', 'Nous écrivons pour {{ creancier.nom }}.')),
  seed('tiers', neutral, swap('Merci de votre attention.', 'Un retard de paiement nous occupe.')),
  seed('tiers', sms, swap('Bonjour, ici', 'Facture impayée. Ici')),
  seed('tiers', sms, swap('Bonjour, ici', 'Vous devez {{ totaux.total | euros }}. Ici')),
  seed('tiers', sms, swap('Bonjour, ici', '{{ creancier.nom }} vous écrit. Ici')),
  seed('tiers', early, swap("{% render 'sms-creancier' %}", '{{ creancier.nom }}')),
  seed('tiers', early, swap('vous rappelle', 'vous rappelle la facture {{ factures[0].numero }} et')),
  seed(
    'tiers',
    'script-repondeur-professionnel',
    swap('Merci de me rappeler', 'Une facture reste impayée. Merci de me rappeler'),
  ),
  // Tone
  seed('ton', first, say('Nous vous mettons en demeure de payer.')),
  seed('ton', firstConsumer, say('Nous exigeons une réponse.')),
  seed('ton', last, say("N'hésitez pas à nous appeler.")),
  seed('ton', formal, say('Votre retard est inadmissible.')),
  seed('ton', formal, say('Tu dois payer maintenant.')),
  seed('ton', lastConsumer, say('Ce petit rappel vous sera utile.')),
  // Lengths
  seed(
    'sms-trop-long',
    sms,
    (text) => text.replace(/\n+$/, ` ${'Merci de nous rappeler dès que possible. '.repeat(6)}\n`),
    'Bonjour, ici',
  ),
  seed(
    'objet-trop-long',
    first,
    head('objet', `'Facture {{ factures[0].numero }}, ${'que nous vous rappelons avec courtoisie, '.repeat(3)}'`),
  ),
  seed('phrase-longue', first, say(forty)),
  seed('phrase-longue', first, say(`{% if factures.size > 1 %}${forty}{% else %}Merci.{% endif %}`)),
  seed('phrase-longue', anyDebtor, say(`{% if debiteur.type == 'consommateur' %}${forty}{% endif %}`)),
  // Typography and words
  seed('typographie', first, say('Voici le mot "rappel".')),
  seed('typographie', first, say('Merci de votre réponse...')),
  seed('typographie', first, say('Merci de  votre réponse.')),
  seed('typographie', first, say('Pouvez-vous nous répondre?')),
  seed('typographie', first, say('Dites «bon pour accord».')),
  seed('typographie', first, say('Merci,nous vous écoutons.')),
  seed('typographie', first, say('Payez vite !!')),
  seed('typographie', first, say('Cela nous tient à coeur.')),
  seed('typographie', first, say('Etant sans réponse, nous vous écrivons.')),
  seed('typographie', first, say('Une réponse - même brève - suffit.')),
  seed('typographie', first, say('A votre disposition, nous attendons.')),
  seed('typographie', formal, say('RÉPONDEZ RAPIDEMENT.')),
  seed('typographie', first, say('Appelez-nous à 15h30.')),
  seed('vocabulaire', formal, say("Ceci n'émane pas d'un huissier.")),
  seed('anglicisme', first, say('Répondez par mail.')),
  seed('anglicisme', first, say('Merci de respecter la deadline.')),
  seed('html', first, say('Merci de <b>payer</b>.')),
  seed('typst', first, say('#set text(red)')),
  seed('lien', first, say('[Payer](https://exemple.fr)')),
  seed('elision', first, say('Le dossier de {{ creancier.nom }} vous est connu.')),
  seed('elision', first, say('Nous savons que **{{ debiteur.nom }}** répond.')),
  seed('elision', first, say('Il s’agit de l’{{ factures[0].objet }}.')),
  seed('elision', first, say('{% for f in factures %}Le prix de {{ f.objet }}.{% endfor %}')),
  seed('elision', first, say('{% assign qui = creancier.nom | truncate: 30 %}La facture de {{ qui }}.')),
  seed('elision', first, say('Nos bureaux sont à {{ agence.adresse.ville }}.')),
  seed('elision', first, say("Le compte de {% render 'garant-debiteur' %} est ouvert.")),
  seed('accord', first, say("{% render 'garant-debiteur' %} est tenu de répondre.")),
  seed('accord', firstConsumer, say('Vous êtes tenu de répondre.')),
  seed('accord', firstConsumer, say('Vous vous êtes engagé à payer.')),
  seed('accord', first, say('Dans ce cas, {{ creancier.nom }} est prêt à vous entendre.')),
  seed('accord', first, say('**{{ debiteur.nom }}**, représenté par son dirigeant, répondra.')),
  // Values that the case or the dated law brings
  seed('valeur-en-dur', first, say('Merci de payer avant le 15 mars 2026.')),
  seed('valeur-en-dur', first, say('Merci de payer avant le 15/03/2026.')),
  seed('valeur-en-dur', first, say('Il reste 470,15 euros.')),
  seed('valeur-en-dur', formal, say('Le taux est de 12,15 % par an.')),
  seed('valeur-en-dur', first, say('Merci de payer sous huit jours.')),
  seed('valeur-en-dur', first, say('Vous avez au moins vingt jours pour répondre.')),
  seed('valeur-en-dur', first, say('Deux cents euros restent dus.')),
  seed('valeur-en-dur', formal, say('Le taux est de douze pour cent.')),
  seed('valeur-en-dur', formal, say("C'est ce que dit l'article L. 441-10 du code de commerce.")),
  seed(
    'valeur-en-dur',
    'mise-en-demeure-restitution-biens',
    say("{{ biensReserves[0].clause | default: 'clause des conditions générales' }} : voilà le texte."),
  ),
]

const lineOf = (text: string, words: string): number => text.split('\n').findIndex((row) => row.includes(words)) + 1
function firstChange(before: string, after: string): number {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return now.findIndex((row, i) => row !== old[i]) + 1
}

describe('each fault seeded into a good letter is caught by its rule, on its line', () => {
  test('there are at least sixty of them, of every kind', () => {
    expect(seeds.length).toBeGreaterThanOrEqual(60)
    expect(new Set(seeds.map(({ rule }) => rule)).size).toBeGreaterThanOrEqual(25)
  })

  test.each(seeds.map((each, i) => ({ ...each, name: `${i + 1} ${each.rule} in ${each.letter}` })))(
    '$name',
    ({ rule, letter: id, edit, at }) => {
      const letter = library.letters.get(id)!
      const text = edit(letter.source)
      const found = checkLetter(text, letter.file, library).map((fault) => `${fault.line} ${fault.rule}`)
      expect(found).toContain(`${at ? lineOf(text, at) : firstChange(letter.source, text)} ${rule}`)
    },
  )
})

test('a clause that no longer bears the law word for word, or one of the five mentions, is caught', () => {
  const law = library.clauses.get('l111-8')!
  const altered = law.text.replace('restent à la charge', 'sont à la charge')
  expect(checkClause(altered, law.file, library).map(({ rule }) => rule)).toEqual(['l111-8'])
  const mentions = library.clauses.get('premiere-lettre-r124-4')!
  for (const [from, to] of [
    ['{{ totaux.interets | euros }}', 'compris'],
    ['qui exerce une activité de recouvrement amiable', 'qui vous écrit'],
    ["{% render 'l111-8' %}", ''],
    [
      "{{ creancier.adresse.lignes | join: ', ' }}, {{ creancier.adresse.codePostal }} {{ creancier.adresse.ville }}",
      '',
    ],
  ] as const) {
    const rules = checkClause(mentions.text.replaceAll(from, to), mentions.file, library).map(({ rule }) => rule)
    expect(rules).toContain('premiere-lettre')
  }
  const clauses = new Map(library.clauses).set('l111-8', { ...law, body: { ...law.body, text: 'Rien.' } })
  const letter = library.letters.get(first)!
  expect(checkLetter(letter.source, letter.file, { ...library, clauses }).map(({ rule }) => rule)).toContain('l111-8')
})

test('a clause is held to what its readers may read', () => {
  const clause = library.clauses.get('aucun-frais')!
  const text = clause.text.replace('Aucuns frais', 'Un huissier passera chez vous. Des frais')
  expect(checkClause(text, clause.file, library).map(({ rule }) => rule)).toEqual(
    expect.arrayContaining(['menace', 'frais', 'mot-judiciaire']),
  )
})

test('a clause that sets « de » before the name it is given is caught, one that elides it is not', () => {
  const clause = library.clauses.get('de-nom')!
  const always = clause.text.replace(/\{%- if voyelles[^]*$/, 'de {{ nom }}')
  expect(checkClause(always, clause.file, library).map(({ rule }) => rule)).toEqual(['elision'])
  expect(checkClause(clause.text, clause.file, library)).toEqual([])
})

test('what a courteous letter may say is not a fault', () => {
  const fine: [string, string][] = [
    [formal, 'Aucuns frais de recouvrement ne vous sont réclamés, et cette lettre n’est pas un acte de procédure.'],
    [formal, 'Le sens de ce mot signifie que vous pouvez répondre ; votre commande est au dossier.'],
    [lastConsumer, 'Si un juge était saisi, il pourrait vous accorder des délais.'],
    [last, '{{ creancier.nom }} pourrait demander une provision en référé.'],
    [formalConsumer, 'Vous pouvez saisir gratuitement le médiateur de la consommation, ou un juge.'],
    [
      anyDebtor,
      "{% if debiteur.type == 'professionnel' %}Les pénalités de retard courent (article {{ droit.penalitesArticle }}).{% endif %}",
    ],
    [anyDebtor, "{% unless debiteur.type == 'consommateur' %}L'indemnité forfaitaire est due.{% endunless %}"],
    [anyDebtor, 'La loi n° 78-17 du 6 janvier 1978 vous donne un droit d’accès.'],
    [first, 'Une visite reste possible, si vous l’acceptez ; rien ne sera dit à un tiers.'],
    [first, "Le dossier {% render 'de-creancier' %} a été ouvert au {{ agence.gestionnaire.telephone }}."],
    [firstConsumer, "Vous êtes tenu{% if debiteur.civilite == 'Madame' %}e{% endif %} au courant."],
    [first, 'Écrivez à contact@exemple.fr ou sur https://exemple.fr/mail?x=1 : « bon pour accord » suffit.'],
  ]
  for (const [id, words] of fine) {
    const letter = library.letters.get(id)!
    expect(checkLetter(say(words)(letter.source), letter.file, library), words).toEqual([])
  }
})

test('a letter that says the same as another is named with it', () => {
  const letter = library.letters.get(formal)!
  const copy = letter.source
    .replace(`id: ${formal}`, 'id: mise-en-demeure-bis')
    .replace('restent impayées', 'sont impayées')
  const found = checkLetter(copy, 'mise-en-demeure-bis.md', library).filter(({ rule }) => rule === 'doublon')
  expect(found).toHaveLength(1)
  expect(found[0]!.message).toContain(`« ${formal} »`)
  expect(shinglesOf('un deux trois quatre cinq six').size).toBe(2)
  expect(shinglesOf("un {{ a.b }} trois {% render 'x' %} quatre cinq").size).toBe(1)
})

test('every letter and every clause of the library is accepted', () => {
  const faults: Fault[] = [...unreadable]
  for (const clause of library.clauses.values())
    faults.push(...checkClause(clause.text, clause.file, library, factsFor))
  for (const letter of library.letters.values())
    faults.push(...checkLetter(letter.source, letter.file, library, factsFor))
  expect(faults.map(({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`)).toEqual([])
})

test('one unreadable file does not hide the faults of the others', () => {
  mkdirSync(join(folder, 'library/essais'), { recursive: true })
  const good = library.letters.get(first)!.source
  writeFileSync(join(folder, 'library/essais/sans-tete.md'), 'Bonjour.\n')
  writeFileSync(join(folder, 'library/essais/ton-neuf.md'), good.replace(/^ton:.*$/m, 'ton: 9'))
  writeFileSync(join(folder, 'library/essais/relance-cordiale-pro.md'), good)
  writeFileSync(join(folder, 'library/essais/copie.md'), good)
  const read = readLibrary(folder)
  expect([...read.library.letters.keys()]).toEqual([first])
  expect(read.library.clauses.has('l111-8')).toBe(true)
  expect(read.faults.map(({ file, line, rule }) => `${file.split('/').pop()}:${line} ${rule}`).sort()).toEqual([
    'relance-cordiale-pro.md:2 identifiant',
    'sans-tete.md:1 en-tete',
    'ton-neuf.md:7 en-tete',
  ])
})

test('the command prints file:line rule message and exits 1, or prints nothing', async () => {
  const run = promisify(execFile)
  const bad = join(folder, 'relance-cordiale-pro.md')
  const letter = library.letters.get(first)!
  writeFileSync(bad, say('Répondez par mail.')(letter.source))
  const refused = await run(process.execPath, [courtois, 'letters', 'check', bad]).catch((error: unknown) => error)
  expect(refused).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/relance-cordiale-pro\.md:\d+ anglicisme « mail »/),
  })
  const { stdout } = await run(process.execPath, [courtois, 'letters', 'check', letter.file])
  expect(stdout).toBe('')
})

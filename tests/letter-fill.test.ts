import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Facts } from '../documents/facts.ts'
import { buildBloc, type Block } from '../documents/rendering/blocks.ts'
import { drawnCode, epcPayload } from '../documents/rendering/scan-codes.ts'
import { fill } from '../documents/rendering/fill.ts'
import { printable } from '../documents/typst/glyphs.ts'
import { renderHtml } from '../documents/rendering/html.ts'
import { renderText } from '../documents/rendering/text.ts'
import { ordered } from '../documents/rendering/pdf.ts'
import { exampleOf } from '../documents/rendering/example.ts'
import { amountInWords, wordsFr } from '../documents/rendering/numbers-fr.ts'
import { typographyFr } from '../documents/rendering/typography.ts'
import { letterOf, loadLibrary, versioned } from '../letters/catalogue.ts'
import { withTexts } from '../letters/example-sets.ts'
import { parseLetter } from '../letters/letter.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'
import { amountFr } from '../schema/money.ts'
import { hostile, letterFacts, library } from './fixtures/letters/sample.ts'

const essai = letterOf(library, 'essai-rappel')
const text = (blocks: Block[]): string => JSON.stringify(blocks)

test('a hostile name prints as itself in every text format', () => {
  const facts = letterFacts({ creditor: hostile, debtor: hostile })
  const filled = fill(library, essai, facts, 'lettre')
  expect(text(filled.blocks)).toContain(JSON.stringify(hostile).slice(1, -1))
  expect(renderText(filled)).toContain(hostile)
  const html = renderHtml(filled, '[[corps]][[expediteur]][[objet]]')
  expect(html).not.toContain('<b>@ref')
  expect(html).toContain('&lt;b&gt;@ref')
})

test('no name, whatever it holds, changes the structure of a letter', () => {
  const shape = (blocks: Block[]): unknown =>
    blocks.map((block) => ('items' in block ? [block.kind, block.items.map(shape)] : block.kind))
  const plain = fill(library, essai, letterFacts({}), 'lettre')
  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(name)),
      (name) => {
        const filled = fill(library, essai, letterFacts({ creditor: name }), 'lettre')
        expect(shape(filled.blocks)).toEqual(shape(plain.blocks))
      },
    ),
    { numRuns: 60 },
  )
})

test('a missing fact is refused with its name and the line of the letter', () => {
  const facts = letterFacts({})
  delete facts.delaiJours
  expect(() => fill(library, essai, facts, 'lettre')).toThrow(
    expect.objectContaining({ code: 'missing_fact', facts: expect.objectContaining({ key: 'delaiJours', line: 20 }) }),
  )
})

test.each([
  ['Lyon', 'à Lyon'],
  ['Le Havre', 'au Havre'],
  ['LES SABLES-D’OLONNE', 'aux SABLES-D’OLONNE'],
])('what is done in %s is done « %s », in a deed both sign and in the words of a letter', (ville, where) => {
  const said = (id: string): string => {
    const letter = letterOf(loadLibrary(), id)
    const facts = structuredClone(exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), loadLibrary()))
    Object.assign((facts['agence'] as { adresse: object }).adresse, { ville })
    return renderText(fill(loadLibrary(), letter, facts, letter.canaux[0]!))
  }
  expect(said('engagement-accord-echeancier-particulier')).toContain(`Fait ${where}, le`)
  expect(said('cloture-attestation-solde')).toContain(`Fait ${where}, le`)
})

test('a fact mentioned only under a condition may be absent', () => {
  const without = fill(library, essai, letterFacts({}), 'lettre')
  expect(text(without.blocks)).not.toContain('promis')
  const promise = { date: '2026-12-01', montant: '100.00' }
  expect(text(fill(library, essai, { ...letterFacts({}), promesse: promise }, 'lettre').blocks)).toContain(
    'Vous aviez promis 100,00\u00a0€',
  )
})

test('each channel has its own text and a channel without one is refused', () => {
  expect(renderText(fill(library, essai, letterFacts({}), 'sms'))).toBe(
    'Bonjour, Cabinet des Terreaux attend votre appel au 04 00 00 00 00. Dossier 2026-0117.',
  )
  expect(text(fill(library, essai, letterFacts({}), 'script-telephone').blocks)).toContain('Se présenter')
  expect(() => fill(library, essai, letterFacts({}), 'visite')).toThrow(
    expect.objectContaining({ code: 'channel_refused' }),
  )
})

test('facts of the wrong shape are refused before anything is written', () => {
  expect(() => fill(library, essai, { ...letterFacts({}), totaux: { total: '12,50' } }, 'lettre')).toThrow(/totaux/)
  expect(() => fill(library, essai, { ...letterFacts({}), nimporte: 1 }, 'lettre')).toThrow(/nimporte/)
})

test('a template reaches neither files, nor the clock, nor unescaped output', () => {
  for (const body of [
    "{% include 'x' %}",
    "{{ 'now' | date: '%Y' }}",
    '{{ creancier.nom | raw }}',
    "{% layout 'x' %}",
    '{% for i in (1..100000000) %}x{% endfor %}',
  ]) {
    const letter = parseLetter(
      essai.source.replace(/---\n\{\{ debiteur[\s\S]*$/, `---\n${body}\n`).replace(', sms, script-telephone', ''),
      'x.md',
    )
    expect(() => fill(library, letter, letterFacts({}), 'lettre')).toThrow(
      expect.objectContaining({ code: 'bad_letter' }),
    )
  }
})

test('French spaces are put where an editor forgot them, and never in a name', () => {
  expect(typographyFr('Prêt ? « oui » : 10 % ; voir http://a.fr:80/?x=1 à 10:30, n° 4, art. L. 111-8')).toBe(
    'Prêt\u00a0? «\u00a0oui\u00a0»\u00a0: 10\u00a0%\u00a0; voir http://a.fr:80/?x=1 à 10:30, n°\u00a04, art.\u00a0L.\u00a0111-8',
  )
  expect(typographyFr("Nous vous demandons d'")).toBe('Nous vous demandons d’')
  expect(typographyFr('Rien d’autre.  Bien à vous.')).toBe('Rien d’autre. Bien à vous.')
  const filled = fill(library, essai, letterFacts({ creditor: 'A ! B' }), 'lettre')
  expect(text(filled.blocks)).toContain('A ! B')
  expect(filled.objet).toContain('\u00a0: ')
})

test('a value that ends with a full stop leaves its sentence one, and any other the one of the letter', () => {
  const said = (creditor: string, body: string): string => {
    const source = essai.source.replace(/---\n\{\{ debiteur[\s\S]*$/, `---\n${body}\n`)
    const letter = parseLetter(source.replace(', sms, script-telephone', ''), 'x.md')
    return renderText(fill(library, letter, letterFacts({ creditor }), 'lettre'))
  }
  for (const body of [
    'Au profit de {{ creancier.nom }}. Fin.',
    'Au profit de **{{ creancier.nom }}**. Fin.',
    '{% capture qui %}de {{ creancier.nom }}.{% endcapture %}Au profit {{ qui }}. Fin.',
  ]) {
    expect(said('Roux S.A.', body)).toContain('Au profit de Roux S.A. Fin.')
    expect(said('Roux', body)).toContain('Au profit de Roux. Fin.')
  }
})

test('a SIREN and a SIRET are grouped as they are read, and what is neither is left as it is', () => {
  const body = '{{ creancier.siren | siren }} ; {{ creancier.siret | siren }} ; {{ creancier.rcs | siren }}'
  const source = essai.source.replace(/---\n\{\{ debiteur[\s\S]*$/, `---\n${body}\n`)
  const letter = parseLetter(source.replace(', sms, script-telephone', ''), 'x.md')
  const facts = letterFacts({})
  Object.assign(facts.creancier as object, { siren: '732829320', siret: '73282932000074', rcs: 'Lyon B 732829320' })
  const printed = renderText(fill(library, letter, facts, 'lettre')).replaceAll('\u00a0', ' ')
  expect(printed).toContain('732 829 320 ; 732 829 320 00074 ; Lyon B 732829320')
})

test('amounts are written in French words', () => {
  const cases: [bigint, string][] = [
    [0n, 'zéro euro'],
    [101n, 'un euro et un centime'],
    [47_015n, 'quatre cent soixante-dix euros et quinze centimes'],
    [8_000n, 'quatre-vingts euros'],
    [8_100n, 'quatre-vingt-un euros'],
    [7_171n, 'soixante et onze euros et soixante et onze centimes'],
    [20_000_000n, 'deux cent mille euros'],
    [100_000_000n, 'un million d’euros'],
    [
      123_456_789n,
      'un million deux cent trente-quatre mille cinq cent soixante-sept euros et quatre-vingt-neuf centimes',
    ],
  ]
  for (const [cents, words] of cases) expect(amountInWords(cents)).toBe(words)
  expect(wordsFr(80_000_000n)).toBe('quatre-vingts millions')
})

test('an ariary has no cents in use, and a sum that has some keeps them', () => {
  expect(amountFr(235_000_000n, 'MGA')).toBe('2\u202f350\u202f000\u00a0Ar')
  expect(amountFr(235_000_050n, 'MGA')).toBe('2\u202f350\u202f000,50\u00a0Ar')
  expect(amountFr(47_000n)).toBe('470,00\u00a0€')
})

test('the payment code says what EPC069-12 asks, and is left out when the IBAN is wrong', () => {
  expect(epcPayload('Pépinières', 'FR7630006000011234567890189', 'AGRIFRPPXXX', '470.15', 'PO445')).toBe(
    'BCD\n002\n1\nSCT\nAGRIFRPPXXX\nPépinières\nFR7630006000011234567890189\nEUR470.15\n\n\nPO445',
  )
  const paid = (iban: string) =>
    fill(library, essai, letterFacts({ iban }), 'lettre').blocks.find((block) => block.kind === 'payment')
  expect(paid('FR7630006000011234567890189')).toHaveProperty('qr')
  expect(paid('FR7630006000011234567890188')).not.toHaveProperty('qr')
})

test('the coupon’s code opens the page of that very coupon, and is drawn only where there is one', () => {
  const [coupon, adresseReponse] = ['H4TD-02WP-KX7B', 'https://terreaux.example.fr/r']
  const facts = letterFacts({}) as unknown as Facts
  const drawn = (references: object) =>
    buildBloc('coupon', { ...facts, references: { ...facts.references, coupon: undefined, ...references } })
  const { rows } = drawnCode('https://terreaux.example.fr/r/H4TD-02WP-KX7B')
  expect(drawn({ coupon, adresseReponse })).toMatchObject({ code: coupon, qr: rows })
  expect(drawn({ coupon, adresseReponse: undefined })).not.toHaveProperty('qr')
  expect(drawn({ adresseReponse })).not.toHaveProperty('qr')
})

test('what the fonts cannot print is shown as a square and what hides or reorders text is dropped', () => {
  expect(printable('Éléonore\u202e\u200b 漢 x\u0001')).toBe('Éléonore ■ x')
})

test('the version of a letter changes with its text, its clauses and its layout, and with nothing else', () => {
  const clauses = new Map(library.clauses)
  const version = versioned(essai, clauses, library.layout).version
  expect(version).toBe(essai.version)
  const clause = clauses.get('essai-clause')!
  expect(
    versioned(essai, new Map(clauses).set('essai-clause', { ...clause, text: `${clause.text} ` }), library.layout)
      .version,
  ).not.toBe(version)
  expect(versioned(essai, new Map(clauses).set('autre', { ...clause, id: 'autre' }), library.layout).version).toBe(
    version,
  )
  expect(versioned(essai, clauses, { ...library.layout, 'letter.typ': Buffer.from('x') }).version).not.toBe(version)
})

test('every text message holds in two, with the longest names, references and addresses', () => {
  const real = loadLibrary()
  const law = (day: string) => ({ ...lawTerms(parseDay(day)) })
  const page = 'https://repondre.etablissements-electromecaniques.example.fr/r'
  const widest: Record<string, string> = {
    'references.dossier': 'R-2026-0117-0042',
    'references.coupon': 'QKMT-7WXR-42HD',
    'references.adresseReponse': page,
    lienPaiement: `${page}/QKMT-7WXR-42HD`,
    'premiereLettre.reference': 'R-2026-0117-0042/12',
    'agence.gestionnaire.telephone': '+33 (0)4 72 10 20 30',
    'agence.horaires': 'du lundi au vendredi de 9 h à 12 h 30 et de 14 h à 17 h 30',
  }
  const messages = [...real.letters.values()].filter(({ canaux }) => canaux.includes('sms'))
  expect(messages.length).toBeGreaterThan(15)
  for (const letter of messages) {
    const facts = withTexts(exampleOf(letter, 'long', law, real), (value, path) => widest[path] ?? value)
    expect.soft(() => renderText(fill(real, letter, facts, 'sms')), letter.id).not.toThrow()
  }
})

test('a name cut short for the subject ends with a whole word and one sign, in a text message with three dots', () => {
  const real = loadLibrary()
  const law = (day: string) => ({ ...lawTerms(parseDay(day)) })
  const subject = (nom: string) => {
    const letter = real.letters.get('facture-envoi-nouveau-client')!
    const facts = exampleOf(letter, 'good', law, real)
    Object.assign(facts.creancier as object, { nom })
    return fill(real, letter, facts, 'lettre').objet
  }
  expect(subject('Établissements électromécaniques et frigorifiques du Sud')).toMatch(
    /^Bienvenue chez Établissements électromécaniques et…\u00a0: /,
  )
  expect(subject('Électromécaniquesetfrigorifiquesdugrandsudouestréunis')).toMatch(
    /chez Électromécaniquesetfrigorifiquesdugrandsud…\u00a0: /,
  )
  const neutral = real.letters.get('recherche-contact-neutre')!
  const message = renderText(fill(real, neutral, exampleOf(neutral, 'long', law, real), 'sms'))
  expect(message).toContain('... ')
  expect(message).not.toContain('…')
})

test.each(['injonction-requete-tribunal-commerce', 'injonction-requete-tribunal-judiciaire'])(
  '%s tells the court of a plan not kept only once an instalment has passed unpaid',
  (id) => {
    const real = loadLibrary()
    const letter = letterOf(real, id)
    const facts = exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), real)
    const agreed = (date: string, etat: string) => {
      const echeancier = {
        lignes: [{ rang: 1, date, montant: '470.15', etat }],
        total: '470.15',
        dateAccord: '2026-10-02',
      }
      return text(fill(real, letter, { ...facts, echeancier }, 'acte-prive').blocks)
    }
    expect(agreed('2026-11-10', 'à payer')).toContain('n’a pas été respecté')
    expect(agreed('2026-11-10', 'payée')).not.toContain('n’a pas été respecté')
    expect(agreed('2026-12-10', 'à payer')).not.toContain('n’a pas été respecté')
    // No signature of a plan is kept: what it acknowledges is argued, and never stated as a fact.
    expect(agreed('2026-11-10', 'à payer')).toContain('soutient que cet accord vaut reconnaissance')
  },
)

test('the page that bears a signature says something of what is signed', () => {
  const line = (text: string): Block => ({ kind: 'paragraph', runs: [{ text }] })
  const held = (blocks: Block[]) =>
    ordered(blocks).flatMap((block) =>
      'sticky' in block && block.kind === 'paragraph' ? block.runs.map(({ text }) => text) : [],
    )
  const signature: Block = { kind: 'signature', name: 'Hugo Marchand', quality: 'Gestionnaire', house: 'Cabinet' }
  expect(held([line('compte'), line('certifié'), line('Fait à Lyon'), signature])).toEqual(['certifié', 'Fait à Lyon'])
  expect(held([line('seul')])).toEqual([])
})

test.each([
  [
    'a debtor reads that a value is to be checked, and not what the house has still to read',
    'mise-en-demeure-particulier',
    false,
  ],
  ['the creditor reads why', 'creancier-rapport-dossier', true],
])('%s', (_what, id, readsWhy) => {
  const letter = letterOf(loadLibrary(), id)
  const facts = exampleOf(letter, 'good', (on) => lawTerms(parseDay(on)), loadLibrary())
  const doutes = [
    'Taux légal depuis le 01/07/2026 : 2,75 % par an, à vérifier. L’arrêté n’a pas été lu.',
    'Siège à relire.',
  ]
  const filled = fill(loadLibrary(), letter, { ...facts, totaux: { ...facts.totaux!, doutes } }, letter.canaux[0]!)
  expect(text(filled.blocks)).toContain('2,75 % par an, à vérifier.')
  expect(text(filled.blocks).includes('L’arrêté n’a pas été lu.')).toBe(readsWhy)
  expect(text(filled.blocks).includes('Siège à relire.')).toBe(readsWhy)
  expect(filled.facts.totaux!.doutes).toEqual(doutes)
})

test('« de » and « que » lose their vowel before a name that opens with one, and before « un mois »', () => {
  const real = loadLibrary()
  const law = (day: string) => lawTerms(parseDay(day))
  const named = /\.(nom|prenom|denomination|auteur|signataire|barreau|parquet|etude|organisme|titulaire)$/
  const faults: string[] = []
  for (const letter of real.letters.values()) {
    const facts = withTexts(exampleOf(letter, 'good', law, real), (value, path) =>
      named.test(path) ? 'Aubépine' : path === 'contrat.preavis' || path === 'mandat.preavis' ? 'un mois' : value,
    )
    for (const channel of letter.canaux.filter((each) => each !== 'sms')) {
      const filled = fill(real, letter, facts, channel)
      for (const said of [filled.objet, renderText(filled)]) {
        const fault = /(?<![\p{L}-])(de|que) (Aubépine|une? (mois|an)\b).*/iu.exec(said)
        if (fault) faults.push(`${letter.id}: ${fault[0]}`)
      }
    }
  }
  expect(faults).toEqual([])
})

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import type { Manifest } from '../documents/packs/manifest.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { deadline } from '../procedures/law/deadline.ts'
import { dayFr, parseDay } from '../schema/days.ts'
import { seededRandom } from '../schema/random.ts'
import type { TimelineLine } from '../scripts/demo/leave.ts'
import { courtois as run, type Run } from './cli.ts'
import { textOf } from './house.ts'
import { filesOf } from './root.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtois-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const courtois = (args: string[], options: Partial<Parameters<typeof run>[1]> = {}) =>
  run(args, { cwd: folder, ...options })

const first = join(folder, 'one')
const second = join(folder, 'elsewhere', 'deux')
const consumer = join(first, 'consumer')
const bytes = (...path: string[]) => new Uint8Array(readFileSync(join(...path)))
const json = <T>(...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as T
const hashes = (dir: string) => Object.fromEntries(filesOf(dir).map((name) => [name, sha256(bytes(dir, name))]))
const manifestOf = (...path: string[]) => JSON.parse(strFromU8(unzipSync(bytes(...path))['manifest.json']!)) as Manifest

let runs: Run[]
/** Every letter of a case as text, by file name. */
let letters: { business: Map<string, string>; consumer: Map<string, string> }
const textsOf = async (dir: string) =>
  new Map(
    await Promise.all(
      readdirSync(join(dir, 'letters'))
        .toSorted()
        .map(async (name) => [name, await textOf(bytes(dir, 'letters', name))] as const),
    ),
  )
const letter = (texts: Map<string, string>, words: string) => {
  const [found, ...others] = [...texts].filter(([name]) => name.includes(words))
  if (!found || others.length > 0)
    throw new Error(`${others.length + 1} letters for ${words}: ${[...texts.keys()].join(' ')}`)
  return found[1]
}

beforeAll(async () => {
  mkdirSync(join(folder, 'elsewhere'))
  runs = await Promise.all([
    courtois(['demo', '--out', first], { cwd: '/', env: { TZ: 'Pacific/Auckland', LANG: 'C' } }),
    courtois(['demo', '--out', 'deux'], {
      cwd: join(folder, 'elsewhere'),
      env: { TZ: 'America/Los_Angeles', LANG: 'fr_FR.UTF-8' },
    }),
  ])
  letters = { business: await textsOf(first), consumer: await textsOf(consumer) }
}, 150_000)

describe('the demo', () => {
  test('ends well and says where to look', () => {
    for (const run of runs) {
      expect(run).toMatchObject({ code: 0, err: '' })
      expect(run.out).toContain('À vérifier')
    }
  })

  test('leaves the same files, byte for byte, in any time zone, language and folder', () => {
    const files = hashes(first)
    expect(Object.keys(files).length).toBeGreaterThan(40)
    expect(hashes(second)).toEqual(files)
  })

  test('leaves what was promised, and no work behind', () => {
    const names = filesOf(first)
    for (const name of [
      'timeline.json',
      'case.json',
      'consent/accord.pdf',
      'consent/preuve.json',
      'pack/pack.pdf',
      'pack/pack.zip',
    ]) {
      expect(names).toContain(name)
      expect(names).toContain(`consumer/${name}`)
    }
    expect(names).toContain('consumer/pack/pack-signification.zip')
    expect(names).toContain('courtois-demo.json')
    expect(names.filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('lists in its timeline each file that it left, with its hash', () => {
    for (const dir of [first, consumer]) {
      const lines = json<TimelineLine[]>(dir, 'timeline.json').filter((line) => line.file !== undefined)
      for (const line of lines) {
        expect(sha256(bytes(dir, line.file!))).toBe(line.sha256)
        if (line.letter !== undefined) expect(line.version).toMatch(/^[0-9a-f]{40,64}$/)
      }
      expect(
        lines
          .filter((line) => line.letter !== undefined)
          .map((line) => line.file!)
          .toSorted(),
      ).toEqual(
        readdirSync(join(dir, 'letters'))
          .map((name) => `letters/${name}`)
          .toSorted(),
      )
      const days = json<TimelineLine[]>(dir, 'timeline.json').map((line) => line.done ?? line.planned)
      expect(days).toEqual(days.toSorted())
    }
  })
})

describe('FA-2017-0010', () => {
  test('has its steps on their days: J-8 to J+48, Sunday 14 January moved to Monday', () => {
    const steps = json<TimelineLine[]>(first, 'timeline.json')
      .filter(
        (line) =>
          line.channel !== 'procedure' &&
          line.letter !== 'rgpd-notice-information' &&
          !line.letter?.includes('coupon') &&
          line.letter !== 'creancier-consentement-formulaire',
      )
      .filter((line, i, all) => all.findIndex((other) => other.step === line.step) === i)
      .map(({ step, planned, done, channel, to, letter: name }) => [step, planned, done, channel, to, name])
    expect(steps).toEqual([
      ['facture', '2017-11-13', null, 'lettre', null, undefined],
      ['rappel', '2017-12-05', '2017-12-05', 'lettre', 'debiteur', 'relance-avant-echeance-simple'],
      ['cordiale', '2017-12-21', '2017-12-21', 'lettre', 'debiteur', 'relance-cordiale-pro'],
      ['appel', '2017-12-29', '2017-12-29', 'appel', 'operateur', 'script-j16-paiement-immediat-pro'],
      ['demeure.prevenir', '2018-01-02', '2018-01-02', 'email', 'creancier', 'creancier-information-passage-amiable'],
      ['demeure', '2018-01-06', '2018-01-06', 'lrar', 'debiteur', 'mise-en-demeure-pro'],
      ['dernier-appel', '2018-01-15', '2018-01-15', 'appel', 'operateur', 'script-j32-derniere-relance-pro'],
      ['dernier-avis', '2018-01-22', '2018-01-22', 'lrar', 'debiteur', 'dernier-avis-pro'],
      ['judiciaire', '2018-01-30', '2018-01-30', 'email', 'creancier', 'creancier-demande-consentement-judiciaire'],
    ])
  })

  test('skips the sending of the invoice, as already sent', () => {
    expect(json<TimelineLine[]>(first, 'timeline.json')[0]).toMatchObject({
      step: 'facture',
      done: null,
      skipped: 'Facture déjà envoyée par le créancier.',
    })
  })

  test('is filed only when the eight days of the last letter have run from its first presentation', () => {
    const { dispatches, documents } = json<{
      dispatches: { document_id: string; presented_on: string | null }[]
      documents: { id: string; letter: string; facts: { delaiJours: number; dateLimite: { date: string } } }[]
    }>(first, 'case.json')
    const last = documents.find((document) => document.letter === 'dernier-avis-pro')!
    const presentedOn = Temporal.PlainDate.from(
      dispatches.find((dispatch) => dispatch.document_id === last.id)!.presented_on!,
    )
    expect(last.facts.delaiJours).toBe(8)
    const filed = json<TimelineLine[]>(first, 'timeline.json').find((line) => line.step === 'requete')!.done!
    expect(Temporal.PlainDate.compare(filed, presentedOn.add({ days: 8 }))).toBe(1)
    expect(filed > last.facts.dateLimite.date).toBe(true)
    expect(filed < '2018-03-01').toBe(true)
  })

  test('leaves the page that says what the creditor answered, beside the bytes that it read', async () => {
    for (const dir of [first, consumer]) {
      const proof = json<{ signedPdfSha256: string; signedBy: string }>(dir, 'consent/preuve.json')
      expect(sha256(bytes(dir, 'consent/accord-lu.pdf'))).toBe(proof.signedPdfSha256)
      const text = await textOf(bytes(dir, 'consent/accord.pdf'))
      for (const words of ['OUI, la procédure est autorisée', proof.signedBy]) expect(text).toContain(words)
      expect(text.replaceAll(' ', '')).toContain(sha256(bytes(dir, 'consent/preuve.json')))
    }
  })

  test('speaks the law of 2017 in every letter and in the pack', async () => {
    const texts = new Map([
      ...letters.business,
      ['pack.pdf', await textOf(bytes(first, 'pack/pack.pdf'))],
      ['accord.pdf', await textOf(bytes(first, 'consent/accord.pdf'))],
    ])
    for (const [name, text] of texts) {
      for (const later of [
        /L\. ?441-10/,
        /commissaires? de justice/i,
        /RGPD/,
        /2016\/679/,
        /tribunal judiciaire/i,
        /activités économiques/i,
      ])
        expect(text, `${name}`).not.toMatch(later)
    }
    expect(letter(letters.business, 'relance-cordiale-pro')).toContain('L. 441-6')
    expect(letter(letters.business, 'debiteur-mise-en-demeure-pro')).toContain('L. 441-6')
    expect([...texts.values()].some((text) => text.includes('huissier de justice'))).toBe(true)
    expect(texts.get('pack.pdf')).toContain('tribunal de commerce de Lyon')
  })

  test('prints no transfer code to scan for an IBAN that fails its check, and says the IBAN is doubtful', () => {
    for (const [name, text] of letters.business) expect(text, `${name}`).not.toContain('prêt à scanner')
    expect(runs[0]!.out).toMatch(/L.IBAN FR2012421242124212421242124 ne passe pas le contrôle/)
  })

  test('shows both SIRETs as doubtful and goes on', () => {
    expect(runs[0]!.out).toMatch(/SIRET 99999999800010 .* ne passe pas/)
    expect(runs[0]!.out).toMatch(/SIRET 78787878400035 .* ne passe pas/)
  })
})

describe('the consumer', () => {
  test('reads the law of 2026, and never of 40 € nor of penalties between professionals', async () => {
    const texts = new Map([
      ...letters.consumer,
      ['pack.pdf', await textOf(bytes(consumer, 'pack/pack.pdf'))],
      ['signification.pdf', await textOf(bytes(consumer, 'pack/pack-signification.pdf'))],
    ])
    for (const [name, text] of texts) {
      for (const wrong of [
        /L\. ?441-6/,
        /L\. ?441-10/,
        /D\. ?441-5/,
        /huissiers? de justice/i,
        /tribunal d'instance/i,
        /grande instance/i,
        /(?<![\d ,])40(,00)? ?€/,
      ])
        expect(text, `${name}`).not.toMatch(wrong)
    }
    expect(texts.get('pack.pdf')).toContain('tribunal judiciaire de Lyon')
    expect(texts.get('signification.pdf')).toContain('commissaire de justice')
    expect(letter(letters.consumer, 'rgpd-notice-information')).toMatch(/RGPD|2016\/679/)
  })

  test('is offered a transfer code to scan, the ombudsman and time to pay', () => {
    expect(letter(letters.consumer, 'relance-cordiale-particulier')).toContain('prêt à scanner')
    const last = letter(letters.consumer, 'dernier-avis-particulier')
    expect(last).toContain('Médiateur de la consommation')
    expect(last).toContain('Banque de France')
  })

  test('disputes, is answered, pays a part and stops, and each of these is in the timeline', () => {
    const steps = json<TimelineLine[]>(consumer, 'timeline.json').map((line) => line.letter ?? line.step)
    const order = [
      'facture-envoi-particulier',
      'relance-cordiale-particulier',
      'contestation-accuse-reception',
      'contestation-reponse-non-conformite',
      'engagement-accord-echeancier-particulier',
      'engagement-echeance-manquee',
      'mise-en-demeure-particulier',
      'dernier-avis-particulier',
      'creancier-demande-consentement-judiciaire',
      'requete',
      'ordonnance',
      'signification',
    ]
    const places = order.map((step) => steps.indexOf(step))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('has an order of September 2026 to be served within three months, under article 1411', async () => {
    const order = json<TimelineLine[]>(consumer, 'timeline.json').find((line) => line.step === 'ordonnance')!.done!
    expect(order).toMatch(/^2026-09-/)
    const last = deadline({ from: parseDay(order), duration: { years: 0, months: 3, days: 0 } }).expires
    const manifest = manifestOf(consumer, 'pack/pack-signification.zip')
    expect(manifest.summary).toContainEqual({
      label: expect.stringContaining('Signifier'),
      value: `${dayFr(last)} (CPC 1411)`,
    })
    const text = await textOf(bytes(consumer, 'pack/pack-signification.pdf'))
    expect(text).toContain(dayFr(last).replaceAll('\u00a0', ' '))
    expect(text).toContain('1411')
    // The same in figures: an order of the 28th is served by Monday 28 December, one of the 30th by Wednesday the 30th.
    const known: Record<string, string> = {
      '2026-09-28': '2026-12-28',
      '2026-09-29': '2026-12-29',
      '2026-09-30': '2026-12-30',
    }
    expect(last.toString()).toBe(known[order] ?? last.toString())
  })
})

// Word for word, from the code: CPCE L111-8, second and third paragraphs.
const l1118 = [
  "Les frais de recouvrement entrepris sans titre exécutoire restent à la charge du créancier, sauf s'ils concernent un acte dont l'accomplissement est prescrit par la loi au créancier. Toute stipulation contraire est réputée non écrite, sauf disposition législative contraire.",
  "Cependant, le créancier qui justifie du caractère nécessaire des démarches entreprises pour recouvrer sa créance peut demander au juge de l'exécution de laisser tout ou partie des frais ainsi exposés à la charge du débiteur de mauvaise foi.",
]
/** A quotation may run over a page, where the footer of one and the head of the next stand in between. */
const withoutFooter = (text: string) =>
  text.replace(/Cabinet Vasseur Recouvrement, SAS au capital.*?\/verifier /g, '').replace(/page \d\/\d /g, '')

describe('the first letter after the due date', () => {
  test.each([
    [
      'business',
      'relance-cordiale-pro',
      [
        'Au bon moulin',
        "1242 chemin de l'olive",
        'FA-2017-0010',
        'principal 470,15 €',
        'intérêts 1,03 €',
        "40,00 € d'indemnité",
        'la somme de 511,18 €',
      ],
    ],
    [
      'consumer',
      'relance-cordiale-particulier',
      [
        'Menuiserie Delorme',
        '7 rue des Ateliers',
        'MD-2026-0147',
        'principal 1 842,50 €',
        'intérêts 0,00 €',
        'autres accessoires : néant',
        'la somme de 1 842,50 €',
      ],
    ],
  ] as const)('of the %s carries the five mentions of R124-4', (who, name, wanted) => {
    const text = withoutFooter(letter(letters[who], name))
    for (const words of [
      'Cabinet Vasseur Recouvrement',
      '18 quai Tilsitt',
      'activité de recouvrement amiable',
      ...wanted,
      'doit être payée au créancier',
      ...l1118,
    ])
      expect(text).toContain(words)
  })

  test.each([
    ['business', '2017-0001/2'],
    ['consumer', '2026-0001/3'],
  ] as const)('of the %s is recalled by every later letter, call and form to the debtor', (who, reference) => {
    const on = json<TimelineLine[]>(who === 'business' ? first : consumer, 'timeline.json').find(
      (line) => line.step === 'cordiale',
    )!.done!
    const date = dayFr(parseDay(on)).replaceAll('\u00a0', ' ')
    const later = [...letters[who]].filter(([name]) => name.slice(3, 13) > on && /debiteur|operateur/.test(name))
    expect(later.length).toBeGreaterThanOrEqual(5)
    for (const [name, text] of later) {
      expect(text, `${name}`).toContain(reference)
      expect(text, `${name}`).toContain(date)
    }
  })

  test.each(['business', 'consumer'] as const)('of the %s is the first thing sent after the due date', (who) => {
    const due = json<{ case: { anchor_on: string } }>(who === 'business' ? first : consumer, 'case.json').case.anchor_on
    expect(due).toMatch(who === 'business' ? /^2017-12-13$/ : /^2026-06-/)
    const after = [...letters[who].keys()].filter((name) => name.slice(3, 13) > due)
    expect(after[0]).toContain('relance-cordiale')
    for (const [name, text] of letters[who])
      expect(text.includes('R. 124-4') && name.slice(3, 13) <= due, `${name}`).toBe(false)
  })
})

describe('verify', () => {
  const packs = [
    'pack/pack.zip',
    'pack/pack.pdf',
    'consumer/pack/pack.zip',
    'consumer/pack/pack.pdf',
    'consumer/pack/pack-signification.zip',
    'consumer/pack/pack-signification.pdf',
  ]

  test('finds every pack of the demo untouched', async () => {
    for (const name of packs) expect(await verifyFile(bytes(first, name)), `${name}`).toMatchObject({ ok: true })
  })

  test('finds every letter untouched, and one changed byte in any of them', async () => {
    const random = seededRandom('letters')
    for (const dir of [first, consumer]) {
      for (const name of readdirSync(join(dir, 'letters'))) {
        const original = bytes(dir, 'letters', name)
        expect(await verifyFile(original), `${name}`).toMatchObject({ ok: true, kind: 'pdf' })
        const changed = original.slice()
        changed[100 + (Buffer.from(random.bytes(4)).readUInt32BE() % (original.length - 100))]! ^= 1
        expect(await verifyFile(changed), `${name}`).toMatchObject({ ok: false })
      }
    }
  })

  test('says of the invoice sent with its cover letter that it is the creditor’s own document, and exits 2', async () => {
    const [name, ...others] = readdirSync(join(consumer, 'invoices'))
    expect(others).toEqual([])
    const run = await courtois(['verify', join(consumer, 'invoices', name!)])
    expect(run.code).toBe(2)
    expect(run.err).toContain('la facture MD-2026-0147 de «\u00a0Menuiserie Delorme\u00a0», document du créancier')
  })

  test('exits 2 on a text that only names the format of a pack', async () => {
    writeFileSync(join(folder, 'names-it.json'), '{ "format": "courtois-pack/1" }')
    expect(await courtois(['verify', 'names-it.json'])).toMatchObject({ code: 2, out: '' })
  })

  test('finds one changed byte of a ZIP wherever it is', async () => {
    const random = seededRandom('bytes')
    for (const name of ['pack/pack.zip', 'consumer/pack/pack-signification.zip']) {
      const original = bytes(first, name)
      const places = Array.from({ length: 12 }, () => Buffer.from(random.bytes(4)).readUInt32BE() % original.length)
      for (const place of [0, original.length - 1, ...places]) {
        const changed = original.slice()
        changed[place]! ^= 1
        expect(await verifyFile(changed), `${name} at ${place}`).toMatchObject({ ok: false })
      }
    }
  })

  test('exits 0 on both packs, alone in a folder of its own, and 1 after one flipped byte, with a sentence', async () => {
    const alone = mkdtempSync(join(folder, 'alone-'))
    for (const name of ['pack/pack.zip', 'consumer/pack/pack-signification.zip']) {
      writeFileSync(join(alone, 'a.zip'), bytes(first, name))
      expect(await courtois(['verify', 'a.zip'], { cwd: alone })).toMatchObject({ code: 0, err: '' })
    }
    const changed = bytes(first, 'pack/pack.zip')
    changed[Math.floor(changed.length / 2)]! ^= 0x10
    writeFileSync(join(alone, 'b.zip'), changed)
    const refused = await courtois(['verify', 'b.zip'], { cwd: alone })
    expect(refused.code).toBe(1)
    expect(refused.err).not.toMatch(/\n\s+at /)
    expect(refused.err.trim().length).toBeGreaterThan(20)
  })
})

describe('the pack for the court', () => {
  test.each([first, consumer])('is complete in %s: nothing is missing, so nobody has to say why', (dir) => {
    const manifest = manifestOf(dir, 'pack/pack.zip')
    expect(manifest.missing).toEqual([])
    expect(manifest.reason).toBeUndefined()
  })

  test('has the post’s proofs of each registered letter under its number, marked as specimens', async () => {
    for (const dir of [first, consumer]) {
      const exhibits = manifestOf(dir, 'pack/pack.zip').files.flatMap(({ exhibit }) => exhibit ?? [])
      const notices = exhibits.filter(({ type }) => type === 'MISE EN DEMEURE')
      expect(notices.length).toBeGreaterThanOrEqual(2)
      for (const { number } of notices) {
        const proofs = exhibits.filter((one) => one.number.startsWith(`${number}-`)).map(({ type }) => type)
        expect(proofs).toEqual(['PREUVE DE DÉPÔT', 'AVIS DE RÉCEPTION'])
      }
      const text = await textOf(bytes(dir, 'pack/pack.pdf'))
      expect(text).toContain(`Pièce n° ${notices[0]!.number}-2 — page 1/1`)
      expect(text).toContain('DOCUMENT FICTIF, POUR LA DÉMONSTRATION')
    }
  })
})

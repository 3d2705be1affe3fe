import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { exhibitTitle } from '../documents/exhibits/title.ts'
import { exhibitCitations } from '../procedures/cases/exhibits/exhibit-citations.ts'
import { gatherExhibits } from '../procedures/cases/exhibits/exhibit-gather.ts'
import { attachPostalProof } from '../procedures/cases/exhibits/exhibit-proofs.ts'
import {
  attachExhibit,
  type Exhibit,
  exhibitNumber,
  numberExhibits,
  readExhibits,
  withdrawExhibit,
} from '../procedures/cases/exhibits/exhibits.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { day, fileOf, type House, liveUntil, openCase, ordinary, textOf, useHouse } from './house.ts'

const data = Buffer.from(
  JSON.stringify({
    number: 'F-1',
    issued_on: '2026-05-11',
    due_on: '2026-06-10',
    currency: 'EUR',
    total: '1000.00',
    seller: { name: 'Papeterie Rhône-Alpes' },
    buyer: { name: 'Garage du Pont' },
  }),
)
const mail = (attachments: { name: string; text: string }[]) =>
  Buffer.from(
    [
      'From: Garage <garage@client.example>',
      'To: compta@papeterie-ra.example',
      'Subject: Votre facture F-1',
      'Date: Thu, 02 Jul 2026 09:00:00 +0200',
      'MIME-Version: 1.0',
      'Content-Type: multipart/mixed; boundary=b',
      '',
      '--b\nContent-Type: text/plain\n\nNous vous paierons la semaine prochaine.',
      ...attachments.map(
        ({ name, text }) =>
          `--b\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="${name}"\n\n${text}`,
      ),
      '--b--\n',
    ].join('\n'),
  )
const reply = mail([
  { name: 'accord.txt', text: 'Bon pour accord.' },
  { name: 'Pièce n° 41.txt', text: 'Le carton ouvert.' },
  { name: 'lisez-moi.exe', text: 'MZ...' },
])

const registered = async ({ sql }: House): Promise<{ id: string; reference: string; writtenOn: string }> => {
  const [letter] = await sql<{ id: string; reference: string; writtenOn: string }[]>`
    select id, reference, written_on::text from documents where channel = 'lrar' and attached_to is null order by written_on limit 1`
  return letter!
}
const prove = async (made: House, proof: 'depot' | 'reception', on: string) =>
  attachPostalProof(
    made.office,
    made.sql,
    day(on),
    {
      documentId: (await registered(made)).id,
      proof,
      datedOn: day(on),
      bytes: Buffer.from(`Preuve du ${on}`),
      fileName: `${proof}.txt`,
    },
    'La Poste',
  )
const attach = async (
  made: House,
  bytes: Uint8Array,
  fileName: string,
  on: string,
  kind: Exhibit['kind'] = 'echange',
) => {
  const [found] = await made.sql<{ id: string }[]>`select id from cases`
  const given = { caseId: found!.id, kind, reference: fileName, datedOn: day(on), proves: 'ce qu’elle dit' }
  return attachExhibit(made.office, made.sql, day(on), { ...given, bytes, fileName }, 'test')
}

// The invoice came as JSON; the debtor answered by e-mail; the post proved the first registered letter. The creditor is asked on 21 July.
const house = useHouse(async (made) => {
  const caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [ordinary()],
  })
  await made.sql`update invoices set original = ${await made.office.archive.put(data)} where case_id = ${caseId}`
  await attach(made, reply, 'reponse.eml', '2026-07-02')
  await liveUntil(made, '2026-06-11', '2026-07-12')
  await prove(made, 'depot', '2026-07-12')
  await prove(made, 'reception', '2026-07-12')
  await liveUntil(made, '2026-07-13', '2026-07-22')
})

const caseOf = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
const exhibits = async () => readExhibits(house.sql, await caseOf())
const listed = async () => (await exhibits()).map((one) => `${exhibitNumber(one)} ${one.kind}`)
const numberOf = async (kind: Exhibit['kind']) => exhibitNumber((await exhibits()).find((one) => one.kind === kind)!)
const request = async () =>
  readConsentRequest(house.sql, (await house.sql<{ id: string }[]>`select id from consent_requests`)[0]!.id)
const live = async () =>
  (await house.sql`select 1 from consent_ends`).length === 0 && (await house.sql`select 1 from consents`).length === 1

async function sign(): Promise<string> {
  const { id, contentSha256 } = await request()
  const given = { signedBy: 'Inès Roche', capacity: 'présidente', evidence: {} }
  await giveConsent(house.sql, day('2026-07-23'), { requestId: id, contentSha256, ...given })
  return id
}

test.each([
  ['FACTURE', 'FA-1', '2017-11-13', 'FACTURE n° FA-1 du 13/11/2017'],
  ['ÉCHANGE', 'courriel de relance', '2026-07-02', 'ÉCHANGE, courriel de relance du 02/07/2026'],
  ['ÉCHANGE', 'courriel du 02/07/2026', '2026-07-02', 'ÉCHANGE, courriel du 02/07/2026'],
  ['ÉCHANGE', 'IMG_0042.jpg', null, 'ÉCHANGE, IMG_0042.jpg'],
  ['EXTRAIT KBIS', '552 081 317', null, 'EXTRAIT KBIS n° 552 081 317'],
  ['MANDAT', undefined, '2026-06-11', 'MANDAT du 11/06/2026'],
])('an exhibit %s « %s » of %s is named as a lawyer would: %s', (type, reference, date, title) => {
  expect(exhibitTitle(type, reference, date)).toBe(title)
})

describe('the numbers of exhibits', () => {
  test('follow the conventional order, and what goes with an exhibit follows it under its number', async () => {
    expect(await listed()).toEqual([
      '1 facture',
      '2 echange',
      '2-1 echange',
      '2-2 echange',
      '3 relance',
      '4 mise-en-demeure',
      '4-1 preuve-depot',
      '4-2 preuve-reception',
      '5 mise-en-demeure',
    ])
    const joined = (await exhibits()).filter(({ parentId, kind }) => parentId !== null && kind === 'echange')
    expect(joined.map(({ reference }) => reference)).toEqual(['accord.txt', 'Pièce 41.txt'])
    expect((await exhibits()).find(({ sub }) => sub === null)!.parentId).toBeNull()
  })

  test('are those of the bordereau that the creditor reads, and of the citations of the application', async () => {
    const [row] = await house.sql<
      { content: { role: string; sha256: string }[] }[]
    >`select content from consent_requests`
    const bordereau = row!.content.find(({ role }) => role === 'bordereau')!
    const text = await textOf(await house.office.archive.get(bordereau.sha256))
    for (const line of await listed()) expect(text).toContain(`Pièce n° ${line.split(' ')[0]} :`)
    const cited = await exhibitCitations(house.office.archive, house.sql, await caseOf())
    expect(new Set(cited.map(({ number }) => number))).toEqual(
      new Set((await listed()).map((line) => line.split(' ')[0])),
    )
    expect(cited).toContainEqual({ number: '1', paper: 'Requête', page: 1 })
  })

  test('are never given again, nor changed, nor is an exhibit removed', async () => {
    const [first] = await exhibits()
    await withdrawExhibit(house.sql, day('2026-07-23'), { exhibitId: first!.id, reason: 'jointe par erreur' }, 'test')
    await attach(house, Buffer.from('Un autre échange.'), 'suite.txt', '2026-07-23')
    await numberExhibits(house.sql, await caseOf())
    expect((await listed()).at(-1)).toBe('6 echange')
    expect((await listed())[0]).toBe('2 echange')
    await expect(house.sql`update exhibits set number = 1 where number = 6`).rejects.toMatchObject({ code: 'CT002' })
    await expect(house.sql`delete from exhibits where number = 6`).rejects.toMatchObject({ code: 'CT002' })
    await expect(
      house.sql`update exhibits set withdrawn_on = null, withdrawn_by = null, withdrawn_why = null where number = 1`,
    ).rejects.toMatchObject({ code: 'CT002' })
  })

  test('hold the invoice as such, though the creditor brought the same file as its delivery note', async () => {
    const caseId = await openCase(house, { on: '2026-06-11', invoices: [ordinary()] })
    const bytes = Buffer.concat([data, Buffer.from(' ')])
    await house.sql`update invoices set original = ${await house.office.archive.put(bytes)} where case_id = ${caseId}`
    const file = await fileOf(house, caseId)
    const note = { caseId, kind: 'bon-de-livraison', reference: 'BL-7', datedOn: null, proves: 'la livraison' } as const
    await attachExhibit(house.office, house.sql, day('2026-07-22'), { ...note, bytes, fileName: 'bl.json' }, 'test')
    await gatherExhibits(house.office, house.sql, day('2026-07-23'), file)
    await gatherExhibits(house.office, house.sql, day('2026-07-23'), file)
    const kinds = (await readExhibits(house.sql, caseId)).map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'bon-de-livraison' || kind === 'facture')).toEqual([
      'bon-de-livraison',
      'facture',
    ])
  })

  test('go on after a proof that comes later: it follows its letter under the next sub-number', async () => {
    await prove(house, 'reception', '2026-07-23')
    await numberExhibits(house.sql, await caseOf())
    expect((await listed()).filter((line) => line.startsWith('4'))).toEqual([
      '4 mise-en-demeure',
      '4-1 preuve-depot',
      '4-2 preuve-reception',
      '4-3 preuve-reception',
    ])
  })
})

describe('a withdrawn exhibit', () => {
  test('takes along what goes with it, says why, and does not come back by itself', async () => {
    const [found] = (await exhibits()).filter(({ kind }) => kind === 'mise-en-demeure')
    await expect(
      withdrawExhibit(house.sql, day('2026-07-23'), { exhibitId: found!.id, reason: ' ' }, 'test'),
    ).rejects.toMatchObject({ code: 'reason_missing' })
    await withdrawExhibit(house.sql, day('2026-07-23'), { exhibitId: found!.id, reason: 'doublon' }, 'test')
    await gatherExhibits(house.office, house.sql, day('2026-07-23'), await fileOf(house, await caseOf()))
    await numberExhibits(house.sql, await caseOf())
    expect((await listed()).filter((line) => line.startsWith('4'))).toEqual([])
    const [event] = await house.sql<{ detail: object }[]>`select detail from events where kind = 'exhibit_withdrawn'`
    expect(event!.detail).toMatchObject({ numbers: ['4', '4-1', '4-2'], reason: 'doublon' })
    await expect(
      withdrawExhibit(house.sql, day('2026-07-23'), { exhibitId: found!.id, reason: 'encore' }, 'test'),
    ).rejects.toMatchObject({ code: 'exhibit_not_found' })
  })

  test('voids the consent that was given to a pack that holds it, and one that joins later does not', async () => {
    await sign()
    await attach(house, Buffer.from('Un échange de plus.'), 'suite.txt', '2026-07-23')
    expect(await live()).toBe(true)
    const [first] = await exhibits()
    await withdrawExhibit(house.sql, day('2026-07-23'), { exhibitId: first!.id, reason: 'jointe par erreur' }, 'test')
    expect(await live()).toBe(false)
  })
})

describe('in the pack', () => {
  const assemble = async () => {
    const open = await openProcedure(
      house.sql,
      house.office.random,
      day('2026-07-28'),
      { requestId: await sign() },
      'legal',
    )
    const order = { procedureId: open.id, kind: 'requete' as const, reason: 'Pièces jointes au dépôt.' }
    const pack = await assembleFilingPack(house.office, day('2026-07-28'), order, 'legal')
    return { pack, files: unzipSync(await house.office.archive.get(pack.zip)) }
  }

  test('an invoice kept as data is a stamped document, with its file untouched beside it', async () => {
    const { pack, files } = await assemble()
    const original = Object.entries(files).find(([name]) => /^originaux\/piece-01-.*\.json$/.test(name))!
    expect(Buffer.from(original[1])).toEqual(data)
    const text = await textOf(await house.office.archive.get(pack.pdf))
    expect(text).toContain('Pièce n° 1 — page 1/1')
    expect(text).toContain(sha256(data))
    expect(text).toContain('Pièce n° 4-2 — page 1/1')
  })

  test('an e-mail with a program is shown and named, and its bytes stay in the archive', async () => {
    const { files } = await assemble()
    const names = Object.keys(files)
    expect(names.some((name) => /^piece-02-echange/.test(name))).toBe(true)
    expect(names.filter((name) => /^originaux\/piece-02-/.test(name))).toEqual([])
    expect(names.filter((name) => /^originaux\/piece-02_\d/.test(name))).toHaveLength(2)
    expect(Object.values(files).some((bytes) => Buffer.from(bytes).includes('lisez-moi.exe'))).toBe(false)
    const [message] = (await exhibits()).filter(({ kind }) => kind === 'echange')
    expect(message!.flags.map(({ code }) => code)).toEqual(['exhibit_active', 'exhibit_attachment_refused'])
    expect(await house.office.archive.has(sha256(reply))).toBe(true)
  })
})

describe('a proof of the post', () => {
  test('is for a registered letter, and not older than it', async () => {
    const { id, writtenOn } = await registered(house)
    const given = { proof: 'depot', bytes: Buffer.from('Preuve'), fileName: 'a.txt' } as const
    const before = day(writtenOn).subtract({ days: 1 })
    await expect(
      attachPostalProof(
        house.office,
        house.sql,
        day('2026-07-22'),
        { ...given, documentId: id, datedOn: before },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'proof_before_letter' })
    const [plain] = await house.sql<{ id: string }[]>`select id from documents where channel = 'lettre' limit 1`
    await expect(
      attachPostalProof(
        house.office,
        house.sql,
        day('2026-07-22'),
        { ...given, documentId: plain!.id, datedOn: day('2026-07-22') },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'no_registered_letter' })
  })

  test('bears the number of the letter that the post gave', async () => {
    const [proof] = (await exhibits()).filter(({ kind }) => kind === 'preuve-reception')
    expect(proof!.reference).toBe('1A 000 000 0000 0')
    expect(await numberOf('preuve-reception')).toBe('4-2')
  })
})

describe('the command', () => {
  const run = (args: string[]) =>
    spawnSync(process.execPath, ['--no-warnings', 'scripts/courtois.ts', 'exhibit', ...args], {
      encoding: 'utf8',
      env: { ...process.env, DATABASE_URL: house.url, DATA_DIR: house.dir },
    })

  test('tells how files would enter a pack, refuses one alone, and attaches one to a case', async () => {
    mkdirSync(house.dir, { recursive: true })
    writeFileSync(join(house.dir, 'reponse.eml'), reply)
    writeFileSync(join(house.dir, 'programme'), 'MZ...')
    const told = run([
      join(house.dir, 'reponse.eml'),
      join(house.dir, 'programme'),
      '--json',
      '--out',
      join(house.dir, 'out'),
    ])
    expect({ status: told.status, pdfs: readdirSync(join(house.dir, 'out')) }).toEqual({
      status: 1,
      pdfs: ['reponse.pdf'],
    })
    expect(JSON.parse(told.stdout)).toMatchObject({
      sha256: sha256(reply),
      mediaType: 'message/rfc822',
      pages: 1,
      joined: ['accord.txt', 'Pièce n° 41.txt', 'lisez-moi.exe'],
      doubts: [{ code: 'exhibit_active' }],
    })
    expect(told.stderr).toContain('[exhibit_kind]')
    const [found] = await house.sql<{ number: string }[]>`select number from cases`
    writeFileSync(join(house.dir, 'bon.txt'), 'Bon de livraison signé.')
    const bon = [
      join(house.dir, 'bon.txt'),
      '--case',
      found!.number,
      '--kind',
      'bon-de-livraison',
      '--reference',
      'BL-7',
    ]
    expect(run(bon).status).toBe(2)
    const attached = run([...bon, '--proves', 'la livraison', '--date', '2026-05-11'])
    expect(attached).toMatchObject({ status: 0, stdout: expect.stringContaining(`dossier ${found!.number}`) })
    expect((await exhibits()).find(({ kind }) => kind === 'bon-de-livraison')).toMatchObject({
      reference: 'BL-7',
      pages: 1,
    })
    expect(run([...bon.with(2, '1999-0001'), '--proves', 'rien']).stderr).toContain('[case_not_found]')
  })
})

test('a message within messages is read to a depth, and no further', async () => {
  let inner = mail([{ name: 'fin.txt', text: 'Le plus profond.' }])
  for (let i = 0; i < 5; i++)
    inner = mail([
      {
        name: `message-${i}.eml`,
        text: inner.toString().replaceAll('boundary=b', `boundary=c${i}`).replaceAll('--b', `--c${i}`),
      },
    ])
  const id = await attach(house, inner, 'tout.eml', '2026-07-03')
  const children = (await exhibits()).filter(({ parentId }) => parentId === id)
  expect(children.length).toBe(3)
  const deepest = children.flatMap(({ flags }) => flags)
  expect(deepest.map(({ message }) => message).join()).toContain('trop de messages emboîtés')
})

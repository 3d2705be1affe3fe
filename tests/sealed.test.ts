import { rmSync } from 'node:fs'
import { expect, test } from 'vitest'
import { webhooks } from '../documents/send/webhook.ts'
import { examine, repair } from '../procedures/doctor/doctor.ts'
import { codeOf, findCoupon } from '../procedures/mail/coupons.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { forgetSecret, openHouse, renewSecret } from '../procedures/sealed.ts'
import { createWebhook, deliver } from '../procedures/webhooks.ts'
import { type Vault, vaultOf } from '../schema/vault.ts'
import { day, liveUntil, openOrdinary, textOf, useHouse } from './house.ts'

const today = day('2026-07-06')
const hooks = webhooks({ clock: () => Temporal.Now.instant(), allow: ['127.0.0.1:9'] })
let caseId = ''
let hook = { id: '', secret: '' }
const house = useHouse(async (made) => {
  caseId = await openOrdinary(made)
  await liveUntil(made, '2026-06-11', today.toString())
  made.office.hooks = hooks
  const [owner] = await made.sql<{ creditorId: string }[]>`select creditor_id from cases where id = ${caseId}`
  const { endpoint, secret } = await createWebhook(
    made.office,
    today,
    { creditorId: owner!.creditorId, url: 'http://127.0.0.1:9/hook', events: [] },
    'creditor:Essai',
  )
  hook = { id: endpoint.id, secret }
})

/** The letter with a coupon, and the code that its paper shows. */
async function bearing() {
  const [letter] = await house.sql<{ id: string; sha256: string }[]>`
    select d.id, d.sha256 from documents d join coupons k on k.document_id = d.id
    where d.case_id = ${caseId} and d.attached_to is null`
  const code = (await codeOf(house.office, letter!.id))!
  expect(await textOf(await house.office.archive.get(letter!.sha256))).toContain(code)
  return { ...letter!, code }
}

/** All that a copy of the database holds, as text. */
async function copyOfDatabase(): Promise<string> {
  const tables = await house.sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema in ('public', 'graphile_worker')`
  const texts = await Promise.all(
    tables.map(({ name }) => house.sql.unsafe<{ text: string }[]>(`select t::text as text from ${name} t`)),
  )
  return texts.flat().map(({ text }) => text).join('\n') // prettier-ignore
}

/** As the rows were before there were seals. */
async function unseal(): Promise<void> {
  const { id, code } = await bearing()
  await house.sql`update coupons set clear = ${code}, mark = null, sealed = null where document_id = ${id}`
  await house.sql`delete from coupons where document_id <> ${id}`
  await house.sql`update webhook_endpoints set secret = ${hook.secret}`
  await house.sql`delete from house_key`
}

const another = (name: string): Vault => vaultOf(() => new TextEncoder().encode(`another secret of a house: ${name}`))
const opens = async (vault: Vault, code: string) =>
  (await findCoupon({ sql: house.sql, vault }, today, { code }))?.documentId
const signs = (vault: Vault) => deliverable({ ...house.office, vault })

/** The secret that a message to the creditor’s system is signed with. */
async function deliverable(office: typeof house.office): Promise<string> {
  const [made] = await house.sql<{ id: string }[]>`
    insert into webhook_deliveries (id, endpoint_id, case_id, type, payload, on_day)
    select gen_random_uuid(), ${hook.id}, ${caseId}, 'case.closed', '{}', ${today} returning id`
  let used = ''
  const send = async ({ secret }: { secret: string }) => {
    used = secret
    return { status: 204, error: null, at: Temporal.Instant.from('2026-07-06T08:00:00Z') }
  }
  await deliver({ ...office, hooks: { ...hooks, send } }, made!.id)
  return used
}

test('a copy of the database opens no debtor’s page and signs no message; the program does both', async () => {
  const { id, code } = await bearing()
  const copy = await copyOfDatabase()
  expect(copy).toContain(id)
  for (const secret of [code, code.replaceAll('-', ''), hook.secret, hook.secret.slice('whsec_'.length)])
    expect(copy).not.toContain(secret)
  expect(await opens(house.office.vault, code)).toBe(id)
  expect(await signs(house.office.vault)).toBe(hook.secret)
})

test('a letter with its coupon is made again, byte for byte', async () => {
  const { sha256 } = await bearing()
  rmSync(house.office.archive.path(sha256))
  const lost = await examine(house.office, today)
  expect(lost.map(({ code }) => code)).toEqual(['archive_missing'])
  expect((await repair(house.office, today, lost))[0]!.repaired).toContain('octet pour octet')
  expect(await house.office.archive.has(sha256)).toBe(true)
})

test('what was kept in clear is sealed when the program starts, once, and serves as before', async () => {
  const { id, code, sha256 } = await bearing()
  await unseal()
  expect(await opens(house.office.vault, code)).toBeUndefined()
  await openHouse(house.sql, house.office.vault)
  const sealed = await copyOfDatabase()
  expect([sealed.includes(code), sealed.includes(hook.secret)]).toEqual([false, false])
  expect(await opens(house.office.vault, code)).toBe(id)
  expect(await signs(house.office.vault)).toBe(hook.secret)
  rmSync(house.office.archive.path(sha256))
  await repair(house.office, today, await examine(house.office, today))
  expect(await house.office.archive.has(sha256)).toBe(true)
  const rows = () => house.sql`select * from coupons`
  const before = await rows()
  await openHouse(house.sql, house.office.vault)
  expect(await rows()).toEqual(before)
})

test('a program with another secret is refused at its start, and before it prints a code', async () => {
  const { id, code } = await bearing()
  const vault = another('lent')
  const refused = { code: 'other_secret' }
  await expect(openHouse(house.sql, vault)).rejects.toMatchObject(refused)
  const written = sendLetter({ ...house.office, vault }, today, caseId, {
    letter: 'dernier-avis-pro',
    channel: 'lrar',
    recipient: 'debiteur',
    facts: { delaiJours: 8, dateLimite: { date: '2026-07-14' } },
    coupon: '7K3M-Q2XZ-9T4C',
    author: 'test',
  })
  await expect(written).rejects.toMatchObject(refused)
  expect(await opens(vault, code)).toBeUndefined()
  await expect(codeOf({ sql: house.sql, vault }, id)).rejects.toMatchObject(refused)
})

test('the secret is changed with the old one at hand: codes already printed still open, and only with the new one', async () => {
  const { id, code } = await bearing()
  const vault = another('new')
  await expect(renewSecret(house.sql, another('guessed'), vault)).rejects.toMatchObject({ code: 'other_secret' })
  expect(await renewSecret(house.sql, house.office.vault, vault)).toBeGreaterThanOrEqual(2)
  await openHouse(house.sql, vault)
  expect([await opens(vault, code), await opens(house.office.vault, code)]).toEqual([id, undefined])
  expect(await signs(vault)).toBe(hook.secret)
  expect(await renewSecret(house.sql, house.office.vault, vault)).toBe(0)
})

test('a secret that is lost is given up: nothing printed opens, and a new one serves from then on', async () => {
  const { code } = await bearing()
  const vault = another('after a loss')
  await expect(forgetSecret(house.sql, house.office.vault)).rejects.toMatchObject({ code: 'secret_known' })
  expect((await forgetSecret(house.sql, vault)).webhooks).toEqual([hook.id])
  await openHouse(house.sql, vault)
  expect([await opens(vault, code), await opens(house.office.vault, code)]).toEqual([undefined, undefined])
  await expect(renewSecret(house.sql, house.office.vault, vault)).resolves.toBe(0)
})

test('what is sealed for one row is nothing in another, nor once changed', () => {
  const vault = another('own')
  const sealed = vault.seal('7K3M-Q2XZ-9T4C', 'a')
  const changed = Buffer.from(sealed, 'base64')
  changed[14]! ^= 1
  expect(vault.open(sealed, 'a')).toBe('7K3M-Q2XZ-9T4C')
  for (const [text, about] of [
    [sealed, 'b'],
    [changed.toString('base64'), 'a'],
    ['', 'a'],
    ['AAAA', 'a'],
  ] as const)
    // prettier-ignore
    expect(vault.open(text, about)).toBeNull()
})

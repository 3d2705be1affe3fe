import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { remake } from '../procedures/doctor/archive.ts'
import { drain } from '../procedures/jobs/work.ts'
import { day, invoice, liveOn, openCase, useHouse } from './house.ts'

let caseId = ''
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  await liveOn(made, '2026-06-11')
})
const on = day('2026-06-15')
const order = { letter: 'sms-demande-rappel', channel: 'sms', recipient: 'debiteur', author: 'test' } as const
const phone = (number: string) => house.sql`update debtors set phone = ${number}`

test('a text message is handed over as an order with its words, once, and kept as text', async () => {
  await phone('06 12 34 56 78')
  const { id, reference, sha256 } = await sendLetter(house.office, on, caseId, order)
  await drain(house.office, house.url)
  const [sent] = await house.sql<{ state: string; proof: { tray: string }; format: string }[]>`
    select o.state, o.proof, d.format from dispatches o join documents d on d.id = o.document_id where d.id = ${id}`
  expect(sent).toMatchObject({ state: 'sent', format: 'txt' })
  const told = JSON.parse(readFileSync(join(house.dir, 'out', sent!.proof.tray), 'utf8')) as { text: string }
  const text = new TextDecoder().decode(await house.office.archive.get(sha256))
  const key = `${reference.replaceAll('/', '-')}-sms`
  expect(told).toEqual({
    key,
    channel: 'sms',
    reference,
    to: { name: 'Garage du Pont', phone: '+33612345678' },
    text,
  })
  expect(text.length).toBeLessThanOrEqual(306)
  rmSync(house.office.archive.path(sha256))
  expect(await remake(house.office, on, sha256)).toContain(reference)

  // Done again by a worker that died half-way: still one order, under the same key.
  await house.sql`update dispatches set state = 'sending', sent_on = null, proof = null where document_id = ${id}`
  await house.sql`select graphile_worker.add_job('send', ${house.sql.json({ document: id, day: on.toString(), version: 1 })}::json)`
  await drain(house.office, house.url)
  expect(readdirSync(join(house.dir, 'out', on.toString())).filter((name) => name.includes('-sms'))).toEqual([
    `${key}.json`,
  ])
  // The journal keeps what it was told of the first, which is why a second is seen.
  expect((await examine(house.office, on)).map(({ code }) => code)).toEqual(['letter_sent_twice'])
})

test('a landline is no way to send one, and nothing is written', async () => {
  await phone('04 78 00 00 62')
  const refused = sendLetter(house.office, on, caseId, order)
  await expect(refused).rejects.toMatchObject({ code: 'no_address', facts: { channel: 'sms' } })
  expect(await house.sql`select 1 from documents where channel = 'sms'`).toHaveLength(0)
})

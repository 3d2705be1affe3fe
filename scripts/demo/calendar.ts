import { nextBusinessDay } from '../../procedures/law/calendar.ts'
import { recordPresentation } from '../../procedures/mail/registered.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import type { Office } from '../../procedures/office.ts'
import { drain } from '../../procedures/jobs/work.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import { registeredNumber } from './people.ts'
import { postalProofs } from './specimens.ts'

/** The demo's world: an office, a database for its jobs, and someone to tell the story to. */
export interface World {
  office: Office
  databaseUrl: string
  tell: (line: string) => void
}

/** Lives one day: the tick, the work, and the post that presents what was sent two working days before. */
export async function live(world: World, today: Day): Promise<void> {
  await post(world, today)
  if ((await tick(world.office.sql, today)) > 0) await drain(world.office, world.databaseUrl)
}

async function post({ office, tell }: World, today: Day): Promise<void> {
  const waiting = await office.sql<{ documentId: string; sentOn: Day; reference: string; to: string }[]>`
    select o.document_id, o.sent_on, d.reference, o.address ->> 'name' as to
    from dispatches o join documents d on d.id = o.document_id
    where o.channel = 'lrar' and o.sent_on < ${today} and o.presented_on is null order by d.reference`
  for (const letter of waiting) {
    const presentedOn = nextBusinessDay(letter.sentOn.add({ days: 2 }))
    if (Temporal.PlainDate.compare(presentedOn, today) > 0) continue
    const number = registeredNumber(office.random)
    await recordPresentation(
      office.sql,
      office.random,
      today,
      {
        documentId: letter.documentId,
        registeredNumber: number,
        presentedOn,
        outcome: 'delivered',
        outcomeOn: presentedOn,
      },
      'La Poste',
    )
    await postalProofs(office, today, { ...letter, number, presentedOn })
    tell(`${dayFr(today)} : la Poste présente la lettre ${letter.reference}.`)
  }
}

import type { Day } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import type { CaseFile } from '../file/file.ts'
import { type Author, record } from '../journal.ts'
import { lockOpenCase } from '../lock.ts'

export const wishedChannels = ['lettre', 'lre', 'email', 'sms', 'appel', 'visite'] as const
export type WishedChannel = (typeof wishedChannels)[number]
export type Wish = 'accepte' | 'prefere' | 'refuse'

export interface ContactPreference {
  channel: WishedChannel
  wish: Wish
  reason: string
  recordedOn: Day
  recordedBy: string
}

/**
 * Records how a debtor wishes, or refuses, to be reached. The post cannot be refused: it alone brings the letter that
 * CPCE R124-4 wants, and the formal notice. What is refused is not used again by the timeline.
 */
export async function recordContactPreference(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { caseId: string; channel: WishedChannel; wish: Wish; reason: string },
  author: Author,
): Promise<void> {
  if (input.channel === 'lettre' && input.wish === 'refuse') {
    throw new DomainError('post_not_refusable', 'Le courrier postal ne peut être refusé : la loi veut une lettre.', {
      remedy: 'Notez les canaux que le débiteur refuse en plus ; la lettre lui reste adressée.',
      article: 'CPCE R124-4',
    })
  }
  if (input.reason.trim() === '') {
    throw new DomainError('reason_missing', 'Dites d’où vient ce souhait : appel, lettre, coupon…', {
      remedy: 'Écrivez-le en quelques mots.',
    })
  }
  await transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    await tx`
      insert into contact_preferences (id, debtor_id, channel, wish, reason, recorded_on, recorded_by)
      select ${newId(random)}, debtor_id, ${input.channel}, ${input.wish}, ${input.reason}, ${onDay}, ${author}
      from cases where id = ${input.caseId}`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'contact_preference_recorded',
      detail: { channel: input.channel, wish: input.wish, reason: input.reason },
      author,
    })
  })
}

/** The last word on each channel, by case. */
export async function preferencesOf(
  sql: Sql,
  ids: string[],
): Promise<Map<string, (ContactPreference & { caseId: string })[]>> {
  const rows = await sql<(ContactPreference & { caseId: string })[]>`
    select distinct on (c.id, p.channel) c.id as case_id, p.channel, p.wish, p.reason, p.recorded_on, p.recorded_by
    from cases c join contact_preferences p on p.debtor_id = c.debtor_id
    where c.id = any(${ids}) order by c.id, p.channel, p.rank desc`
  return Map.groupBy(rows, ({ caseId }) => caseId)
}

/** What the debtor of a case wishes, by channel. */
export const wishesOf = ({ preferences }: Pick<CaseFile, 'preferences'>): Map<string, Wish> =>
  new Map(preferences.map(({ channel, wish }) => [channel, wish]))

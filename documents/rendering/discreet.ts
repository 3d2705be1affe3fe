import type { Facts } from '../facts.ts'

// « dette » alone: Odette and Bernadette write letters too.
const trade =
  /recouvr|contentieux|cr[ée]anc|impay|(?<![a-zà-ÿ])dettes?(?![a-zà-ÿ])|huissier|commissaires? de justice|poursuites?(?![a-zà-ÿ])|credit.?management|debt|(?<![a-zà-ÿ])inkasso/i

/** Whether a name or an address says the trade of whoever bears it. */
export const saysTrade = (words: string | undefined): boolean => trade.test(words ?? '')

/** Whether the firm's name or its addresses say its trade: an e-mail would then say it before being opened. */
export const tellsTrade = ({ agence }: Facts): boolean =>
  [agence.nom, agence.email, agence.gestionnaire.email].some(saysTrade)

/**
 * The facts as a discreet letter may show them: nothing that only a debt collector has (insurance, account for other
 * people's money, declaration to the prosecutor), and no name or title that says the trade.
 */
export function discreetFacts(facts: Facts): Facts {
  const { assurance: _assurance, compteDedie: _account, declaration: _declaration, ...agence } = facts.agence
  const { qualite, email: direct, ...handler } = agence.gestionnaire
  const telling = trade.test(agence.nom)
  const { site, rcs, siren, formeJuridique, capital, email, dpo, ...house } = agence
  // A domain leads to the firm as surely as its name does.
  const open = (address: string | undefined) => (address && !telling && !trade.test(address) ? address : undefined)
  const answersTo = open(dpo?.email)
  return {
    ...facts,
    agence: {
      ...house,
      // A person writes where the firm's very name would tell; its number in a register would lead to that name.
      ...(telling ? { nom: handler.nom } : defined({ rcs, siren, formeJuridique, capital })),
      ...defined({ site: open(site), email: open(email), dpo: answersTo ? { email: answersTo } : undefined }),
      gestionnaire: {
        ...handler,
        ...defined({
          email: open(direct),
          qualite: qualite && !trade.test(qualite) ? qualite : undefined,
        }),
      },
    },
  }
}

/** The word by which a filled letter would still tell the trade. */
export const tellsStill = (written: unknown): string | undefined => trade.exec(wordsOf(written))?.[0]

function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? Object.values(value).map(wordsOf).join('\n') : ''
}

function defined<T extends object>(values: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

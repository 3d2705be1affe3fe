import type { Facts } from '../facts.ts'

const trade = /recouvr|contentieux|cr[ée]anc|impay|dette|huissier|commissaire de justice|poursuite/i

/**
 * The facts as a discreet letter may show them: nothing that only a debt collector has (insurance, account for other
 * people's money, declaration to the prosecutor), and no name or title that says the trade.
 */
export function discreetFacts(facts: Facts): Facts {
  const { assurance: _assurance, compteDedie: _account, declaration: _declaration, ...agence } = facts.agence
  const { qualite, ...handler } = agence.gestionnaire
  const telling = trade.test(agence.nom)
  const { site, rcs, siren, formeJuridique, capital, ...house } = agence
  return {
    ...facts,
    agence: {
      ...house,
      // A person writes where the firm's very name would tell; its number in a register would lead to that name.
      ...(telling ? { nom: handler.nom } : defined({ rcs, siren, formeJuridique, capital })),
      ...(site && !trade.test(site) ? { site } : {}),
      gestionnaire: { ...handler, ...(qualite && !trade.test(qualite) ? { qualite } : {}) },
    },
  }
}

function defined<T extends object>(values: T): Partial<{ [K in keyof T]: NonNullable<T[K]> }> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

import type { Agency } from '../../procedures/cases/agency.ts'
import type { Contact } from './page.ts'

/** The agency as its pages show it. */
export function contactOf({ identity }: Agency): Contact {
  const { lines, postalCode, city } = identity.address
  return {
    name: identity.name,
    lines: [...lines, [postalCode, city].filter(Boolean).join(' ')],
    phone: identity.phone,
    email: identity.email,
    hours: identity.hours,
    manager: identity.manager,
  }
}

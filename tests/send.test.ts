import { describe, expect, test } from 'vitest'
import { type Bounce, readBounce } from '../documents/send/bounce.ts'
import { mobileNumber } from '../documents/send/mobile-number.ts'
import { postalAddress, postalKey } from '../documents/send/postal-address.ts'
import { isPublicAddress, webhooks } from '../documents/send/webhook.ts'
import { exchange, exim, outOfOffice, postfix } from './fixtures/bounces/notices.ts'

// What the ways out need to know, without a house.
describe('an address by NF Z10-011', () => {
  const to = (changes: object) =>
    postalAddress(
      {
        name: 'Garage du Pont',
        lines: ['3 rue de la Gare'],
        postalCode: '69003',
        city: 'Lyon',
        country: 'FR',
        ...changes,
      },
      'FR',
    )

  test('street and town are in capitals, without accent or punctuation', () => {
    expect(to({ lines: ['12 bis, rue de l’Œuvre'], postalCode: '42000', city: 'Saint-Étienne' }).lines).toEqual([
      'Garage du Pont',
      '12 BIS RUE DE L OEUVRE',
      '42000 SAINT ETIENNE',
    ])
  })
  test('a country other than the sender’s is the last line, in French capitals', () => {
    const { lines } = to({ lines: ['Via Roma 12'], postalCode: '10121', city: 'Torino', country: 'IT' })
    expect(lines.slice(-2)).toEqual(['10121 TORINO', 'ITALIE'])
  })
  test('a line too long is abbreviated, then carried over, and nothing of it is lost', () => {
    const { lines, doubts } = to({ lines: ['148 boulevard du Maréchal de Lattre de Tassigny prolongé'] })
    expect(lines.slice(1, -1)).toEqual(['148 BD DU MAL DE LATTRE DE TASSIGNY', 'PROLONGE'])
    expect(doubts).toEqual([])
    expect(lines.every((line) => line.length <= 38)).toBe(true)
  })
  test('a person’s title is shortened before the name is carried over, and only then', () => {
    const attention = (person: string) => to({ attention: `À l’attention de ${person}` }).lines.slice(1, -2)
    expect(attention('Madame Hélène Garlaban')).toEqual(['À l’attention de Mme Hélène Garlaban'])
    expect(attention('Madame Anne Durand')).toEqual(['À l’attention de Madame Anne Durand'])
    expect(attention('Monsieur Jean-Baptiste de la Tour du Pin')).toEqual([
      'À l’attention de M. Jean-Baptiste de',
      'la Tour du Pin',
    ])
  })
  test('a seventh line in France, or a word that no line holds, is a doubt', () => {
    const lines = ['Appartement 4', 'Escalier B', 'Résidence des Acacias', '3 rue de la Gare', 'Lieu-dit les Prés']
    expect(to({ lines }).doubts.map(({ code }) => code)).toEqual(['postal_lines'])
    expect(to({ lines: ['X'.repeat(39)] }).doubts.map(({ code }) => code)).toEqual(['postal_length'])
  })
  test.each([
    [{ postalCode: '6900' }, /« 6900 » n’est pas un code postal/],
    [{ postalCode: '99123' }, /n’est pas un code postal/],
    [{ postalCode: null }, /le code postal manque/],
    [{ city: ' ' }, /la ville manque/],
    [{ lines: ['—'] }, /la rue ou le lieu-dit manque/],
  ])('what the post would not find is a fault: %o', (changes, why) => {
    expect(to(changes).fault?.replaceAll('\u00a0', ' ')).toMatch(why)
  })
  test('the overseas and military postcodes of France, and the shorter one of Madagascar, are none', () => {
    for (const postalCode of ['97400', '98800', '20090', '01000']) expect(to({ postalCode }).fault).toBeNull()
    expect(to({ postalCode: '101', city: 'Antananarivo', country: 'MG' }).fault).toBeNull()
  })
  test('two writings of one address are the same address', () => {
    const key = (line: string, city: string) => postalKey({ lines: [line], postalCode: '42000', city, country: 'FR' })
    expect(key('12, rue de l’Hôtel-de-Ville', 'Saint-Étienne')).toBe(key('12 RUE DE L HOTEL DE VILLE', 'SAINT ETIENNE'))
    expect(key('12 rue A', 'Lyon')).not.toBe(key('12 rue B', 'Lyon'))
  })
})

describe('a number that takes text messages', () => {
  test.each([
    ['06 12 34 56 78', 'FR', '+33612345678'],
    ['+33 (0)7.12.34.56.78', 'FR', '+33712345678'],
    ['0033612345678', 'MG', '+33612345678'],
    ['0692 12 34 56', 'FR', '+262692123456'],
    ['0690 12 34 56', 'FR', '+590690123456'],
    ['0692 12 34 56', 'RE', '+262692123456'],
    ['034 12 345 67', 'MG', '+261341234567'],
    ['+39 320 1234567', 'IT', '+393201234567'],
  ])('%s in %s is %s', (written, country, number) => expect(mobileNumber(written, country)).toBe(number))

  test.each([
    ['04 78 00 00 62', 'FR'],
    ['+33 4 78 00 00 62', 'FR'],
    ['06 12 34 56', 'FR'],
    ['0612345678', 'IT'],
    ['demander Paul', 'FR'],
  ])('%s in %s is none', (written, country) => expect(mobileNumber(written, country)).toBeNull())
})

const about = { messageId: '<2026-0001-4@cabinet.example>', to: 'garage@client.example' }
const gone = { status: '5.1.1', said: '550 5.1.1 <garage@client.example>: User unknown' }
const bytes = (text: string) => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))
const read = (text: string) => readBounce(bytes(text))

describe('a notice of non-delivery as servers write it', () => {
  test.each<[string, string, Partial<Bounce>]>([
    ['Postfix, the whole message', postfix(about, gone), { kind: 'address', status: '5.1.1', diagnostic: gone.said }],
    ['Postfix, its headers alone', postfix(about, { ...gone, headersOnly: true }), { kind: 'address' }],
    ['Exim, whose status says nothing', exim(about, '550 5.1.1 no such user'), { kind: 'address', status: '5.1.1' }],
    ['Exchange', exchange(about), { kind: 'address', status: '5.1.10' }],
    ['a full mailbox', postfix(about, { status: '5.2.2', said: '552 5.2.2 Mailbox full' }), { kind: 'refused' }],
    ['a refusal of the content', exim(about, '554 5.7.1 Message rejected as spam'), { kind: 'refused' }],
    ['given up after days', postfix(about, { status: '4.4.1', said: '421 timed out' }), { kind: 'refused' }],
    [
      'still trying',
      postfix(about, { status: '4.4.1', action: 'delayed', said: '421 timed out' }),
      { kind: 'delayed', status: '4.4.1' },
    ],
  ])('%s', async (_server, text, expected) => {
    const found = await read(text)
    expect(found).toMatchObject({ ...expected, messageId: about.messageId })
    expect(found!.recipients).toContain(about.to)
  })

  test('an answer, an out-of-office note and a notice of success are none', async () => {
    expect(await read(outOfOffice(about))).toBeNull()
    expect(await read(postfix(about, { status: '2.0.0', action: 'delivered', said: '250 2.0.0 Ok' }))).toBeNull()
    expect(await read('')).toBeNull()
    expect(await readBounce(Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 256))).toBeNull()
  })
})

describe('where a message may go', () => {
  const inside = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2002:7f00:1::1',
    '2001:db8::1',
  ]
  test.each([...inside, 'localhost'])('%s is not the public internet', (address) =>
    expect(isPublicAddress(address)).toBe(false),
  )
  test.each([
    '93.184.216.34',
    '93.184.215.14',
    '172.32.0.1',
    '2606:2800:220:1:248:1893:25c8:1946',
    '2606:2800:21f:cb07:6820:80da:af6b:8b2c',
  ])('%s is', (address) => expect(isPublicAddress(address)).toBe(true))

  const { check, send } = webhooks({ clock: () => Temporal.Instant.from('2026-09-30T09:00:00Z') })
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  test.each([
    ...inside.map((address) => `https://${address.includes(':') ? `[${address}]` : address}/`),
    'http://client.example/hook',
    'https://localhost/hook',
    'https://LOCALHOST./',
    'https://127.0.0.1/hook',
    'https://127.1/',
    'https://2130706433/hook',
    'https://0x7f.1/hook',
    'https://0x7f000001/',
    'https://0177.0.0.1/',
    'https://１２７.0.0.1/',
    'https://[::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://user:pass@client.example/hook',
    'https://client.example@127.0.0.1/',
    'ftp://client.example/',
    'file:///etc/passwd',
    'gopher://client.example/',
    'javascript:alert(1)',
    'client.example',
    '//client.example',
    'https://',
    '',
  ])('« %s » is refused when it is registered, and takes no message', async (url) => {
    expect(() => check(url)).toThrow(/ne peut pas recevoir/)
    expect(() => check(url)).toThrow(expect.objectContaining({ code: 'webhook_url' }))
    expect((await send({ id: 'msg_1', url, secret, body: '{}' })).status).toBeNull()
  })
  test('a public https address is taken', () => check('https://erp.client.example:8443/courtois?k=1'))

  // The names of a machine's own hosts file lead to private addresses, as an attacker's would.
  test.each(['https://localhost.localdomain:9/hook', 'https://localhost.localdomain/'])(
    'a name that leads to a private address is refused at the moment of connecting (%s)',
    async (url) => {
      const answer = await send({ id: 'msg_1', url, secret, body: '{}' })
      expect(answer.status).toBeNull()
      expect(answer.error).toMatch(/adresse privée|n’existe pas/)
    },
  )
})

import { Agent, request } from 'node:http'
import { p99 } from './bench.ts'

/** A GraphQL server that is asked, and with what each request shows itself. */
export interface Asked {
  url: string
  headers: Record<string, string>
}

export interface Load {
  perSecond: number
  /** Milliseconds. */
  p99: number
}

/** How many ask at once, each the next question as soon as it has its answer; what goes before counts for nothing. */
const askers = 8
const warmMs = 2000

/** Asks the questions in turn, over and over, for so many milliseconds; an answer of another size than `cases` ends the bench. */
export async function load(asked: Asked, questions: string[], cases: number, ms: number): Promise<Load> {
  const agent = new Agent({ keepAlive: true, maxSockets: askers })
  let took: number[] = []
  let next = 0
  const until = async (end: number) => {
    while (performance.now() < end) {
      const start = performance.now()
      const answer = await post(asked, { query: questions[next++ % questions.length]! }, agent)
      took.push(performance.now() - start)
      const shown = answer.split('"debtor').length - 1
      if (shown !== cases) throw new Error(`${asked.url} showed ${shown} cases of ${cases}: ${answer.slice(0, 300)}`)
    }
  }
  const together = (end: number) => Promise.all(Array.from({ length: askers }, () => until(end)))
  try {
    await together(performance.now() + warmMs)
    took = []
    const start = performance.now()
    await together(start + ms)
    return { perSecond: took.length / ((performance.now() - start) / 1000), p99: p99(took) }
  } finally {
    agent.destroy()
  }
}

export async function ask<Data>(asked: Asked, query: string, variables: object = {}): Promise<Data> {
  const { data, errors } = JSON.parse(await post(asked, { query, variables })) as { data?: Data; errors?: unknown }
  if (!data || errors) throw new Error(JSON.stringify(errors))
  return data
}

function post({ url, headers }: Asked, question: object, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, ...(agent ? { agent } : {}) },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part)).on('error', reject)
        answer.on('end', () => resolve(Buffer.concat(parts).toString()))
      },
    )
    sent.on('error', reject).end(JSON.stringify(question))
  })
}

import { test } from 'vitest'
import { useApi } from './api.ts'
const api = useApi()
test('x', async () => {
  const q=`{ ${Array.from({ length: 3000 }, (_, i) => `a${i}:__typename`).join(' ')} }`
  const r = await api.app.request('/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({query:q}) })
  console.log(r.status, (await r.text()).slice(0,500), api.errors)
  const s=await api.ask({}, `{ cases(first: 100) { edges { node { invoices { doubts { message } } documents { id } steps { key } events(first: 500) { case { owed { segments { why } } } } } } } }`)
  console.log(JSON.stringify(s).slice(0,600))
})

import { readYaml } from '../schema/validate.ts'

/** An article of law that letters cite, and the day its text was read. */
export interface ReadArticle {
  article: string
  objet: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
}

/** What letters/articles.yaml tells, in its order. */
export const readArticles = (): ReadArticle[] =>
  readYaml<ReadArticle[]>(new URL('./articles.yaml', import.meta.url), 'articles')

/** What somebody may do in a repository. */
export type Role = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none'

const order: readonly Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin']

export function hasRole(role: Role, needed: Role): boolean {
  return order.indexOf(role) >= order.indexOf(needed)
}

export interface Account {
  id: number
  login: string
  type: 'User' | 'Bot' | 'Organization'
  name: string
  /** As it stands in commits; a commit with it is taken for this account's. */
  email: string
}

/** People, bots and organisations of the sandbox; logins are the same in any case. */
export interface Accounts {
  /** The account of that login, made when there is none. */
  add(login: string, rest?: { type?: Account['type']; name?: string; email?: string }): Account
  find(login: string): Account | undefined
  byEmail(email: string): Account | undefined
  people(): readonly Account[]
}

export function createAccounts(nextId: () => number): Accounts {
  const accounts = new Map<string, Account>()
  return {
    add(login, { type = 'User', name = login, email } = {}) {
      const found = accounts.get(login.toLowerCase())
      if (found !== undefined) return found
      const id = nextId()
      const account = { id, login, type, name, email: email ?? `${id}+${login}@users.noreply.github.com` }
      accounts.set(login.toLowerCase(), account)
      return account
    },
    find: (login) => accounts.get(login.toLowerCase()),
    byEmail: (email) => [...accounts.values()].find((one) => one.email.toLowerCase() === email.toLowerCase()),
    people: () => [...accounts.values()].filter((one) => one.type === 'User'),
  }
}

/** Who stands for accounts that nobody knows, as on GitHub. */
export const ghost = 'ghost'

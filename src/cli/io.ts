/** What a verb may do to the outside: its streams. Injected, so that verbs can be tested without a process. */
export interface Io {
  stdout(text: string): void
  stderr(text: string): void
  /** All of standard input. */
  stdin(): Promise<Uint8Array>
}

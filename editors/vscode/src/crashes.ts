//! How often a language server that ends by itself is started again.

const MOST = 4;
const SPAN = 3 * 60 * 1000;

/** Counts the ends of one server. */
export class Crashes {
  #times: number[] = [];
  #hasRun = false;

  /** It answered once. */
  ran(): void {
    this.#hasRun = true;
  }

  /** It ended at this time, in milliseconds; whether to start it again. One that never answered would only end again. */
  ended(now: number): boolean {
    this.#times = [...this.#times.filter((time) => now - time < SPAN), now];
    return this.#hasRun && this.#times.length <= MOST;
  }

  /** Why it is not started again. */
  words(): string {
    return this.#hasRun
      ? `The language server of privatelint ended ${this.#times.length} times within three minutes and is not started again.`
      : 'The language server of privatelint ended before it answered. See the output, and the settings `privatelint.path` and `privatelint.arguments`.';
  }
}

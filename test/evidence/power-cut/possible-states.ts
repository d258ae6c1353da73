/** An instance as far as calls decide about it. */
export type State = {
  readonly exists: boolean;
  /** The number in the specification's host name. */
  readonly mark: number;
  readonly wish: "RUNNING" | "STOPPED";
  /** Nothing that its game wrote is left. */
  readonly clean: boolean;
};

export type Verb = "initialize" | "start" | "stop" | "restart" | "reset" | "delete";

export const missing: State = { exists: false, mark: 0, wish: "STOPPED", clean: true };

/** What a call makes of a state. */
export function after(verb: Verb, mark: number, state: State): State {
  switch (verb) {
    case "initialize":
      return state.exists ? { ...state, mark } : { ...missing, exists: true, mark };
    case "start":
    case "restart":
      return { ...state, wish: "RUNNING", clean: false };
    case "stop":
      return { ...state, wish: "STOPPED" };
    case "reset":
      return { ...state, wish: "STOPPED", clean: true };
    case "delete":
      return missing;
  }
}

/** What is known of something whose calls may lose their answers: one state, or one of several. */
export class PossibleStates<S> {
  #states: readonly S[];

  constructor(state: S) {
    this.#states = [state];
  }

  get all(): readonly S[] {
    return this.#states;
  }

  /** The call was answered. */
  answered(change: (state: S) => S): void {
    this.#states = this.#states.map(change);
  }

  /** It is open whether the call had an effect: the old state, or the new one, and nothing between. */
  lost(change: (state: S) => S): void {
    this.#states = [...this.#states, ...this.#states.map(change)];
  }

  /** Somebody has looked. */
  found(state: S): void {
    this.#states = [state];
  }
}

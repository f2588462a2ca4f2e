// Undo and redo of the edits. They are in the page's address; older ones are in the history's state,
// which survives a reload.

const MAX_STEPS = 100;

export class Undo {
  #past;
  #future;
  #present;

  /** Begin with the page's query, "" without edits. */
  constructor(present) {
    this.#present = present;
    this.#past = history.state?.past ?? [];
    this.#future = history.state?.future ?? [];
  }

  get canUndo() { return this.#past.length > 0; }

  get canRedo() { return this.#future.length > 0; }

  /** Add a step, unless nothing has changed. */
  commit(query) {
    if (query === this.#present) return;
    this.#past = [...this.#past, this.#present].slice(-MAX_STEPS);
    this.#future = [];
    this.#set(query);
  }

  /** Return the query before the last step, or null. */
  undo() {
    if (!this.canUndo) return null;
    this.#future = [this.#present, ...this.#future];
    return this.#set(this.#past.pop());
  }

  /** Return the query of the step that was undone last, or null. */
  redo() {
    if (!this.canRedo) return null;
    this.#past = [...this.#past, this.#present];
    return this.#set(this.#future.shift());
  }

  #set(query) {
    this.#present = query;
    const address = location.pathname + (query && `?${query}`) + location.hash;
    history.replaceState({ past: this.#past, future: this.#future }, "", address);
    return query;
  }
}

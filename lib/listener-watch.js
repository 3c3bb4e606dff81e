'use strict';

/**
 * How many listeners there are for one event, where they may pile up.
 *
 * Nobody can list all emitters of a program but by a heap snapshot. Node itself notices when the eleventh
 * listener is added to an emitter, or to an EventTarget, and warns: from then on that one is counted.
 * `process` is always counted, since it outlives everything and libraries switch its warning off.
 */

const { EventEmitter, getEventListeners } = require('node:events');

/** Emitters that are watched at the same time; those come first that Node warned of first. */
const MOST = 32;

const WARNING = 'MaxListenersExceededWarning';

/** Counts them. Has to be stopped. */
class ListenerWatch {
  /** @type {{ source: WeakRef<object>, event: string | symbol, kind: string }[]} */
  #watched = [];
  #note = (warning) => {
    if (warning?.name === WARNING) this.#watch(warning.emitter ?? warning.target, warning.type);
  };

  constructor() {
    process.on('warning', this.#note);
  }

  /**
   * Adds what there is to `counts`, by a kind such as `'data' listeners of Socket`. Of emitters of one
   * class the one with the most counts: that many short-lived ones have a few each is no leak.
   *
   * @param {Map<string, number>} counts
   */
  count(counts) {
    const add = (kind, count) => counts.set(kind, Math.max(counts.get(kind) ?? 0, count));
    for (const event of process.eventNames()) {
      add(kindOf('process', event), process.listenerCount(event));
    }
    this.#watched = this.#watched.filter(({ source, event, kind }) => {
      const emitter = source.deref();
      if (emitter !== undefined) add(kind, listenersOf(emitter, event));
      return emitter !== undefined;
    });
  }

  stop() {
    process.removeListener('warning', this.#note);
    this.#watched = [];
  }

  #watch(source, event) {
    const known = ({ source: other, event: name }) => other.deref() === source && name === event;
    if (source === undefined || source === process || this.#watched.length >= MOST) return;
    if (this.#watched.some(known)) return;
    const kind = kindOf(classOf(source), event);
    this.#watched.push({ source: new WeakRef(source), event, kind });
  }
}

function kindOf(owner, event) {
  return `'${String(event)}' listeners of ${owner}`;
}

/** The program's own code may stand behind a property. */
function classOf(source) {
  try {
    return String(Object.getPrototypeOf(source)?.constructor?.name || 'an emitter');
  } catch {
    return 'an emitter';
  }
}

function listenersOf(source, event) {
  try {
    // Not the program's own method of that name, if it has one.
    if (source instanceof EventEmitter) {
      return EventEmitter.prototype.listenerCount.call(source, event);
    }
    return getEventListeners(source, event).length;
  } catch {
    return 0;
  }
}

module.exports = { ListenerWatch };

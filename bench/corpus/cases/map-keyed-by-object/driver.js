'use strict';
const details = process.env.VARIANT !== 'fixed' ? new Map() : new WeakMap();
class Connection {
  constructor(id) {
    this.id = id;
  }
}
exports.iterate = (call) => {
  const connection = new Connection(call);
  details.set(connection, { since: call, bytes: [call, call, call] });
  return details.get(connection).since;
};

'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
class Session {
  constructor(id) {
    this.id = id;
    this.data = new Array(30).fill(id);
  }
}
const registry = new FinalizationRegistry((held) => held?.id);
exports.iterate = async (call) => {
  const session = new Session(call);
  registry.register(session, LEAKY ? { id: call, session } : { id: call });
};

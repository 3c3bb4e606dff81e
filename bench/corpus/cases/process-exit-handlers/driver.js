'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
process.setMaxListeners(0);
class Client {
  constructor(id) {
    this.id = id;
    this.buffer = new Array(60).fill(0);
    this.onExit = this.close.bind(this);
    process.on('exit', this.onExit);
  }
  close() {
    if (!LEAKY) process.off('exit', this.onExit);
    this.buffer = this.buffer.slice();
  }
}
exports.iterate = async (call) => new Client(call).close();

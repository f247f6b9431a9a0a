// Runs the official client against the test server whose URL is the only argument. Prints one line for
// each check; exits 1 at the first that fails or when all take longer than 30 seconds.
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const url = process.argv[2];
setTimeout(() => { console.error("too slow"); process.exit(1); }, 30_000).unref();

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

function open(namespace, options = {}) {
  return io(url + namespace, { forceNew: true, reconnection: false, ...options });
}

async function connected(namespace, options) {
  const socket = open(namespace, options);
  const auth = once(socket, "auth");
  await once(socket, "connect");
  return { socket, auth: (await auth)[0] };
}

const transports = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: {},
};

const checks = {
  async "events come back with everything in them"(options) {
    const { socket } = await connected("/", options);
    const args = [1, "two", { three: [true, null, "ünï🦊\u001e"] }, Buffer.from([1, 2, 3])];
    socket.emit("message", ...args);
    assert.deepEqual(await once(socket, "message-back"), args);
    socket.disconnect();
  },
  async "the server acknowledges"(options) {
    const { socket } = await connected("/", options);
    const answer = await socket.timeout(5000).emitWithAck("message-with-ack", { a: Buffer.from("x") });
    assert.deepEqual(answer, { a: Buffer.from("x") });
    socket.disconnect();
  },
  async "the client acknowledges"(options) {
    const { socket } = await connected("/", options);
    socket.on("question", (n, data, answer) => answer(n + 1, data));
    const told = once(socket, "answered");
    socket.emit("ask-me", 41, Buffer.from([9]));
    assert.deepEqual(await told, [42, Buffer.from([9])]);
    socket.disconnect();
  },
  async "a client that does not acknowledge is given up"(options) {
    const { socket } = await connected("/", options);
    const told = once(socket, "answered");
    socket.emit("ask-me", 41, Buffer.from([9]));
    assert.match((await told)[0], /did not acknowledge/);
    socket.disconnect();
  },
  async "the payload of CONNECT reaches the middleware"(options) {
    const { socket, auth } = await connected("/custom", { ...options, auth: { token: "123" } });
    assert.deepEqual(auth, { token: "123" });
    socket.disconnect();
  },
  async "middleware refuses"(options) {
    const socket = open("/custom", { ...options, auth: { token: "wrong" } });
    const [error] = await once(socket, "connect_error");
    assert.equal(error.message, "Please sign in");
    assert.deepEqual(error.data, { status: 401 });
    socket.disconnect();
  },
  async "nobody gets in without a token"(options) {
    const socket = open("/custom", options);
    const [error] = await once(socket, "connect_error");
    assert.equal(error.message, "Please sign in");
    assert.equal(socket.connected, false);
    socket.disconnect();
  },
  async "attachments come in their places"(options) {
    const { socket } = await connected("/", options);
    const file = { name: "logo.png", parts: [Buffer.from([0, 255]), { data: Buffer.alloc(100_000, 3) }], size: 100_002 };
    socket.emit("message", file, Buffer.alloc(0));
    assert.deepEqual(await once(socket, "message-back"), [file, Buffer.alloc(0)]);
    assert.deepEqual(await socket.timeout(5000).emitWithAck("message-with-ack", file.parts), file.parts);
    socket.disconnect();
  },
  async "an unknown namespace is refused"(options) {
    const socket = open("/random", options);
    const [error] = await once(socket, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    socket.disconnect();
  },
  async "two namespaces share a connection"(options) {
    const { socket } = await connected("/", options);
    const second = socket.io.socket("/custom", { auth: { token: "123" } });
    const auth = once(second, "auth");
    await auth;
    second.disconnect();
    socket.emit("message", "still here");
    assert.deepEqual(await once(socket, "message-back"), ["still here"]);
    socket.disconnect();
  },
  async "the server evicts, and the client stays away"(options) {
    const { socket } = await connected("/", { ...options, reconnection: true, reconnectionDelay: 10 });
    const gone = once(socket, "disconnect");
    socket.emit("evict-me");
    assert.equal((await gone)[0], "io server disconnect");
    assert.equal(socket.active, false);
    socket.disconnect();
  },
  async "a lost connection is made again"(options) {
    const { socket } = await connected("/", { ...options, reconnection: true, reconnectionDelay: 10 });
    const first = socket.id;
    const gone = once(socket, "disconnect");
    socket.io.engine.close();
    await gone;
    await once(socket, "connect");
    assert.notEqual(socket.id, first);
    socket.disconnect();
  },
  async "a thousand events keep their order, across the upgrade too"(options) {
    const { socket } = await connected("/", options);
    const back = [];
    const all = new Promise((resolve) => socket.on("message-back", (n) => { back.push(n); if (n === 999) resolve(); }));
    for (let n = 0; n < 1000; n++) {
      socket.emit("message", n);
      if (n % 100 === 0) await new Promise(setImmediate);
    }
    await all;
    assert.deepEqual(back, [...Array(1000).keys()]);
    socket.disconnect();
  },
  async "half a megabyte passes, as text and as bytes"(options) {
    const { socket } = await connected("/", options);
    const bytes = Buffer.alloc(500_000, 7);
    socket.emit("message", "x".repeat(500_000));
    assert.equal((await once(socket, "message-back"))[0].length, 500_000);
    socket.emit("message", bytes);
    assert.deepEqual((await once(socket, "message-back"))[0], bytes);
    socket.disconnect();
  },
  async "heartbeats keep the connection"(options) {
    const { socket } = await connected("/", options);
    for (let i = 0; i < 3; i++) await once(socket.io.engine, "heartbeat").catch(() => {});
    assert.equal(socket.connected, true);
    socket.disconnect();
  },
};

for (const [transport, options] of Object.entries(transports)) {
  for (const [name, check] of Object.entries(checks)) {
    await check(options).catch((error) => {
      console.error(`${transport}: ${name}: ${error.stack}`);
      process.exit(1);
    });
    console.log(`${transport}: ${name}`);
  }
}

const { socket } = await connected("/", {});
if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
assert.equal(socket.io.engine.transport.name, "websocket");
socket.emit("message", 1);
await once(socket, "message-back");
socket.disconnect();
console.log("the client upgrades");
process.exit(0);

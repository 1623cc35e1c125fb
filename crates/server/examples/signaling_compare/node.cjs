// The same as bare.rs, by Node and its package ws, which is in the folder that the first argument
// names.
const { WebSocketServer } = require(process.argv[2]);
const people = new Map();
let last = 0;
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
server.on("listening", () => console.log(`127.0.0.1:${server.address().port}`));
server.on("connection", (socket) => {
  const id = `guest-${String(last++).padStart(20, "0")}`;
  socket._socket.setNoDelay(true);
  socket.send(JSON.stringify({ type: "hello" }));
  socket.on("message", (text) => {
    const message = JSON.parse(text);
    if (message.type === "login") {
      people.set(id, socket);
      socket.send(JSON.stringify({ type: "welcome", userId: id, username: message.username }));
    } else {
      message.fromId = id;
      people.get(message.toId)?.send(JSON.stringify(message));
    }
  });
  socket.on("close", () => people.delete(id));
  socket.on("error", () => {});
});
process.stdin.on("end", () => process.exit()).resume();

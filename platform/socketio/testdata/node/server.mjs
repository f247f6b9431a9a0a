// The official server, doing what comparisonServer of comparison_test.go does. It prints its port.
import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer((request, response) => {
  for (let i = 0; i < 5; i++) globalThis.gc(); // node --expose-gc
  response.end(String(process.memoryUsage().rss));
});
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, pingInterval: 100_000 });

io.use((socket, next) => {
  socket.data.name = socket.handshake.auth.name;
  next();
});
io.on("connection", (socket) => {
  socket.join("user:" + socket.data.name);
  if (socket.handshake.auth.room) socket.join(socket.handshake.auth.room);
  socket.on("send", (message) => {
    io.to("user:" + message.to).emit("message", { from: socket.data.name, text: message.text });
  });
  socket.on("say", (message) => {
    io.to(message.to).emit("message", { from: socket.data.name, text: message.text });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));

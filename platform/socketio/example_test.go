package socketio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"marketplace/platform/socketio"
)

// A chat with one room. Browsers connect with the official client: io({auth: {name: "Ann"}}).
func Example() {
	server := socketio.New(socketio.Options{OnError: func(err error) { fmt.Println(err) }})
	chat := server.Of("/")
	chat.Use(func(sk *socketio.Socket, auth json.RawMessage) error {
		var who struct{ Name string }
		if json.Unmarshal(auth, &who) != nil || who.Name == "" {
			return &socketio.Refusal{Message: "Who are you?"}
		}
		sk.Data = who.Name
		return nil
	})
	chat.OnConnect(func(sk *socketio.Socket) {
		sk.Join("lobby")
		_ = sk.To("lobby").Emit("joined", sk.Data)
		sk.OnDisconnect(func(reason string) { _ = chat.To("lobby").Emit("left", sk.Data, reason) })
	})
	chat.On("say", func(e *socketio.Event) {
		var text string
		if err := e.Bind(0, &text); err != nil {
			_ = e.Ack("not understood")
			return
		}
		_ = chat.To("lobby").Emit("said", e.Socket.Data, text)
		_ = e.Ack("ok")
	})
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", server)
	// http.ListenAndServe(":8080", mux); at the end server.Close(ctx)
}

// Options.Accept sees the request that begins a session. What it returns is kept; the request is not.
func ExampleOptions_accept() {
	server := socketio.New(socketio.Options{
		AllowedOrigins: []string{"https://shop.example"},
		Accept: func(r *http.Request) (any, error) {
			cookie, err := r.Cookie("session")
			if err != nil {
				return nil, err // answered with 403
			}
			return cookie.Value, nil
		},
	})
	server.Of("/").OnConnect(func(sk *socketio.Socket) {
		session := sk.Handshake().Value.(string)
		sk.Join("session:" + session)
	})
	// When the session has ended, wherever that was:
	server.Of("/").DisconnectRoom("session:of-somebody")
}

// The answer to EmitWithAck comes to a function: one that waited for it would hold up what it waits for.
func ExampleSocket_EmitWithAck() {
	ask := func(sk *socketio.Socket) error {
		return sk.EmitWithAck(10*time.Second, func(answer socketio.Args, err error) {
			var yes bool
			if err == nil {
				err = answer.Bind(0, &yes)
			}
			fmt.Println(yes, err)
		}, "agree", "to the terms?")
	}
	_ = ask
}

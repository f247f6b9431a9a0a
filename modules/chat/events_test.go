package chat_test

import (
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	bustest.KeepsWireForm(t, "c1",
		chat.MessageSent{ConversationID: "c1", MessageID: "m1", Seq: 7, SenderID: "u1", SenderUsername: "ana", RecipientID: "u2", At: at},
		chat.Typed{ConversationID: "c1", TypistID: "u1", RecipientID: "u2", At: at},
		chat.MessageEdited{ConversationID: "c1", MessageID: "m1", Seq: 7, Change: 2, SenderID: "u1", RecipientID: "u2", At: at},
		chat.MessageDeleted{ConversationID: "c1", MessageID: "m1", Seq: 7, Change: 3, SenderID: "u1", RecipientID: "u2", At: at},
		chat.CaseRead{CaseID: "c1", ConversationID: "x1", ReporterID: "u1", ReporterUsername: "ana", ReportedID: "u2", ReportedUsername: "ben", At: at},
		chat.CaseClosed{CaseID: "c1", ConversationID: "x1", ReporterID: "u1", ReportedID: "u2", ReportedUsername: "ben", Reason: "spam", Status: "upheld", Note: "Thank you.", At: at},
		chat.Read{ConversationID: "c1", ReaderID: "u2", OtherID: "u1", Seq: 7, At: at},
	)
}

package api

import (
	"context"
	"net/http"

	"marketplace/modules/chat"
	"marketplace/web/edge"
)

// care is blocking and reporting people, and what staff do about it.
func (a *API) care() {
	on(a, op{method: "GET", path: "/me/blocks", id: "listBlocks", access: edge.SignedIn, summary: "Whom you have blocked, the last first"}, a.listBlocks)
	on(a, op{method: "PUT", path: "/me/blocks/{username}", id: "blockPerson", access: edge.SignedIn, summary: "Block a person: neither of you writes to the other"}, a.setBlock(true))
	on(a, op{method: "DELETE", path: "/me/blocks/{username}", id: "unblockPerson", access: edge.SignedIn, summary: "Let a person write again"}, a.setBlock(false))
	on(a, op{method: "POST", path: "/conversations/{id}/report", id: "reportConversation", access: edge.SignedIn, status: http.StatusCreated, summary: "Report the other person of a conversation; staff look at it"}, a.reportConversation)
	on(a, op{method: "GET", path: "/me/cases", id: "listOwnCases", access: edge.SignedIn, summary: "What you have reported, the last first"}, a.listOwnCases)
	on(a, op{method: "GET", path: "/operator/cases", id: "listCases", access: edge.Staff, summary: "Cases, for staff; the open ones with the longest waiting first"}, a.listCases)
	on(a, op{method: "GET", path: "/operator/cases/{id}", id: "getCase", access: edge.Staff, summary: "One case with who has read its conversation, for staff"}, a.getCase)
	on(a, op{method: "POST", path: "/operator/cases/{id}/readings", id: "readCase", access: edge.Staff, status: http.StatusCreated, summary: "Begin to read a reported conversation, as staff; both sides see it"}, a.readCase)
	on(a, op{method: "GET", path: "/operator/cases/{id}/messages", id: "listCaseMessages", access: edge.Staff, summary: "The messages of a case, to who has begun a reading"}, a.listCaseMessages)
	on(a, op{method: "POST", path: "/operator/cases/{id}/close", id: "closeCase", access: edge.Staff, summary: "Decide a case, as staff; the reporter is told"}, a.closeCase)
	on(a, op{method: "GET", path: "/operator/screening", id: "getScreening", access: edge.Staff, summary: "What is looked for in messages before an order, for staff"}, a.getScreening)
	on(a, op{method: "PUT", path: "/operator/screening", id: "setScreening", access: edge.Operator, summary: "Change what is looked for in messages before an order"}, a.setScreening)
}

func (a *API) listBlocks(ctx context.Context, in *Paged) (*body[List[chat.Block]], error) {
	blocks, err := a.Chats.ListBlocks(ctx, chat.ListBlocksRequest{Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(blocks.Items, blocks.NextCursor), err)
}

func (a *API) setBlock(blocked bool) func(context.Context, *Named) (*body[chat.Block], error) {
	return func(ctx context.Context, in *Named) (*body[chat.Block], error) {
		return answer(a.Chats.SetBlock(ctx, chat.SetBlockRequest{Username: in.Username, Blocked: blocked}))
	}
}

type reportInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" doc:"spam, fraud, off_platform, harassment, illegal or other."`
		Text   string `json:"text" doc:"What happened: 10 to 2,000 characters."`
		Block  bool   `json:"block,omitempty" doc:"The person as well."`
	}
}

func (a *API) reportConversation(ctx context.Context, in *reportInput) (*body[chat.Case], error) {
	return answer(a.Chats.Report(ctx, chat.ReportRequest{ConversationID: in.ID, Reason: in.Body.Reason, Text: in.Body.Text, Block: in.Body.Block}))
}

type listCasesInput struct {
	Paged
	Status string `query:"status" enum:"open,upheld,dismissed" doc:"All if absent."`
}

func (a *API) listCases(ctx context.Context, in *listCasesInput) (*body[List[chat.Case]], error) {
	cases, err := a.Chats.ListCases(ctx, chat.ListCasesRequest{Status: in.Status, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(cases.Items, cases.NextCursor), err)
}

func (a *API) listOwnCases(ctx context.Context, in *Paged) (*body[List[chat.Case]], error) {
	cases, err := a.Chats.ListCases(ctx, chat.ListCasesRequest{Own: true, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(cases.Items, cases.NextCursor), err)
}

func (a *API) getCase(ctx context.Context, in *ByID) (*body[chat.Case], error) {
	return answer(a.Chats.GetCase(ctx, chat.GetCaseRequest{ID: in.ID}))
}

type readCaseInput struct {
	ByID
	Body struct {
		Reason string `json:"reason" doc:"Why it must be read: 5 to 500 characters. It is kept for ever."`
	}
}

func (a *API) readCase(ctx context.Context, in *readCaseInput) (*body[chat.Reading], error) {
	return answer(a.Chats.ReadCase(ctx, chat.ReadCaseRequest{ID: in.ID, Reason: in.Body.Reason}))
}

func (a *API) listCaseMessages(ctx context.Context, in *PageOf) (*body[List[chat.CaseMessage]], error) {
	messages, err := a.Chats.ListCaseMessages(ctx, chat.ListCaseMessagesRequest{ID: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(messages.Items, messages.NextCursor), err)
}

type closeCaseInput struct {
	ByID
	Body struct {
		Status string `json:"status" doc:"upheld or dismissed."`
		Note   string `json:"note" doc:"For the reporter: 1 to 1,000 characters."`
	}
}

func (a *API) closeCase(ctx context.Context, in *closeCaseInput) (*body[chat.Case], error) {
	return answer(a.Chats.CloseCase(ctx, chat.CloseCaseRequest{ID: in.ID, Status: in.Body.Status, Note: in.Body.Note}))
}

func (a *API) getScreening(ctx context.Context, _ *struct{}) (*body[chat.Screening], error) {
	return answer(a.Chats.GetScreening(ctx, chat.GetScreeningRequest{}))
}

type setScreeningInput struct {
	Body struct {
		Version    int64    `json:"version" doc:"That was changed; 0 if there is none yet."`
		Strictness string   `json:"strictness" doc:"off, warn or block."`
		Words      []string `json:"words" maxItems:"300" doc:"Of 2 to 40 characters."`
	}
}

func (a *API) setScreening(ctx context.Context, in *setScreeningInput) (*body[chat.Screening], error) {
	return answer(a.Chats.SetScreening(ctx, chat.SetScreeningRequest{Version: in.Body.Version, Strictness: chat.Strictness(in.Body.Strictness), Words: in.Body.Words}))
}

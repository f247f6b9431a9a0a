package api

import (
	"context"

	"marketplace/modules/notification"
	"marketplace/web/edge"
)

// house is what operators say to everybody.
func (a *API) house() {
	on(a, op{method: "GET", path: "/operator/maintenance", id: "getMaintenance", access: edge.Operator, summary: "Whether the marketplace is closed for maintenance"}, a.getHouse)
	on(a, op{method: "PUT", path: "/operator/maintenance", id: "closeMarketplace", access: edge.Operator, summary: "Close the marketplace for everybody but operators; every replica knows within seconds"}, a.closeHouse)
	on(a, op{method: "DELETE", path: "/operator/maintenance", id: "openMarketplace", access: edge.Operator, summary: "Open the marketplace again"}, a.openHouse)
	on(a, op{method: "GET", path: "/texts", id: "listTexts", access: edge.Anyone, summary: "The help, terms and privacy statements that the operator has written"}, a.listTexts)
	on(a, op{method: "PUT", path: "/operator/texts/{name}/{language}", id: "writeText", access: edge.Operator, summary: "Write the help, the terms or the privacy statement in a language; an empty text brings the marketplace's own back"}, a.writeText)
}

func (a *API) getHouse(ctx context.Context, _ *struct{}) (*body[notification.House], error) {
	return answer(a.Notifications.House(ctx, notification.HouseRequest{}))
}

type closeInput struct {
	Body struct {
		Note    string `json:"note,omitempty" maxLength:"500" doc:"What people are told, in a sentence."`
		Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"10080" doc:"How long it is expected to take; 0 if nobody knows."`
	}
}

func (a *API) closeHouse(ctx context.Context, in *closeInput) (*body[notification.House], error) {
	return answer(a.Notifications.Close(ctx, notification.CloseRequest{Note: in.Body.Note, Minutes: in.Body.Minutes}))
}

func (a *API) openHouse(ctx context.Context, _ *struct{}) (*body[notification.House], error) {
	return answer(a.Notifications.Reopen(ctx, notification.ReopenRequest{}))
}

func (a *API) listTexts(ctx context.Context, _ *struct{}) (*body[notification.TextList], error) {
	return answer(a.Notifications.Texts(ctx, notification.TextsRequest{}))
}

type textInput struct {
	Name     string `path:"name" maxLength:"20" doc:"help, terms or privacy."`
	Language string `path:"language" maxLength:"35" doc:"BCP 47, such as de."`
	Body     struct {
		Text    string `json:"text" doc:"Markdown, at most 50,000 characters."`
		Version int    `json:"version" minimum:"0" doc:"That was read; 0 if there was none."`
	}
}

func (a *API) writeText(ctx context.Context, in *textInput) (*body[notification.TextList], error) {
	return answer(a.Notifications.WriteText(ctx, notification.WriteTextRequest{Name: in.Name, Language: in.Language, Text: in.Body.Text, Version: in.Body.Version}))
}

package main

import (
	"marketplace/modules/auth/authimpl"
	"marketplace/modules/chat/chatimpl"
	"marketplace/modules/gig/gigimpl"
	"marketplace/modules/notification/notificationimpl"
	"marketplace/modules/order/orderimpl"
	"marketplace/modules/review/reviewimpl"
	"marketplace/modules/user/userimpl"
	"marketplace/platform/app"
	"marketplace/web/edge"
)

// assemble plugs the marketplace together: the one place that names every module. What a module calls stands
// above it, so a circle cannot be written; what it hears may stand anywhere.
func assemble(a *app.App) (edge.Services, error) {
	notifications := app.Use(a, notificationimpl.Module, notificationimpl.Deps{})
	auths := app.Use(a, authimpl.Module, authimpl.Deps{Notifications: notifications})
	users := app.Use(a, userimpl.Module, userimpl.Deps{})
	gigs := app.Use(a, gigimpl.Module, gigimpl.Deps{Users: users})
	orders := app.Use(a, orderimpl.Module, orderimpl.Deps{Gigs: gigs, Users: users})
	reviews := app.Use(a, reviewimpl.Module, reviewimpl.Deps{Orders: orders})
	chats := app.Use(a, chatimpl.Module, chatimpl.Deps{Users: users, Gigs: gigs, Orders: orders})
	return edge.Services{
		Auth: auths, Users: users, Gigs: gigs, Orders: orders, Reviews: reviews, Chats: chats, Notifications: notifications,
	}, a.Err()
}
